"""What the user guide says about scikit-learn's tools, tried out line by line."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)

# scikit-learn offers the halving searches only after this import, which nothing uses.
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import (
    RFE,
    SelectFromModel,
    SequentialFeatureSelector,
)
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.metrics import ConfusionMatrixDisplay, get_scorer, top_k_accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    LearningCurveDisplay,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_validate,
    learning_curve,
    permutation_test_score,
    validation_curve,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from zsl_estimators import ALEClassifier, RevCDClassifier, RidgeSemanticClassifier
from zsl_estimators.metrics import GZSLScorer, ausuc_scorer, harmonic_mean_scorer
from zsl_estimators.model_selection import ClassHoldoutSplit

# Some of these tools hand three classes or fewer to the models inside.
pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:y holds:zsl_estimators.exceptions.ZeroShotWarning"
    ),
    pytest.mark.usefixtures("few_folds"),
]

GUIDE = Path(__file__).parents[1] / "docs" / "user_guide" / "choosing_honestly.rst"
ALPHAS = {"alpha": [0.1, 1.0]}


@pytest.fixture(params=["names", "numbers"])
def labelled(request, task):
    """The task with string labels, and with seen classes numbered from 0.

    Numbers are the harder case: tools that encode labels anew produce the same ones.
    """
    order = np.concatenate([task.seen_classes, task.unseen_classes])
    labels = np.arange(11)
    if request.param == "names":
        labels = np.array([f"class {c:02d}" for c in labels])
    position = np.argsort(order)
    S = task.attributes.loc[order].set_axis(labels)
    y_train, y_test = (labels[position[y]] for y in (task.y_train, task.y_test))
    clf = RidgeSemanticClassifier(S, alpha=0.1, shrink_to="zero", random_state=0)
    return clf, task.X_train, y_train, task.X_test, y_test


def honest(**parameters):
    return {
        "cv": ClassHoldoutSplit(2, random_state=0),
        "scoring": harmonic_mean_scorer,
        **parameters,
    }


def finds_unseen(model, X_test):
    """Whether a fitted model knows its unseen classes and answers with them."""
    inner = getattr(model, "best_estimator_", model)
    return set(model.predict(X_test)) & set(inner.unseen_classes_)


# -- tools that work ------------------------------------------------------------------


def search(kind, *grid, **parameters):
    def run(clf, X, y, X_test, y_test):
        model = kind(clf, *grid, **honest(error_score="raise", **parameters))
        assert finds_unseen(model.fit(X, y), X_test)
        assert np.isfinite(model.cv_results_["mean_test_score"]).all()

    return run


def run_cross_validate(clf, X, y, X_test, y_test):
    scores = cross_validate(clf, X, y, **honest(error_score="raise"))["test_score"]
    assert (scores > 0).all()


def run_nested(clf, X, y, X_test, y_test):
    inner = GridSearchCV(clf, ALPHAS, **honest(error_score="raise"))
    run_cross_validate(inner, X, y, X_test, y_test)


def run_pipeline(clf, X, y, X_test, y_test):
    grid = {"ridgesemanticclassifier__alpha": [0.1, 1.0]}
    model = GridSearchCV(
        make_pipeline(StandardScaler(), clf), grid, **honest(error_score="raise")
    )
    assert model.fit(X, y).best_estimator_[-1].unseen_classes_.size == 3


def run_curves(clf, X, y, X_test, y_test):
    nan = {"scoring": GZSLScorer("H", replace_undefined_by=np.nan)}
    grid = {"param_name": "alpha", "param_range": [0.1, 1.0]}
    _, test = validation_curve(clf, X, y, **grid, **honest(error_score="raise", **nan))
    assert (test > 0).all()
    sizes, train, test = learning_curve(
        clf,
        X,
        y,
        shuffle=True,
        random_state=0,
        train_sizes=[0.5, 1.0],
        **honest(error_score="raise", **nan),
    )
    assert len(sizes) == 2
    assert np.isnan(train).all()
    assert np.isfinite(test).all()


def run_learning_curve_display(clf, X, y, X_test, y_test):
    nan = {"scoring": GZSLScorer("H", replace_undefined_by=np.nan)}
    display = LearningCurveDisplay.from_estimator(
        clf, X, y, train_sizes=[0.5, 1.0], score_type="test", **honest(**nan)
    )
    assert display.ax_.get_ylabel() == "H"


def run_permutation_importance(clf, X, y, X_test, y_test):
    result = permutation_importance(
        clf.fit(X, y),
        X_test,
        y_test,
        scoring=harmonic_mean_scorer,
        n_repeats=2,
        random_state=0,
    )
    assert result.importances_mean.max() > 0


def run_permutation_test(clf, X, y, X_test, y_test):
    score, shuffled, _ = permutation_test_score(
        clf, X, y, n_permutations=2, random_state=0, **honest()
    )
    assert score > shuffled.max()


def run_selector(clf, X, y, X_test, y_test):
    selector = SequentialFeatureSelector(clf, n_features_to_select=5, **honest())
    assert selector.fit(X, y).get_support().sum() == 5


def with_noise(X):
    """Features of which the last two tell nothing."""
    return np.column_stack([X, np.random.RandomState(0).normal(size=(len(X), 2))])


def size_of_coef(clf):
    return abs(clf.coef_).mean(axis=1)


def run_elimination(clf, X, y, X_test, y_test):
    selector = RFE(
        clf, n_features_to_select=X.shape[1], importance_getter=size_of_coef
    ).fit(with_noise(X), y)
    assert not selector.support_[-2:].any()


def run_selection(clf, X, y, X_test, y_test):
    selector = SelectFromModel(
        clf,
        max_features=X.shape[1],
        threshold=-np.inf,
        importance_getter=size_of_coef,
    ).fit(with_noise(X), y)
    assert not selector.get_support()[-2:].any()


def run_confusion(clf, X, y, X_test, y_test):
    display = ConfusionMatrixDisplay.from_estimator(clf.fit(X, y), X_test, y_test)
    assert display.confusion_matrix.shape == (11, 11)


def run_frozen(clf, X, y, X_test, y_test):
    clf.fit(X, y)
    np.testing.assert_array_equal(
        FrozenEstimator(clf).predict(X_test), clf.predict(X_test)
    )
    calibrated = CalibratedClassifierCV(FrozenEstimator(clf), method="temperature")
    calibrated.fit(X_test, y_test)
    assert calibrated.predict_proba(X_test).shape == (len(X_test), 11)


def run_boosting(clf, X, y, X_test, y_test):
    boosted = AdaBoostClassifier(clf, n_estimators=3).fit(X, y)
    assert set(boosted.predict(X_test)) - set(y)


def run_predict(clf, X, y, X_test, y_test):
    predicted = cross_val_predict(clf, X, y, cv=StratifiedKFold(2))
    assert predicted.shape == y.shape


def run_plain_scorers(clf, X, y, X_test, y_test):
    clf.fit(X, y)
    for name in ("accuracy", "f1_macro", "matthews_corrcoef", "neg_log_loss"):
        assert np.isfinite(get_scorer(name)(clf, X_test, y_test))
    probabilities = clf.predict_proba(X)
    assert top_k_accuracy_score(y, probabilities, k=3, labels=clf.classes_) > 0.5


WORKS = {
    "GridSearchCV": search(GridSearchCV, ALPHAS),
    "RandomizedSearchCV": search(RandomizedSearchCV, ALPHAS, n_iter=2),
    "HalvingGridSearchCV": search(
        HalvingGridSearchCV, ALPHAS, return_train_score=False, random_state=0
    ),
    "HalvingRandomSearchCV": search(
        HalvingRandomSearchCV,
        ALPHAS,
        n_candidates=2,
        return_train_score=False,
        random_state=0,
    ),
    "cross_validate": run_cross_validate,
    "A search inside cross_validate": run_nested,
    "Pipeline": run_pipeline,
    "learning_curve": run_curves,
    "LearningCurveDisplay": run_learning_curve_display,
    "permutation_importance": run_permutation_importance,
    "permutation_test_score": run_permutation_test,
    "SequentialFeatureSelector": run_selector,
    "RFE": run_elimination,
    "SelectFromModel": run_selection,
    "ConfusionMatrixDisplay": run_confusion,
    "FrozenEstimator": run_frozen,
    "AdaBoostClassifier": run_boosting,
    'cross_val_predict(method="predict")': run_predict,
    'scoring="accuracy"': run_plain_scorers,
}


@pytest.mark.parametrize("tool", WORKS)
def test_works(tool, labelled):
    WORKS[tool](*labelled)
    plt.close("all")


# -- tools that refuse ----------------------------------------------------------------

# Labels are encoded anew, or every label must have been in the training rows.
REFUSED = (ValueError, IndexError, RuntimeWarning)
REFUSES = {
    'cross_val_predict(method="predict_proba")': lambda clf, X, y: cross_val_predict(
        clf, X, y, cv=StratifiedKFold(2), method="predict_proba"
    ),
    "cross_val_predict(cv=ClassHoldoutSplit())": lambda clf, X, y: cross_val_predict(
        clf, X, y, cv=ClassHoldoutSplit(2, random_state=0)
    ),
    "StratifiedKFold": lambda clf, X, y: cross_validate(
        clf, X, y, **honest(cv=StratifiedKFold(2), error_score="raise")
    ),
    "return_train_score=True": lambda clf, X, y: cross_validate(
        clf, X, y, **honest(return_train_score=True, error_score="raise")
    ),
    "CalibratedClassifierCV(cv=3)": lambda clf, X, y: CalibratedClassifierCV(
        clf, cv=3
    ).fit(X, y),
    "BaggingClassifier": lambda clf, X, y: BaggingClassifier(
        clf, 2, random_state=0
    ).fit(X, y),
    "StackingClassifier": lambda clf, X, y: StackingClassifier([("zsl", clf)]).fit(
        X, y
    ),
    "OneVsRestClassifier": lambda clf, X, y: OneVsRestClassifier(clf).fit(X, y),
    "OneVsOneClassifier": lambda clf, X, y: OneVsOneClassifier(clf).fit(X, y),
}


@pytest.mark.parametrize("tool", REFUSES)
def test_refuses(tool, labelled):
    clf, X, y, X_test, _ = labelled
    with pytest.raises(REFUSED):
        np.shape(REFUSES[tool](clf, X, y).predict(X_test))


def test_voting_refuses_or_stumbles_over_the_first_unseen_class(labelled):
    """With seen classes numbered from 0 it is fitted, and fails when it predicts."""
    clf, X, y, X_test, _ = labelled
    with pytest.raises(ValueError, match=r"no row for labels|previously unseen labels"):
        VotingClassifier([("zsl", clf)]).fit(X, y).predict(X_test)


# -- nested parameters ----------------------------------------------------------------


def test_nested_parameters_of_nets_are_searched(task):
    model = GridSearchCV(
        make_pipeline(StandardScaler(), RevCDClassifier(task.attributes)),
        {
            "revcdclassifier__net_params": [
                {"optimizer": torch.optim.SGD},
                {"optimizer__betas": (0.5, 0.9)},
            ],
            "revcdclassifier__max_epochs": [2],
            "revcdclassifier__lr": [0.03],
            "revcdclassifier__hidden": [(16, 8)],
            "revcdclassifier__seen_penalty": [0.0],
            "revcdclassifier__early_stopping": [False],
            "revcdclassifier__random_state": [0],
        },
        **honest(scoring=ausuc_scorer, error_score="raise"),
    ).fit(task.X_train, task.y_train)
    assert len(set(model.cv_results_["mean_test_score"])) == 2


def test_halving_over_epochs(task):
    model = HalvingGridSearchCV(
        ALEClassifier(task.attributes, early_stopping=False, random_state=0),
        {"lr": [1e-3, 1e-2, 1e-1]},
        resource="max_epochs",
        min_resources=1,
        max_resources=3,
        factor=3,
        return_train_score=False,
        **honest(error_score="raise"),
    ).fit(task.X_train, task.y_train)
    assert model.best_estimator_.max_epochs == 3
    assert list(model.n_candidates_) == [3, 1]


# -- the user guide -------------------------------------------------------------------


def test_every_line_of_the_guide_is_tried_out():
    """Tools in the two tables are those tested here, and the other way round."""
    for heading, tested in (
        ("Tools that work", {*WORKS}),
        (
            "Tools that do not work, and alternatives",
            {*REFUSES, "VotingClassifier"},
        ),
    ):
        section = GUIDE.read_text().split(f"\n{heading}\n")[1].split("\n---")[0]
        named = re.findall(r"^   \* - ``(.+?)``", section, flags=re.MULTILINE)
        assert set(named) == tested, heading
