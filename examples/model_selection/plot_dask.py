"""
The same search on a Dask cluster
=================================

A search over folds and settings consists of independent fits. Dask distributes them
over several machines, and the search does not change. Here the cluster is two processes
on this machine.
"""

# %%
# The search
# ----------

import logging
import time

import joblib
import pandas as pd
from sklearn.model_selection import GridSearchCV

from zsl_estimators import ALEClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import gzsl_scorer
from zsl_estimators.model_selection import ClassHoldoutSplit

data = make_gzsl(20, n_seen=15, n_unseen=5, random_state=0)
search = GridSearchCV(
    ALEClassifier(data.attributes, random_state=0),
    {"lr": [3e-3, 3e-2]},
    cv=ClassHoldoutSplit(n_splits=2, n_unseen=5, random_state=0),
    scoring=gzsl_scorer,
    refit="H",
    error_score="raise",
)


# %%
# One process and two workers
# ---------------------------
#
# ``Client()`` starts workers on this machine; with the address of a scheduler it uses
# that cluster. The guard is needed in a script, because workers import it.


def timed_fit():
    start = time.perf_counter()
    search.fit(data.X_train, data.y_train)
    results = pd.DataFrame(search.cv_results_)[["param_lr", "mean_test_H"]]
    return results, time.perf_counter() - start


if __name__ == "__main__":
    from dask.distributed import Client

    here, seconds_here = timed_fit()
    cluster = Client(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address=":0",
        silence_logs=logging.ERROR,
    )
    with cluster, joblib.parallel_config(backend="dask"):
        there, seconds_there = timed_fit()
    print(here.round(3).to_string(index=False))
    print("same figures on the workers:", there.equals(here))
    print(f"one process {seconds_here:.0f} s, two workers {seconds_there:.0f} s")

# %%
# The figures are identical: every fit uses one thread and its own random state,
# wherever it runs. On this machine two workers are not faster: the fits are short, and
# each worker has to import the packages first. With fits of minutes they are.
