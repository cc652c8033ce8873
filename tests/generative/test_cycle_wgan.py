import numpy as np
import pytest
from sklearn.linear_model import Ridge

from tests.common import small
from zsl_estimators import CycleWGANClassifier, FGANClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import harmonic_mean_score

TRAINED = {"early_stopping": False, "seen_penalty": 0.0, "decision": "gaussian"}


def fitted(task, **parameters):
    parameters = {"attributes": task.attributes, "random_state": 0, **parameters}
    return small(CycleWGANClassifier, **parameters).fit(task.X_train, task.y_train)


def test_without_the_cycle_it_is_fgan(task):
    settings = {**TRAINED, "cls_weight": 0.1}
    cycle = fitted(task, cycle_weight=0.0, **settings)
    fgan = small(
        FGANClassifier, attributes=task.attributes, random_state=0, **settings
    ).fit(task.X_train, task.y_train)
    np.testing.assert_array_equal(
        cycle.decision_function(task.X_test), fgan.decision_function(task.X_test)
    )


def test_start_is_the_initial_estimator(task):
    """What is not trained answers like it, but for a constant."""
    clf = fitted(task, **TRAINED, lr=1e-30)
    gap = clf.decision_function(task.X_test) - clf.init_.decision_function(task.X_test)
    np.testing.assert_allclose(gap, gap.mean(), atol=1e-3)


def test_no_training_is_a_candidate(task):
    assert 0 in set(fitted(task).held_out_results_["candidate"])


def test_losses_of_weight_zero_are_left_out(task):
    parts = {"cycle_weight": "cycle_loss", "cls_weight": "classification_loss"}
    settings = {**TRAINED, "max_epochs": 1}
    for switched_off in (set(), {"cls_weight"}, set(parts)):
        clf = fitted(task, **settings, **dict.fromkeys(switched_off, 0.0))
        names = {parts[name] for name in set(parts) - switched_off}
        assert names == set(clf.history_[-1]) & set(parts.values())


def test_regressor_is_least_squares_without_a_penalty(task):
    settings = {**TRAINED, "regressor_alpha": 1e-9, "warm_start": True}
    clf = fitted(task, device="cpu", **settings)
    regressor = clf.net_.criterion_.terms["cycle"].regressor
    X = clf.feature_scaler_.transform(task.X_train)
    S = clf.attribute_scaler_.transform(task.attributes.loc[task.y_train].to_numpy())
    design = np.column_stack([X, np.ones(len(X))])
    *expected, intercept = np.linalg.lstsq(design, S, rcond=None)[0]
    np.testing.assert_allclose(regressor.weight.T, expected, atol=1e-4)
    np.testing.assert_allclose(regressor.bias, intercept, atol=1e-4)


def attribute_error(clf, task, classes):
    """How far a regressor of scikit-learn is from the descriptions on samples."""
    S = task.attributes
    regressor = Ridge(1e-3).fit(task.X_train, S.loc[task.y_train])
    X, y = clf.sample(100, classes=classes)
    return np.square(regressor.predict(X) - S.loc[y]).sum(axis=1).mean()


def test_error_of_the_cycle_falls_with_its_weight(task):
    settings = {**TRAINED, "max_epochs": 12, "lr": 1e-2, "cls_weight": 0.0}
    errors = [
        attribute_error(
            fitted(task, cycle_weight=weight, **settings), task, task.seen_classes
        )
        for weight in (0.0, 3.0, 300.0)
    ]
    assert errors[0] > errors[1] > errors[2]


def test_unseen_descriptions_lower_the_error_of_unseen_classes(task):
    settings = {**TRAINED, "max_epochs": 12, "lr": 1e-2, "cycle_weight": 100.0}
    errors = {
        on: attribute_error(
            fitted(task, cycle_on=on, **settings), task, task.unseen_classes
        )
        for on in ("seen", "all")
    }
    assert errors["all"] < 0.8 * errors["seen"]


def test_all_classes_may_be_seen(task):
    clf = fitted(task, attributes=None, cycle_on="all", **TRAINED)
    assert clf.score(task.X_train, task.y_train) > 0.8


def test_comes_close_to_the_best_possible_answer():
    """With a trained generator, whatever the folds would say."""
    data = make_gzsl(60, n_seen=12, n_unseen=4, n_attributes=6, random_state=0)
    clf = fitted(data, early_stopping=False, decision="gaussian", cycle_on="all")
    assert clf.n_iter_ == 3
    best = data.density.posterior(data.X_test).argmax(axis=1)
    limit, reached = (
        harmonic_mean_score(data.y_test, y, seen_classes=data.seen_classes)
        for y in (best, clf.predict(data.X_test))
    )
    assert reached > limit - 0.05


@pytest.mark.parametrize("dataset", ["AWA1", "CUB", "SUN", "FLO"])
def test_paper_params_make_the_network_of_the_code(dataset, task):
    settings = CycleWGANClassifier.paper_params(dataset)
    assert settings["net_params"]["n_critic"] == 1
    assert settings["lr"] < settings["net_params"]["critic_lr"]
    widths = {"module__generator_hidden": (16,), "module__critic_hidden": (16,)}
    settings["net_params"] |= {**widths, "module__noise_dim": 4}
    clf = fitted(task, **settings | {"max_epochs": 2})
    generator = clf.net_.module_.generator
    assert generator.coloring is None
    assert (generator.noise_dim, generator.output_activation) == (4, "relu")
    X, _ = clf.sample(50)
    assert (task.X_train.min(axis=0) - 1e-5 <= X).all(), "relu after min-max scaling"


def test_sets_without_published_settings():
    with pytest.raises(ValueError, match=r"'APY'.*AWA1, CUB"):
        CycleWGANClassifier.paper_params("APY")
    with pytest.raises(ValueError, match="from source='code'"):
        CycleWGANClassifier.paper_params("CUB", source="paper")


def test_sigmoid_needs_no_initial_estimator(task):
    with pytest.raises(ValueError, match="init=None"):
        fitted(task, net_params={"module__output_activation": "sigmoid"})
