import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, normalize
from sklearn.utils import Bunch
from sklearn.utils.estimator_checks import parametrize_with_checks

from zsl_estimators import (
    NearestDescriptionClassifier,
    RidgeSemanticClassifier,
    TipAdapterClassifier,
)
from zsl_estimators.class_table import ClassTable
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.exceptions import ZeroShotWarning
from zsl_estimators.metrics import gzsl_scorer, harmonic_mean_score
from zsl_estimators.semantic._joint_space import unit_deviations

every_estimator = pytest.mark.parametrize(
    "cls", [NearestDescriptionClassifier, TipAdapterClassifier]
)


@pytest.fixture(scope="module")
def pairs():
    """Samples and noisy means of their classes, each kind with an offset of its own.

    One class has a few samples only.
    """
    data = make_gzsl(20, n_features=24, n_attributes=10, class_sep=1.3, random_state=0)
    rng = np.random.RandomState(0)
    gap = rng.normal(size=(2, 24))
    texts = data.density.means + 0.3 * rng.normal(size=data.density.means.shape)
    return Bunch(
        X_train=data.X_train[15:] + gap[0],
        y_train=data.y_train[15:],
        X_test=data.X_test + gap[0],
        y_test=data.y_test,
        texts=pd.DataFrame(texts + gap[1]),
        seen_classes=data.seen_classes,
        unseen_classes=data.unseen_classes,
        best=data.density.posterior(data.X_test).argmax(axis=1),
    )


def nearest(pairs, **parameters):
    return NearestDescriptionClassifier(pairs.texts, random_state=0, **parameters)


def fitted(pairs, **parameters):
    clf = nearest(pairs, **{"seen_penalty": 0.0, **parameters})
    return clf.fit(pairs.X_train, pairs.y_train)


class TestScores:
    @pytest.mark.parametrize("scale", [1.0, 100.0])
    def test_are_cosines(self, pairs, scale):
        clf = fitted(pairs, centering=False, logit_scale=scale)
        expected = scale * cosine_similarity(pairs.X_test, pairs.texts)
        np.testing.assert_allclose(clf.decision_function(pairs.X_test), expected)

    def test_are_those_of_deviations_from_means_of_seen_classes(self, pairs):
        clf = fitted(pairs, centering=True)
        X = pd.DataFrame(pairs.X_train).groupby(pairs.y_train).mean().mean()
        S = pairs.texts.loc[pairs.seen_classes].mean()
        expected = 100 * cosine_similarity(pairs.X_test - X.to_numpy(), pairs.texts - S)
        np.testing.assert_allclose(clf.decision_function(pairs.X_test), expected)

    @pytest.mark.parametrize("labelled", [True, False])
    def test_centred_ones_have_no_offset(self, pairs, labelled):
        rng = np.random.RandomState(1)
        y = pairs.y_train if labelled else None
        clf = nearest(pairs, centering=True, seen_penalty=0.0).fit(pairs.X_train, y)
        X, S = (5 * rng.normal(size=24) for _ in range(2))
        moved = NearestDescriptionClassifier(pairs.texts + S, centering=True)
        moved.set_params(seen_penalty=0.0).fit(pairs.X_train + X, y)
        np.testing.assert_allclose(
            moved.decision_function(pairs.X_test + X),
            clf.decision_function(pairs.X_test),
        )

    def test_scale_of_probabilities(self, pairs):
        """Without labels; with them their temperature is fitted."""
        one, hundred = (
            NearestDescriptionClassifier(pairs.texts, logit_scale=scale).fit(
                pairs.X_train
            )
            for scale in (1.0, 100.0)
        )
        sharp = hundred.predict_log_proba(pairs.X_test)
        flat = 100 * one.predict_log_proba(pairs.X_test)
        np.testing.assert_allclose(
            sharp - sharp.max(axis=1, keepdims=True),
            flat - flat.max(axis=1, keepdims=True),
            atol=1e-9,
        )
        one, hundred = (fitted(pairs, logit_scale=scale) for scale in (1.0, 100.0))
        np.testing.assert_allclose(
            one.predict_proba(pairs.X_test),
            hundred.predict_proba(pairs.X_test),
            atol=1e-3,
        )


class TestSeveralDescriptions:
    def prompts(self, pairs):
        """Three per class, of different lengths, and in an order of their own."""
        rng = np.random.RandomState(2)
        rows = pairs.texts.loc[pairs.texts.index.repeat(3)]
        rows = rows + rng.normal(size=rows.shape)
        return rows.mul(rng.uniform(0.1, 9, size=len(rows)), axis=0).sample(
            frac=1, random_state=0
        )

    def averaged(self, prompts):
        by_hand = []
        for label in sorted(set(prompts.index)):
            rows = [row / np.linalg.norm(row) for row in prompts.loc[label].to_numpy()]
            mean = sum(rows) / len(rows)
            by_hand.append(mean / np.linalg.norm(mean))
        return np.array(by_hand)

    @every_estimator
    def test_are_averaged(self, cls, pairs):
        prompts = self.prompts(pairs)
        settings = {"centering": False, "seen_penalty": 0.0, "random_state": 0}
        if cls is TipAdapterClassifier:
            settings |= {"alpha": 20.0, "beta": 1.0}
        expected = cls(self.averaged(prompts), **settings)
        scores = [
            clf.fit(pairs.X_train, pairs.y_train).decision_function(pairs.X_test)
            for clf in (
                expected,
                cls(prompts, **settings),
                cls(prompts.to_numpy(), classes=prompts.index, **settings),
            )
        ]
        np.testing.assert_allclose(scores[1], scores[0])
        np.testing.assert_array_equal(scores[2], scores[1])

    def test_of_classes_that_are_added(self, pairs):
        prompts = self.prompts(pairs)
        new = prompts.loc[prompts.index < 2].rename(index=lambda label: label + 50)
        clf = NearestDescriptionClassifier(prompts).fit(pairs.X_train)
        scores = clf.add_classes(new).decision_function(pairs.X_test)
        assert clf.classes_[-2:].tolist() == [50, 51]
        np.testing.assert_allclose(scores[:, -2:], scores[:, :2])

    def test_are_refused_by_others(self, pairs):
        clf = RidgeSemanticClassifier(self.prompts(pairs))
        with pytest.raises(ValueError, match="more than once"):
            clf.fit(pairs.X_train, pairs.y_train)


class TestWithoutLabels:
    def test_all_classes_are_unseen(self, pairs):
        clf = nearest(pairs).fit(pairs.X_test)
        assert clf.seen_classes_.tolist() == []
        assert clf.unseen_classes_.tolist() == list(range(16))
        assert (clf.seen_penalty_, clf.held_out_results_) == (0.0, None)
        expected = cosine_similarity(pairs.X_test, pairs.texts).argmax(axis=1)
        np.testing.assert_array_equal(clf.predict(pairs.X_test), expected)

    def test_means_are_those_of_all_rows(self, pairs):
        clf = nearest(pairs, centering=True).fit(pairs.X_test)
        expected = cosine_similarity(
            pairs.X_test - pairs.X_test.mean(axis=0), pairs.texts - pairs.texts.mean()
        )
        scores = clf.decision_function(pairs.X_test) / 100
        np.testing.assert_allclose(scores, expected, atol=1e-12)

    def test_one_row_is_enough(self, pairs):
        clf = nearest(pairs).fit(pairs.X_test[:1])
        assert clf.predict(pairs.X_test[:1]).shape == (1,)

    def test_in_a_pipeline_with_names(self, pairs):
        names = [f"dimension {column}" for column in range(24)]
        X = pd.DataFrame(pairs.X_test, columns=names)
        table = pairs.texts.set_axis([f"class {c:02d}" for c in range(16)])
        clf = NearestDescriptionClassifier(table)
        pipeline = make_pipeline(FunctionTransformer(), clf).fit(X)
        assert list(clf.feature_names_in_) == names
        copy = pickle.loads(pickle.dumps(pipeline))
        np.testing.assert_array_equal(copy.predict(X), pipeline.predict(X))
        assert set(pipeline.predict(X)) <= set(table.index)

    @pytest.mark.parametrize("labels", [None, [5.5, 2.5], ["b", "a"]])
    def test_labels_of_any_kind(self, labels):
        clf = NearestDescriptionClassifier(np.eye(2, 3) + 1, classes=labels)
        clf.fit(np.ones((4, 3)))
        assert clf.classes_.tolist() == sorted(labels or [0, 1])

    def test_silent(self, pairs, recwarn):
        nearest(pairs).fit(pairs.X_test)
        assert not [w for w in recwarn if w.category is ZeroShotWarning]

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"attributes": None}, "requires y to be passed"),
            ({"space": "mapped"}, "requires y to be passed"),
            ({"attributes": np.eye(24)}, "y is None, and one-hot rows"),
        ],
    )
    def test_what_needs_labels_says_so(self, pairs, parameters, message):
        clf = nearest(pairs).set_params(**parameters)
        with pytest.raises(ValueError, match=message):
            clf.fit(pairs.X_test)

    @pytest.mark.parametrize("clf", [TipAdapterClassifier(), RidgeSemanticClassifier()])
    def test_others_need_them(self, pairs, clf):
        clf.set_params(attributes=pairs.texts)
        with pytest.raises(ValueError, match="requires y to be passed"):
            clf.fit(pairs.X_test, None)


class TestSpace:
    @every_estimator
    def test_sizes_must_agree(self, cls, pairs):
        clf = cls(pairs.texts.iloc[:, :23])
        with pytest.raises(ValueError, match=r"24 features and attributes has 23"):
            clf.fit(pairs.X_train, pairs.y_train)

    @pytest.mark.parametrize("explicit", [True, False])
    def test_without_descriptions_the_nearest_mean_wins(self, pairs, explicit):
        table = pd.DataFrame(np.eye(12), index=pairs.seen_classes) if explicit else None
        clf = NearestDescriptionClassifier(table).fit(pairs.X_train, pairs.y_train)
        center = pd.DataFrame(pairs.X_train).groupby(pairs.y_train).mean().mean()
        expected = NearestCentroid().fit(pairs.X_train, pairs.y_train).centroids_
        expected = normalize(expected - center.to_numpy())
        np.testing.assert_allclose(
            clf.decision_function(pairs.X_test),
            100 * cosine_similarity(pairs.X_test - center.to_numpy(), expected),
        )

    def test_one_hot_rows_are_mapped_whatever_their_number(self):
        """Six classes and six features share no space by that alone."""
        data = make_gzsl(10, n_seen=6, n_unseen=1, n_features=6, random_state=0)
        table = pd.DataFrame(np.eye(6), index=data.seen_classes)
        clf = NearestDescriptionClassifier(table).fit(data.X_train, data.y_train)
        assert clf.coef_.shape == (6, 6)

    def test_a_linear_map_is_found(self):
        """Descriptions of another space, in any unit; features are a linear map."""
        data = make_gzsl(40, n_seen=30, n_unseen=6, class_sep=2.0, random_state=0)
        units = 10.0 ** np.arange(-4, 4)
        clf = NearestDescriptionClassifier(data.attributes * units, space="mapped")
        clf.set_params(random_state=0).fit(data.X_train, data.y_train)
        unseen = data.density.means[data.unseen_classes]
        mapped = clf._unit_descriptions[data.unseen_classes]
        seen = data.density.means[data.seen_classes].mean(axis=0)
        cosines = (mapped * normalize(unseen - seen)).sum(axis=1)
        assert cosines.min() > 0.97


def test_recovers_pairs(pairs):
    clf = nearest(pairs).fit(pairs.X_train, pairs.y_train)
    found = gzsl_scorer(clf, pairs.X_test, pairs.y_test)["H"]
    best = harmonic_mean_score(
        pairs.y_test, pairs.best, seen_classes=pairs.seen_classes
    )
    assert clf.centering_
    assert 0.5 < best < 0.999, "neither easy nor impossible"
    assert found > best - 0.05


def test_centering_is_chosen_on_held_out_classes(pairs):
    clf = nearest(pairs).fit(pairs.X_train, pairs.y_train)
    means = clf.held_out_results_.groupby("candidate").AUSUC.mean()
    assert sorted(means.index) == [False, True]
    assert means.idxmax() == clf.centering_


class InItsOwnSpace(NearestDescriptionClassifier):
    """Describes every label a check invents by a point of the space of the features."""

    def _make_table(self, y):
        labels = np.unique(y)
        size = len(labels), self.n_features_in_
        return ClassTable.from_parameters(
            np.random.RandomState(0).normal(size=size), labels, y
        )


@parametrize_with_checks(
    # Without attributes y would be required.
    [InItsOwnSpace(attributes=[[1.0]])],
    expected_failed_checks=lambda estimator: {
        "check_classifiers_train": "nothing is learned, and descriptions are random"
    },
    xfail_strict=True,
)
def test_sklearn_checks_in_a_shared_space(estimator, check):
    check(estimator)


class TestUnitDeviations:
    @pytest.mark.parametrize("unit", [2.0**-166, 1.0, 2.0**450])
    def test_have_length_1_in_any_unit(self, unit):
        rows = np.random.RandomState(0).normal(size=(5, 3))
        center = rows.mean(axis=0)
        np.testing.assert_allclose(
            unit_deviations(rows * unit, center * unit), normalize(rows - center)
        )

    def test_rounding_stays_zero(self):
        rows = np.full((3, 4), 0.1)
        center = rows.mean(axis=0) * (1 + 1e-15)
        np.testing.assert_array_equal(unit_deviations(rows, center), 0.0)


@every_estimator
def test_columns_in_another_order_than_those_of_the_table(pairs, cls):
    """Points of one space are compared column by column."""
    X, table = pd.DataFrame(pairs.X_train).add_prefix("x"), pairs.texts.add_prefix("x")
    with pytest.raises(ValueError, match="same columns in another order"):
        cls(table.iloc[:, ::-1]).fit(X, pairs.y_train)
    # Numbers of columns, in the same order, as numbers and as text.
    cls(pairs.texts).fit(X.rename(columns=lambda name: name[1:]), pairs.y_train)
    found = cls(table, random_state=0).fit(X, pairs.y_train)
    expected = cls(pairs.texts, random_state=0).fit(pairs.X_train, pairs.y_train)
    np.testing.assert_array_equal(
        found.predict(pd.DataFrame(pairs.X_test, columns=X.columns)),
        expected.predict(pairs.X_test),
    )
