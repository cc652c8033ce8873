import numpy as np
import pandas as pd
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.common import SMALL_RULES, small
from zsl_estimators import DiffusionClassifier, ExemplarClassifier, FGANClassifier
from zsl_estimators.likelihood import DecisionRule, ErrorRule, NoiseDenoiseRule
from zsl_estimators.likelihood.rules import RULES
from zsl_estimators.metrics import GZSLScorer
from zsl_estimators.model_selection import ClassHoldoutSplit

# What is tested does not depend on the number of folds.
pytestmark = pytest.mark.usefixtures("few_folds")

# As good as untrained.
UNTRAINED = {"lr": 1e-12, "max_epochs": 1, "early_stopping": False}


@pytest.fixture(scope="module")
def fitted(task):
    clf = small(
        DiffusionClassifier,
        attributes=task.attributes,
        rule=["error", "noise_denoise"],
        random_state=0,
    )
    return clf.fit(task.X_train, task.y_train)


def test_every_rule_of_the_papers_has_a_name():
    assert {type(rule) for rule in SMALL_RULES} == set(RULES.values())


def test_untrained_it_is_the_exemplar_classifier(task):
    settings = {"seen_penalty": 0.0, "random_state": 0}
    clf = small(DiffusionClassifier, **{**settings, **UNTRAINED})
    clf.set_params(attributes=task.attributes).fit(task.X_train, task.y_train)
    exemplar = ExemplarClassifier(
        task.attributes,
        alpha=clf.init_.alpha_,
        shrink_to=clf.init_.shrink_to_,
        shrinkage=clf.init_.shrinkage_,
        attribute_scaling=clf.attribute_scaling_,
        seen_penalty=0.0,
    ).fit(task.X_train, task.y_train)
    one, other = (c.decision_function(task.X_test) for c in (clf, exemplar))
    np.testing.assert_allclose(np.diff(one), np.diff(other), atol=1e-3)


def test_density_is_that_of_normal_classes_in_the_users_units(task):
    clf = small(DiffusionClassifier, rule="likelihood", seen_penalty=0.0, **UNTRAINED)
    clf.set_params(attributes=task.attributes).fit(task.X_train, task.y_train)
    init = clf.init_
    scale = init.feature_scaler_.scale_
    covariance = init.covariance_ * np.outer(scale, scale)
    per_class = [
        multivariate_normal(mean, covariance).logpdf(task.X_test)
        for mean in init.class_means_
    ]
    expected = logsumexp(per_class, axis=0) - np.log(len(per_class))
    np.testing.assert_allclose(clf.score_samples(task.X_test), expected, rtol=1e-4)


def test_density_only_where_the_rule_knows_one(fitted):
    with pytest.raises(AttributeError, match="score_samples") as caught:
        fitted.score_samples(np.zeros((1, 6)))
    assert 'rule="likelihood"' in str(caught.value.__cause__)
    assert not hasattr(DiffusionClassifier(), "score_samples")
    assert hasattr(DiffusionClassifier(rule=RULES["likelihood"]()), "score_samples")


# -- several rules ------------------------------------------------------------------


def test_folds_choose_among_rules(fitted):
    compared = fitted.held_out_decisions_
    assert set(compared["candidate"]) == {"error", "noise_denoise"}
    means = compared.groupby("candidate", sort=False)["AUSUC"].mean()
    assert fitted.rule_ is fitted.rules_[means.idxmax()]


@pytest.mark.parametrize("name", ["error", "noise_denoise"])
def test_another_rule_is_as_if_fitted_with_it(fitted, task, name):
    """The same network and scores, without training again; the penalty of the rule
    that was chosen, and for another one what the folds tell."""
    alone = small(
        DiffusionClassifier, attributes=task.attributes, rule=name, random_state=0
    ).fit(task.X_train, task.y_train)
    switched = fitted.with_rule(name)
    assert switched.net_ is fitted.net_
    if fitted.rule_ is fitted.rules_[name]:
        assert switched.seen_penalty_ == fitted.seen_penalty_
    assert switched.seen_penalty_ > 0
    alone.seen_penalty_ = switched.seen_penalty_
    np.testing.assert_array_equal(
        switched.decision_function(task.X_test), alone.decision_function(task.X_test)
    )


def test_switching_leaves_the_first_one_alone(fitted, task):
    before = fitted.decision_function(task.X_test)
    other = fitted.with_rule(ErrorRule(n_draws=2), seen_penalty=1.5)
    assert other.seen_penalty_ == 1.5
    assert other.get_params()["rule__n_draws"] == 2
    np.testing.assert_array_equal(fitted.decision_function(task.X_test), before)
    assert "ErrorRule(n_draws=2)" not in fitted.rules_


def test_penalty_of_a_new_rule_is_asked_for(fitted):
    with pytest.raises(ValueError, match=r"rule=\['error', 'noise_denoise', 'weights'"):
        fitted.with_rule("weights")
    with pytest.raises(ValueError, match=r"no rule 'weight'.*weights"):
        fitted.with_rule("weight")
    with pytest.raises(ValueError, match="another network"):
        fitted.with_rule("cross_attention", seen_penalty=0.0)


def test_without_folds_no_penalty_is_left_over(task):
    clf = small(DiffusionClassifier, attributes=task.attributes, random_state=0)
    clf.fit(task.X_train, task.y_train)
    assert clf.with_rule("error").seen_penalty_ != 0
    clf.set_params(attributes=None).fit(task.X_train, task.y_train)
    assert clf.held_out_decisions_ is None
    other = clf.with_rule("weights", seen_penalty=3.0)
    assert other.with_rule("error").seen_penalty_ == 0


@pytest.mark.parametrize("name", ["weights", "inversion", "latent_knn"])
def test_order_of_new_rules_and_new_classes(fitted, task, name):
    clf = fitted.with_rule("error")
    before = clf.with_rule(name, 0.0).decision_function(task.X_test)
    new = pd.DataFrame([[0.1, 0.9, 0.4, 0.2]], [99], task.attributes.columns)
    clf.add_classes(new)
    after = clf.with_rule(name, 0.0).decision_function(task.X_test)[:, :-1]
    np.testing.assert_allclose(after, before, atol=1e-8)


def test_one_class_alone(task):
    X, y = task.X_train[:20], np.zeros(20, dtype=int)
    clf = small(DiffusionClassifier, rule="latent_knn").fit(X, y)
    assert (clf.predict(X) == 0).all()


def test_the_final_fit_makes_as_many_updates_as_the_folds(task):
    clf = small(DiffusionClassifier, attributes=task.attributes, init=None, lr=0.01)
    clf.set_params(max_epochs=12, random_state=0).fit(task.X_train, task.y_train)
    areas = clf.held_out_results_.groupby("candidate")["AUSUC"].mean()
    chosen = areas.idxmax()
    assert chosen > 2
    assert 0.5 * chosen < clf.n_iter_ < 0.8 * chosen


def test_warm_start_keeps_the_units_of_the_first_fit(task):
    clf = small(DiffusionClassifier, attributes=task.attributes, warm_start=True)
    clf.set_params(seen_penalty=0.0, random_state=0, early_stopping=False)
    X, y = task.X_train, task.y_train
    clf.fit(X[::2], y[::2])
    first = clf.score(task.X_test, task.y_test)
    assert clf.fit(X[1::2], y[1::2]).score(task.X_test, task.y_test) > first - 0.1
    switched = clf.with_rule("weights", seen_penalty=0.0)
    before = clf.decision_function(task.X_test)
    switched.fit(X, y)
    np.testing.assert_array_equal(clf.decision_function(task.X_test), before)
    with pytest.raises(ValueError, match="warm_start"):
        clf.set_params(rule="cross_attention").fit(X, y)


@pytest.mark.parametrize("cls", [DiffusionClassifier, FGANClassifier])
def test_warm_start_with_one_more_unseen_class(task, cls):
    clf = small(cls, attributes=task.attributes, warm_start=True, seen_penalty=0.0)
    if cls is FGANClassifier:
        clf.set_params(head=None, decision="gaussian")
    clf.fit(task.X_train, task.y_train)
    more = pd.DataFrame([[0.1, 0.9, 0.4, 0.2]], [99], task.attributes.columns)
    clf.set_params(attributes=pd.concat([task.attributes, more]))
    assert 99 in clf.fit(task.X_train, task.y_train).unseen_classes_
    assert clf.decision_function(task.X_test).shape[1] == len(task.attributes) + 1


def test_attention_stands_alone(task):
    clf = small(DiffusionClassifier, attributes=task.attributes)
    clf.set_params(rule=["error", "cross_attention"])
    with pytest.raises(ValueError, match="Fit it alone"):
        clf.fit(task.X_train, task.y_train)
    clf.set_params(rule="cross_attention").fit(task.X_train, task.y_train)
    with pytest.raises(ValueError, match="sample needs another network"):
        clf.sample()


@pytest.mark.parametrize(
    ("rule", "error", "words"),
    [
        ("errors", ValueError, "rule"),
        (ErrorRule(n_draws=(4.0, 16.0), keep=(2,)), ValueError, "whole"),
        ([], ValueError, "at least one"),
        (["error", "wrong"], ValueError, "no rule 'wrong'.*noise_denoise"),
        ([3], TypeError, "DecisionRule"),
        (ErrorRule(n_draws=0), ValueError, "n_draws"),
    ],
)
def test_impossible_rules_are_refused(task, rule, error, words):
    clf = small(DiffusionClassifier, attributes=task.attributes, rule=rule)
    with pytest.raises(error, match=words):
        clf.fit(task.X_train, task.y_train)


class NearestCenterRule(DecisionRule):
    """A rule that a user might write."""

    def __init__(self, power=2):
        self.power = power

    def score_classes(self, model, x):
        return -((x[:, None] - model.centers).abs() ** self.power).sum(dim=-1)

    def n_evaluations(self, n_classes):
        return 0


def test_a_ninth_rule(task):
    clf = small(DiffusionClassifier, attributes=task.attributes, random_state=0)
    clf.set_params(rule=["error", NearestCenterRule()])
    clf.fit(task.X_train, task.y_train)
    nearest = clf.with_rule(NearestCenterRule())
    assert nearest.score(task.X_test, task.y_test) > 0.5


def test_parameters_of_a_rule_in_a_grid(task):
    clf = small(DiffusionClassifier, attributes=task.attributes, random_state=0)
    clf.set_params(rule=NoiseDenoiseRule(n_steps=2, n_draws=2), seen_penalty=0.0)
    pipeline = make_pipeline(StandardScaler(), clf)
    search = GridSearchCV(
        pipeline,
        {"diffusionclassifier__rule__level": [0.2, 0.6]},
        cv=ClassHoldoutSplit(1, random_state=0),
        scoring=GZSLScorer("AUSUC"),
    ).fit(task.X_train, task.y_train)
    assert search.best_params_["diffusionclassifier__rule__level"] in (0.2, 0.6)


# -- the rest -----------------------------------------------------------------------


def test_untrained_samples_are_normal_around_the_means(task):
    clf = small(DiffusionClassifier, seen_penalty=0.0, random_state=0, **UNTRAINED)
    clf.set_params(attributes=task.attributes).fit(task.X_train, task.y_train)
    wanted = [clf.unseen_classes_[0], clf.seen_classes_[0]]
    X, y = clf.sample(4000, classes=wanted)
    np.testing.assert_array_equal(y, np.repeat(wanted, 4000))
    spread = clf.init_.feature_scaler_.scale_
    for label in wanted:
        expected = clf.init_.class_means_[clf.classes_ == label][0]
        found = X[y == label].mean(axis=0)
        np.testing.assert_allclose(found / spread, expected / spread, atol=0.06)
    covariance = clf.init_.covariance_
    found = np.cov((X[y == wanted[0]] / spread).T)
    np.testing.assert_allclose(found, covariance, atol=0.1 * covariance.max())


def test_samples_are_the_same_at_every_call(fitted):
    one, other = (fitted.sample(2)[0] for _ in range(2))
    np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match="nobody"):
        fitted.sample(2, classes=["nobody"])


def test_epochs_that_the_folds_compare(task):
    clf = small(DiffusionClassifier, attributes=task.attributes, max_epochs=7)
    clf.fit(task.X_train, task.y_train)
    compared = clf.held_out_results_["candidate"].unique()
    np.testing.assert_array_equal(compared, [0, 1, 2, 3, 5, 7])


def test_without_initial_estimator(task):
    clf = small(DiffusionClassifier, init=None, hidden=64, random_state=0)
    clf.set_params(attributes=task.attributes, max_epochs=40, lr=1e-2, seen_penalty=0.0)
    clf.set_params(early_stopping=False)
    clf.fit(task.X_train, task.y_train)
    seen = np.isin(task.y_test, clf.seen_classes_)
    assert clf.score(task.X_test[seen], task.y_test[seen]) > 0.5


def test_long_predictions_show_progress(fitted, task, capsys):
    clf = fitted.with_rule("error").set_params(verbose=1)
    clf.predict(np.repeat(task.X_test, 40, axis=0)[:1500])
    assert "scores" in capsys.readouterr().err


def test_removed_classes_have_no_part_in_the_density(task):
    clf = small(
        DiffusionClassifier,
        attributes=task.attributes,
        rule="likelihood",
        seen_penalty=0.0,
        random_state=0,
        **UNTRAINED,
    ).fit(task.X_train, task.y_train)
    X = task.X_test[:20]
    before, scores = clf.score_samples(X), clf.decision_function(X)
    is_seen = np.isin(clf.classes_, clf.seen_classes_)
    clf.remove_classes(clf.unseen_classes_)
    less = logsumexp(scores[:, is_seen], axis=1) - logsumexp(scores, axis=1)
    less += np.log(len(is_seen)) - np.log(is_seen.sum())
    np.testing.assert_allclose(clf.score_samples(X), before + less, atol=1e-6)
