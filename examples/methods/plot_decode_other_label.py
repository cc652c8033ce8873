"""
The same sample under another label
===================================

A diffusion model turns a sample into a latent vector and back, both under the label of
a class. Encoded under one label and decoded under another one, what remains of the
sample? Handwritten digits are small enough to look at. (After Figures 2 to 4 and 11 of
Startsev and Singh.)
"""

# %%
# One model of digits
# -------------------
#
# It never sees a 3 or an 8 in training. It knows them by their descriptions only.

import matplotlib.pyplot as plt
import numpy as np

from zsl_estimators import DiffusionClassifier
from zsl_estimators.datasets import load_digits_gzsl
from zsl_estimators.likelihood import NoiseDenoiseRule, slerp
from zsl_estimators.plotting import ReconstructionDisplay

data = load_digits_gzsl(unseen=(3, 8))
clf = DiffusionClassifier(
    data.attributes,
    hidden=128,
    early_stopping=False,
    max_epochs=20,
    seen_penalty=0.0,
    random_state=0,
).fit(data.X_train, data.y_train)


def show(rows, row_titles, column_titles):
    """Pictures in a grid."""
    shape = len(rows), len(rows[0])
    _, axes = plt.subplots(
        *shape, figsize=(1.1 * shape[1], 1.1 * shape[0]), layout="constrained"
    )
    for ax, picture in zip(axes.flat, np.concatenate(rows), strict=True):
        ax.imshow(picture.reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
        ax.set(xticks=[], yticks=[])
    for ax, title in zip(axes[:, 0], row_titles, strict=True):
        ax.set_ylabel(title, fontsize="small")
    for ax, title in zip(axes[0], column_titles, strict=True):
        ax.set_title(title, fontsize="small")


# %%
# Encode under one label, decode under all
# ----------------------------------------
#
# Rows differ in the label that a 5 is encoded under, columns in the label that it is
# decoded under. Under the same label the way back undoes the way there. Under another
# one the strokes that both digits share stay, and the rest moves towards the other
# digit.

five = data.X_test[data.y_test == 5][:1]
labels = [5, 0, 3, 8]
rows = [
    [clf.decode(clf.encode(five, encoded), decoded)[0] for decoded in clf.classes_]
    for encoded in labels
]
show(rows, [f"as {label}" for label in labels], [f"to {c}" for c in clf.classes_])

# %%
# Between two samples
# -------------------
#
# Two samples of the same digit are encoded, under their own label or a wrong one. On
# the way from one latent vector to the other all are decoded, again under either label.

pair = data.X_test[data.y_test == 5][:2]
weights = np.linspace(0, 1, 7)
rows, titles = [], []
for encoded in (5, 0):
    latents = clf.encode(pair, encoded)
    for decoded in (5, 0):
        rows.append(clf.decode(slerp(*latents, weights), decoded))
        titles.append(f"{encoded} to {decoded}")
show(rows, titles, weights.round(2))

# %%
# How much noise tells classes apart
# ----------------------------------
#
# With little noise every class gives the sample back. With much noise what comes back
# is typical of the class. The rule ``NoiseDenoiseRule`` decides well where the true
# class is clearly below the band of the others. The distance may be a function of your
# own, here the largest difference of any feature.


def largest_difference(x, back):
    return (x - back).abs().amax(dim=1)


figure, axes = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
for ax, rule in zip(
    axes,
    (NoiseDenoiseRule(), NoiseDenoiseRule(distance=largest_difference)),
    strict=True,
):
    ReconstructionDisplay.from_estimator(
        clf, data.X_test[:100], data.y_test[:100], rule=rule, ax=ax
    )
axes[0].get_legend().remove()
axes[0].set_title("half the squared distance")
axes[1].set_title("largest difference")
plt.show()
