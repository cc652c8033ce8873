"""The contract, run on every public estimator: scikit-learn's checks and our own."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.common import (
    DIFFERENT,
    SMALL_RULES,
    parametrize_with_some_checks,
    public_estimators,
    quick,
    small,
    unequal_to_repeated_rows,
)
from zsl_estimators import (
    ALEClassifier,
    DiffusionClassifier,
    FGANClassifier,
    RevCDClassifier,
    SoftmaxHead,
    ZeroShotEnsembleClassifier,
)
from zsl_estimators.class_table import ClassTable
from zsl_estimators.likelihood import LatentKNNRule, LikelihoodRule, WeightsRule
from zsl_estimators.utils.estimator_checks import (
    parametrize_with_zero_shot_checks,
    zero_shot_checks,
)
from zsl_estimators.utils.estimator_checks._suite import (
    check_folds_side_by_side,
    check_interrupted_fit,
    check_other_processes_agree,
    check_row_order_does_not_matter,
    check_same_seed_same_model,
)

N_FIXED = 5

# What the rows of the table have a part in: the number of columns of scores, what is
# learned from weights, what fit may have kept or changed of its parameters. All other
# checks are about X, y or the parameters alone, and run on the ordinary classifiers.
CHECKS_OF_THE_TABLE = (
    "check_classifiers_one_label_sample_weights",
    "check_dict_unchanged",
    "check_dont_overwrite_parameters",
    "check_estimators_overwrite_params",
    "check_estimators_pickle",
    "check_fit2d_1feature",
    "check_fit2d_1sample",
    "check_fit_idempotent",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_sample_weight_equivalence_on_dense_data",
)
# These expect one column of scores per label in y.
CHECKS_OF_LABELS = (
    "check_classifiers_classes",
    "check_classifiers_one_label",
    "check_classifiers_train",
    "check_decision_proba_consistency",
)


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


def fixed_table():
    return np.random.RandomState(0).normal(size=(N_FIXED, 4))


@parametrize_with_checks(
    [quick(cls) for cls in public_estimators()],
    expected_failed_checks=unequal_to_repeated_rows,
    xfail_strict=True,
)
def test_sklearn_checks_as_ordinary_classifier(estimator, check):
    check(estimator)


@parametrize_with_some_checks(
    [quick(with_random_rows(cls)) for cls in DIFFERENT],
    CHECKS_OF_THE_TABLE + CHECKS_OF_LABELS,
    expected_failed_checks=unequal_to_repeated_rows,
)
def test_sklearn_checks_with_a_random_row_per_label(estimator, check):
    check(estimator)


@parametrize_with_some_checks(
    # By luck of the seed one of the checks passes or fails, hence the seed.
    [quick(cls, attributes=fixed_table(), random_state=0) for cls in DIFFERENT],
    CHECKS_OF_THE_TABLE,
    expected_failed_checks=unequal_to_repeated_rows,
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
def folds(estimator, check, request):
    """Few of them, unless other processes choose on folds too."""
    elsewhere = {check_other_processes_agree}
    # Its workers fit whole estimators, folds and all.
    if isinstance(estimator, ZeroShotEnsembleClassifier):
        elsewhere.add(check_folds_side_by_side)
    if check.func not in elsewhere:
        request.getfixturevalue("few_folds")


# Two epochs: the folds choose among none, one and two.
@pytest.mark.usefixtures("folds")
@parametrize_with_zero_shot_checks(
    [quick(cls, max_epochs=2) for cls in public_estimators()]
)
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
    clf = quick(cls, init="auto", correction_weight="auto")
    check(cls.__name__, clf)


def what_a_rule_cannot(estimator):
    expected = unequal_to_repeated_rows(estimator)
    if isinstance(estimator.rule, LatentKNNRule):
        return expected | {"check_classifiers_train": "what it looks for is not there"}
    return expected


OTHER_RULES = [
    quick(DiffusionClassifier, rule=rule)
    for rule in SMALL_RULES
    if isinstance(rule, LikelihoodRule | LatentKNNRule | WeightsRule)
]


# How a model is fitted has nothing to do with its rule, and what a rule computes is in
# the contract below. The first one is there already; these differ from it by their
# probabilities, by the rows they keep and by what they learn of these.
@parametrize_with_some_checks(
    OTHER_RULES,
    (*CHECKS_OF_THE_TABLE, *CHECKS_OF_LABELS, "check_estimators_dtypes"),
    expected_failed_checks=what_a_rule_cannot,
)
def test_sklearn_checks_with_other_rules(estimator, check):
    check(estimator)


# Those that compare, change or repeat what is predicted. What is refused, which labels,
# tables and features there may be, how a network is trained and what an interruption
# leaves has nothing to do with the rule.
CHECKS_OF_A_RULE = (
    "check_add_classes",
    "check_auto_penalty",
    "check_batch_size_does_not_change_predictions",
    "check_degenerate_data",
    "check_global_random_state",
    "check_pickle",
    "check_remove_classes",
    "check_removed_rows",
    "check_row_order_does_not_matter",
    "check_rows_are_independent",
    "check_rows_of_unseen_classes",
    "check_same_seed_same_model",
    "check_scores",
    "check_some_classes_only",
    "check_threads_agree",
    "check_two_classes_give_one_column",
    "check_unseen_classes_can_be_predicted",
    "check_weights_of_zero",
)


@pytest.mark.usefixtures("folds")
@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pytest.param(clf, check, id=f"{type(clf.rule).__name__}-{check.func.__name__}")
        for rule in SMALL_RULES
        for clf, check in zero_shot_checks(quick(DiffusionClassifier, rule=rule))
        if check.func.__name__ in CHECKS_OF_A_RULE
    ],
)
def test_zero_shot_contract_with_every_rule(estimator, check):
    check(estimator)


def test_checks_of_a_rule_are_checks():
    checks = {
        check.func.__name__ for _, check in zero_shot_checks(DiffusionClassifier())
    }
    assert checks >= set(CHECKS_OF_A_RULE)


def test_every_estimator_is_public():
    assert len(public_estimators()) >= 18


@pytest.mark.parametrize("cls", public_estimators())
def test_documentation_link(cls):
    link = small(cls)._get_doc_link()
    assert link.endswith(f"/api/generated/zsl_estimators.{cls.__name__}.html")
    assert f'href="{link}"' in small(cls)._repr_html_()
