"""All checks, and how they are run."""

from functools import partial

from zsl_estimators.utils.estimator_checks._calibration import (
    check_auto_penalty,
    check_degenerate_data,
    check_grid_search,
    check_nothing_to_calibrate,
)
from zsl_estimators.utils.estimator_checks._class_table import (
    check_add_classes,
    check_array_equals_dataframe,
    check_attribute_importance,
    check_boolean_labels,
    check_label_types,
    check_no_attributes_equals_one_hot,
    check_row_order_does_not_matter,
    check_unseen_classes_can_be_predicted,
)
from zsl_estimators.utils.estimator_checks._few_shot import (
    check_order_of_rows,
    check_refused_rows,
    check_remove_classes,
    check_removed_rows,
    check_rows_of_new_classes,
    check_rows_of_unseen_classes,
)
from zsl_estimators.utils.estimator_checks._isolation import (
    check_clone_and_refit,
    check_folds_side_by_side,
    check_global_output_setting,
    check_global_random_state,
    check_half_precision,
    check_inputs_stay_untouched,
    check_interrupted_fit,
    check_no_files_are_written,
    check_other_processes_agree,
    check_pickle,
    check_rows_are_independent,
    check_same_seed_same_model,
    check_table_is_copied,
)
from zsl_estimators.utils.estimator_checks._networks import (
    check_batch_size_does_not_change_predictions,
    check_fitted_net,
    check_gpu_model_loads_on_cpu,
    check_non_finite_loss,
    check_silent_by_default,
    check_threads_agree,
    check_unknown_device,
    check_warm_start,
)
from zsl_estimators.utils.estimator_checks._predictions import (
    check_constant_features,
    check_fitted_attributes,
    check_scores,
    check_some_classes_only,
    check_two_classes_give_one_column,
)
from zsl_estimators.utils.estimator_checks._refusals import (
    check_refused_class_tables,
    check_refused_data,
    check_refused_parameters,
)
from zsl_estimators.utils.estimator_checks._sample_weights import (
    check_equal_small_weights,
    check_refused_weights,
    check_weights_matter,
    check_weights_of_zero,
)
from zsl_estimators.utils.estimator_checks._sparse import check_sparse_features


def check_zero_shot_estimator(estimator):
    """Run every check of the zero-shot contract.

    Parameters
    ----------
    estimator : estimator
        An unfitted instance with ``attributes`` and ``classes`` parameters. Choose
        small networks and few epochs: it is fitted about a hundred times.

    Raises
    ------
    AssertionError
        If a rule is broken.

    See Also
    --------
    parametrize_with_zero_shot_checks : One pytest case per check.

    Examples
    --------
    >>> from zsl_estimators import RidgeSemanticClassifier
    >>> from zsl_estimators.utils.estimator_checks import check_zero_shot_estimator
    >>> check_zero_shot_estimator(
    ...     RidgeSemanticClassifier(alpha=0.1, attribute_scaling="standard")
    ... )
    """
    for _, check in zero_shot_checks(estimator):
        check(estimator)


def parametrize_with_zero_shot_checks(estimators):
    """Pytest decorator that runs every check on every estimator.

    Parameters
    ----------
    estimators : list of estimators
        Unfitted instances.

    Returns
    -------
    decorator : pytest.mark.parametrize
        For a test function with the arguments ``estimator`` and ``check``.

    Examples
    --------
    >>> from zsl_estimators import RidgeSemanticClassifier
    >>> from zsl_estimators.utils.estimator_checks import (
    ...     parametrize_with_zero_shot_checks,
    ... )
    >>> @parametrize_with_zero_shot_checks([RidgeSemanticClassifier()])
    ... def test_contract(estimator, check):
    ...     check(estimator)
    """
    import pytest

    cases = [case for estimator in estimators for case in zero_shot_checks(estimator)]
    names = [f"{type(e).__name__}-{check.func.__name__}" for e, check in cases]
    return pytest.mark.parametrize(("estimator", "check"), cases, ids=names)


def zero_shot_checks(estimator):
    """Yield all checks that apply to an estimator.

    Parameters
    ----------
    estimator : estimator
        An unfitted instance.

    Yields
    ------
    estimator : estimator
        The instance.
    check : callable
        ``check(estimator)``.
    """
    checks = list(ALL_CHECKS)
    parameters = estimator.get_params()
    if "device" in parameters:
        checks.extend(TORCH_CHECKS)
    name = type(estimator).__name__
    for check in checks:
        yield estimator, partial(check, name)


ALL_CHECKS = (
    check_fitted_attributes,
    check_scores,
    check_some_classes_only,
    check_two_classes_give_one_column,
    check_constant_features,
    check_row_order_does_not_matter,
    check_array_equals_dataframe,
    check_no_attributes_equals_one_hot,
    check_unseen_classes_can_be_predicted,
    check_label_types,
    check_boolean_labels,
    check_add_classes,
    check_attribute_importance,
    check_rows_of_unseen_classes,
    check_order_of_rows,
    check_rows_of_new_classes,
    check_refused_rows,
    check_remove_classes,
    check_removed_rows,
    check_rows_are_independent,
    check_same_seed_same_model,
    check_other_processes_agree,
    check_folds_side_by_side,
    check_pickle,
    check_global_output_setting,
    check_global_random_state,
    check_half_precision,
    check_inputs_stay_untouched,
    check_table_is_copied,
    check_no_files_are_written,
    check_clone_and_refit,
    check_interrupted_fit,
    check_auto_penalty,
    check_nothing_to_calibrate,
    check_grid_search,
    check_degenerate_data,
    check_refused_class_tables,
    check_refused_data,
    check_sparse_features,
    check_refused_parameters,
    check_weights_of_zero,
    check_equal_small_weights,
    check_weights_matter,
    check_refused_weights,
)

TORCH_CHECKS = (
    check_batch_size_does_not_change_predictions,
    check_unknown_device,
    check_non_finite_loss,
    check_fitted_net,
    check_warm_start,
    check_threads_agree,
    check_silent_by_default,
    check_gpu_model_loads_on_cpu,
)
