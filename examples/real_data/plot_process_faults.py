"""
Process faults without training samples
=======================================

Some faults of a plant have been recorded. Others have not happened yet, but engineers
can describe them: which stream is disturbed, and whether it steps, drifts or
oscillates. This example recognises a fault when it happens for the first time.
"""

# %%
# A small simulated heater
# ------------------------
#
# Two feeds are mixed in a heated tank. Eight sensors measure flows, the level, the
# temperature and what the controllers do. The data are simulated here; for recorded
# data only the loading changes.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from zsl_estimators import (
    DAPClassifier,
    ExemplarClassifier,
    RevCDClassifier,
    RidgeSemanticClassifier,
)
from zsl_estimators.metrics import gzsl_report
from zsl_estimators.plotting import AttributeErrorDisplay, GZSLConfusionDisplay

PLACES = ["feed A", "feed B", "steam", "coolant"]
KINDS = ["step up", "step down", "drift", "oscillation"]
N_STEPS = 60


def disturbance(kind, random):
    """How a disturbed stream deviates over time."""
    t = np.linspace(0, 1, N_STEPS)
    size = random.uniform(0.8, 1.2)
    shapes = {
        "step up": np.ones_like(t),
        "step down": -np.ones_like(t),
        "drift": 2 * t * random.choice([-1, 1]),
        "oscillation": 1.5 * np.sin(2 * np.pi * (4 * t + random.uniform())),
    }
    return size * shapes[kind]


def simulate(place, kind, random):
    """Sensors of one run; the tank answers slowly, its controllers act against it."""
    flows = dict.fromkeys(PLACES, np.zeros(N_STEPS))
    flows[place] = disturbance(kind, random)
    level, heat, states = 0.0, 0.0, []
    for a, b, steam, coolant in zip(*flows.values(), strict=True):
        outlet, valve = 0.8 * level, -0.6 * heat
        level += 0.3 * (a + b - outlet)
        heat += 0.3 * (steam - coolant - 0.5 * a - 0.2 * b + valve - 0.2 * heat)
        states.append([a, b, steam, coolant, level, heat, outlet, valve])
    return np.array(states) + 0.4 * random.normal(size=(N_STEPS, 8))


def features(run):
    """What a run looks like: level, spread, trend and roughness of every sensor."""
    t = np.linspace(-1, 1, N_STEPS)[:, None]
    trend = (t * run).mean(axis=0)
    return np.concatenate(
        [run.mean(axis=0), run.std(axis=0), trend, np.diff(run, axis=0).std(axis=0)]
    )


# %%
# The class table
# ---------------
#
# One row per fault, one column per fact. Sixteen faults, four of which are unseen: each
# place and each kind occurs in the training data, but not together.

faults = [(place, kind) for place in PLACES for kind in KINDS]
class_table = pd.DataFrame(
    [
        {name: float(name in fault) for name in (*PLACES, *KINDS)}
        | {"changes sign": float(fault[1] == "oscillation")}
        for fault in faults
    ],
    index=[" ".join(fault) for fault in faults],
)
new = ["feed A drift", "feed B step up", "steam oscillation", "coolant step down"]
print(class_table.loc[new].astype(int).T.to_string())

random = np.random.RandomState(0)
runs = [(fault, simulate(*fault, random)) for fault in faults for _ in range(40)]
X = np.array([features(run) for _, run in runs])
y = np.array([" ".join(fault) for fault, _ in runs])
is_test = np.isin(y, new) | (np.arange(len(y)) % 4 == 0)

# %%
# Compare
# -------

models = {
    "Ridge": RidgeSemanticClassifier(class_table, random_state=0),
    "Exemplar": ExemplarClassifier(class_table, random_state=0),
    "forest per attribute": DAPClassifier(
        class_table,
        estimator=RandomForestClassifier(100, min_samples_leaf=3, random_state=0),
        random_state=0,
    ),
    "RevCD": RevCDClassifier(class_table, max_epochs=13, random_state=0),
}
reports = []
for name, clf in models.items():
    clf = make_pipeline(StandardScaler(), clf).fit(X[~is_test], y[~is_test])
    predicted = clf.predict(X[is_test])
    seen = clf[-1].seen_classes_
    reports.append(gzsl_report(y[is_test], predicted, seen_classes=seen, name=name))
    models[name] = clf
print(pd.concat(reports).round(2))

# %%
# Features that depend on facts non-linearly, here by their variance or by a trend of
# either sign, are hard for linear maps. One forest per attribute is clearly better; it
# is also the best on the Tennessee Eastman process (``benchmarks/README.md``).
#
# Two of the four unseen faults are recognised: a drift of feed A and an oscillation of
# the steam. A step of feed B is classified as a drift of feed A, and a step of the
# coolant down mostly as a step of feed B, a drift of feed A or a step of the steam up.
# Two seen faults, a step of the coolant up and one of the steam down, are taken for the
# step of the coolant down. The second picture shows that the forests predict the wrong
# place and the wrong kind for the two that are not recognised.

best = models["forest per attribute"]
figure, ax = plt.subplots(figsize=(8, 7), layout="constrained")
GZSLConfusionDisplay.from_estimator(best, X[is_test], y[is_test], ax=ax)
figure, ax = plt.subplots(figsize=(6.5, 5.5), layout="constrained")
AttributeErrorDisplay.from_estimator(best, X[is_test], y[is_test], ax=ax)
plt.show()
