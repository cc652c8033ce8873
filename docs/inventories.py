"""Inventories of other projects' pages, for builds without a network.

Sphinx takes the inventory that a project publishes, and this one where it cannot be
reached. It holds what our pages refer to. Run ``python docs/inventories.py`` after
adding a reference; a build without a network says which name is missing.
"""

import zlib
from pathlib import Path

FOLDER = Path(__file__).parent / "inventories"
ROLES = {"c": "class", "f": "function", "m": "method"}
# Where each project keeps its pages, and how the place of a name is made.
PAGES = {
    "sklearn": ("https://scikit-learn.org/stable/", "modules/generated/{name}.html"),
    "pandas": ("https://pandas.pydata.org/docs/", "reference/api/{name}.html"),
    "torch": ("https://docs.pytorch.org/docs/stable/", "generated/{name}.html"),
    "matplotlib": ("https://matplotlib.org/stable/", "api/_as_gen/{name}.html"),
    "skorch": ("https://skorch.readthedocs.io/en/stable/", "{page}.html"),
}
NAMES = {
    "sklearn": {
        "sklearn.base.clone": "f",
        "sklearn.config_context": "f",
        "sklearn.covariance.ledoit_wolf_shrinkage": "f",
        "sklearn.datasets.load_digits": "f",
        "sklearn.ensemble.VotingClassifier": "c",
        "sklearn.inspection.permutation_importance": "f",
        "sklearn.kernel_approximation.Nystroem": "c",
        "sklearn.kernel_approximation.RBFSampler": "c",
        "sklearn.linear_model.LogisticRegression": "c",
        "sklearn.linear_model.RidgeClassifier": "c",
        "sklearn.metrics.balanced_accuracy_score": "f",
        "sklearn.metrics.top_k_accuracy_score": "f",
        "sklearn.model_selection.TunedThresholdClassifierCV": "c",
        "sklearn.model_selection.cross_val_predict": "f",
        "sklearn.model_selection.cross_validate": "f",
        "sklearn.model_selection.learning_curve": "f",
        "sklearn.preprocessing.Normalizer": "c",
        "sklearn.preprocessing.StandardScaler": "c",
        "sklearn.semi_supervised.SelfTrainingClassifier": "c",
        "sklearn.show_versions": "f",
        "sklearn.utils.Bunch": "c",
        "sklearn.utils.class_weight.compute_sample_weight": "f",
        "sklearn.utils.estimator_checks.check_estimator": "f",
    },
    "pandas": {"pandas.DataFrame": "c", "pandas.concat": "f"},
    "torch": {"torch.manual_seed": "f", "torch.nn.Linear": "c"},
    "matplotlib": {
        "matplotlib.axes.Axes.annotate": "m",
        "matplotlib.axes.Axes.barh": "m",
        "matplotlib.axes.Axes.plot": "m",
    },
    "skorch": {"skorch.NeuralNet": "c", "skorch.callbacks.EarlyStopping": "c"},
}
# Pages of skorch hold a module each.
SKORCH_PAGES = {
    "skorch.NeuralNet": "net",
    "skorch.callbacks.EarlyStopping": "callbacks",
}


def mapping():
    """What ``intersphinx_mapping`` in conf.py is."""
    return {
        project: (url, (None, str(Path("inventories") / f"{project}.inv")))
        for project, (url, _) in PAGES.items()
    }


def inventory(project):
    """Bytes of an inventory, in version 2 of Sphinx's format."""
    _, page = PAGES[project]
    lines = []
    for name, kind in sorted(NAMES[project].items()):
        place = page.format(name=name, page=SKORCH_PAGES.get(name))
        lines.append(f"{name} py:{ROLES[kind]} 1 {place}#$ -\n")
    head = f"# Sphinx inventory version 2\n# Project: {project}\n# Version: \n"
    head += "# The remainder of this file is compressed using zlib.\n"
    return head.encode() + zlib.compress("".join(lines).encode())


def main():
    FOLDER.mkdir(exist_ok=True)
    for project in PAGES:
        (FOLDER / f"{project}.inv").write_bytes(inventory(project))


if __name__ == "__main__":
    main()
