"""The contract, run on every public estimator: scikit-learn's checks and our own."""

import numpy as np
import pytest
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.common import (
    SMALL_RULES,
    public_estimators,
    small,
    unequal_to_repeated_rows,
)
from zsl_estimators import (
    ABPClassifier,
    ALEClassifier,
    CADAVAEClassifier,
    ClassNormClassifier,
    CMTClassifier,
    ConSEClassifier,
    CVAEClassifier,
    CycleWGANClassifier,
    DAPClassifier,
    DeViSEClassifier,
    DiffusionClassifier,
    ESZSLClassifier,
    ESZSLClassifierCV,
    ExemplarClassifier,
    FGANClassifier,
    FVAEGANClassifier,
    GAZSLClassifier,
    IAPClassifier,
    LatEmClassifier,
    RevCDClassifier,
    SJEClassifier,
    SoftmaxHead,
    TFVAEGANClassifier,
    TipAdapterClassifier,
    VAEcFlowClassifier,
    ZeroDiffClassifier,
    ZeroShotEnsembleClassifier,
)
from zsl_estimators.class_table import ClassTable
from zsl_estimators.likelihood import LatentKNNRule, LikelihoodRule, WeightsRule
from zsl_estimators.utils.estimator_checks import parametrize_with_zero_shot_checks
from zsl_estimators.utils.estimator_checks._class_table import (
    check_row_order_does_not_matter,
)
from zsl_estimators.utils.estimator_checks._isolation import (
    check_folds_side_by_side,
    check_interrupted_fit,
    check_other_processes_agree,
    check_same_seed_same_model,
)

N_FIXED = 5

NOT_FOR_A_FIXED_TABLE = {
    "check_classifiers_one_label": "one label in y, but a table of five classes",
    "check_classifiers_classes": "the check invents string labels without rows",
    "check_classifiers_train": "the check expects classes_ to be those in y",
}
NOT_FOR_FIVE_COLUMNS = {
    "check_decision_proba_consistency": "the check compares one column with five",
}
NOT_FOR_SPARSE_FEATURES = {
    f"check_estimator_sparse_{kind}": "the check expects a column per label in y"
    for kind in ("array", "matrix")
}
# By luck the others rank the check's samples alike in both.
FAILS_WITH_FIVE_COLUMNS = (
    CADAVAEClassifier,
    CMTClassifier,
    ClassNormClassifier,
    DAPClassifier,
    DiffusionClassifier,
    ESZSLClassifier,
    ESZSLClassifierCV,
    ExemplarClassifier,
    FVAEGANClassifier,
    IAPClassifier,
    RevCDClassifier,
    TipAdapterClassifier,
    ZeroShotEnsembleClassifier,
)
# The classifier inside explains that it needs two labels, which the check accepts.
REFUSES_ONE_LABEL = ConSEClassifier, IAPClassifier
# The cache knows one class only, which the check wants to be predicted.
PREDICTS_ONE_LABEL = TipAdapterClassifier


def expected_failures(estimator):
    expected = NOT_FOR_A_FIXED_TABLE | unequal_to_repeated_rows(estimator)
    if get_tags(estimator).input_tags.sparse:
        expected |= NOT_FOR_SPARSE_FEATURES
    if isinstance(estimator, FAILS_WITH_FIVE_COLUMNS):
        expected |= NOT_FOR_FIVE_COLUMNS
    if isinstance(estimator, (*REFUSES_ONE_LABEL, PREDICTS_ONE_LABEL)):
        del expected["check_classifiers_one_label"]
    return expected


def with_random_rows(cls):
    """Subclass that describes every label a check invents by a random row."""

    class WithRandomRows(cls):
        def _make_table(self, y):
            if self.attributes is not None:
                return super()._make_table(y)
            labels = np.unique(y)
            matrix = np.random.RandomState(0).normal(size=(len(labels), 7))
            return ClassTable.from_parameters(matrix, labels, y)

    WithRandomRows.__name__ = f"{cls.__name__}WithRandomRows"
    WithRandomRows.__qualname__ = WithRandomRows.__name__
    # Pickle looks classes up in their module.
    globals()[WithRandomRows.__name__] = WithRandomRows
    return WithRandomRows


# The small instances below share what these checks go through: the feature-generating
# classifiers and the bilinear ones are a base class each, with another network inside.
# One of each is enough where the table alone differs from the ordinary classifiers.
ALIKE = (
    ABPClassifier,
    CVAEClassifier,
    CycleWGANClassifier,
    DeViSEClassifier,
    FGANClassifier,
    GAZSLClassifier,
    LatEmClassifier,
    SJEClassifier,
    TFVAEGANClassifier,
    VAEcFlowClassifier,
    ZeroDiffClassifier,
)
DIFFERENT = [cls for cls in public_estimators() if cls not in ALIKE]


def fixed_table():
    return np.random.RandomState(0).normal(size=(N_FIXED, 4))


@parametrize_with_checks(
    [small(cls) for cls in public_estimators()],
    expected_failed_checks=unequal_to_repeated_rows,
    xfail_strict=True,
)
def test_sklearn_checks_as_ordinary_classifier(estimator, check):
    check(estimator)


@parametrize_with_checks(
    [small(with_random_rows(cls)) for cls in DIFFERENT],
    expected_failed_checks=unequal_to_repeated_rows,
    xfail_strict=True,
)
def test_sklearn_checks_with_a_random_row_per_label(estimator, check):
    check(estimator)


@parametrize_with_checks(
    [
        # By luck of the seed one of the checks passes or fails, hence the seed.
        small(cls, attributes=fixed_table(), random_state=0)
        for cls in DIFFERENT
    ],
    expected_failed_checks=expected_failures,
    xfail_strict=True,
)
def test_sklearn_checks_with_a_fixed_table(estimator, check):
    check(estimator)


@parametrize_with_checks(
    [SoftmaxHead(max_epochs=30, lr=1e-2)],
    expected_failed_checks=unequal_to_repeated_rows,
    xfail_strict=True,
)
def test_sklearn_checks_of_the_head(estimator, check):
    check(estimator)


@pytest.fixture
def folds(check, request):
    """Few of them, unless a check compares a fit with one in other processes."""
    elsewhere = check_other_processes_agree, check_folds_side_by_side
    if getattr(check, "func", check) not in elsewhere:
        request.getfixturevalue("few_folds")


@pytest.mark.usefixtures("folds")
@parametrize_with_zero_shot_checks([small(cls) for cls in public_estimators()])
def test_zero_shot_contract(estimator, check):
    check(estimator)


# The small instances above have less to choose.
@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize(
    "check",
    [
        check_row_order_does_not_matter,
        check_same_seed_same_model,
        check_folds_side_by_side,
        check_interrupted_fit,
    ],
)
@pytest.mark.parametrize("cls", [ALEClassifier, FGANClassifier, RevCDClassifier])
def test_contract_where_the_start_is_chosen(cls, check):
    clf = small(cls, init="auto", correction_weight="auto")
    check(cls.__name__, clf)


def what_a_rule_cannot(estimator):
    expected = unequal_to_repeated_rows(estimator)
    if isinstance(estimator.rule, LatentKNNRule):
        return expected | {"check_classifiers_train": "what it looks for is not there"}
    return expected


# How a model is fitted has nothing to do with its rule, and what a rule computes is in
# the contract below. The first one is there already; these differ from it by their
# probabilities, by the rows they keep and by what they learn of these.
@parametrize_with_checks(
    [
        small(DiffusionClassifier, rule=rule)
        for rule in SMALL_RULES
        if isinstance(rule, LikelihoodRule | LatentKNNRule | WeightsRule)
    ],
    expected_failed_checks=what_a_rule_cannot,
    xfail_strict=True,
)
def test_sklearn_checks_with_other_rules(estimator, check):
    check(estimator)


@pytest.mark.usefixtures("folds")
@parametrize_with_zero_shot_checks(
    [small(DiffusionClassifier, rule=rule) for rule in SMALL_RULES]
)
def test_zero_shot_contract_with_every_rule(estimator, check):
    check(estimator)


def test_every_estimator_is_public():
    assert len(public_estimators()) >= 18


@pytest.mark.parametrize("cls", public_estimators())
def test_documentation_link(cls):
    link = small(cls)._get_doc_link()
    assert link.endswith(f"/api/generated/zsl_estimators.{cls.__name__}.html")
    assert f'href="{link}"' in small(cls)._repr_html_()
