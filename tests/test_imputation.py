import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB

from zsl_estimators import (
    RidgeCompatibilityClassifier,
    RidgeSemanticClassifier,
    ZeroShotEnsembleClassifier,
)
from zsl_estimators.class_table import ClassTable
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.exceptions import ZeroShotWarning
from zsl_estimators.imputation import RidgeImputer, TableImputer, imputed, inverse_gram
from zsl_estimators.utils import trusted_types

LABELS = np.arange(40)


def independent_columns():
    return np.random.RandomState(0).normal(size=(40, 4))


def dependent_columns():
    """The last column is the first one less twice the second one, in another unit."""
    matrix = independent_columns()
    matrix[:, 3] = 1000 * (matrix[:, 0] - 2 * matrix[:, 1]) + 5
    return matrix


def clustered_rows():
    """Two groups of classes in which columns do not depend on each other."""
    rng = np.random.RandomState(0)
    codes = rng.choice([-1.0, 1.0], size=(8, 6))
    # Products of three columns: no linear function of these.
    codes[:, 5] = codes[:, 0] * codes[:, 1] * codes[:, 2]
    return np.repeat(codes, 8, axis=0) + 0.01 * rng.normal(size=(64, 6))


def without(matrix, *entries):
    matrix = matrix.copy()
    for entry in entries:
        matrix[entry] = np.nan
    return matrix


def imputer_of(matrix):
    missing = np.isnan(matrix)
    return TableImputer().fit(matrix, missing[missing.any(axis=1)])


class TestRidgeImputer:
    def test_is_the_regression_on_the_rows_in_which_a_column_is_known(self):
        X = np.random.RandomState(1).normal(size=(30, 5))
        X[:, 2] += X[:, 0] - 3 * X[:, 4]
        X[[4, 9, 13], 2] = np.nan
        known = ~np.isnan(X[:, 2])
        others = np.delete(X, 2, axis=1)
        ridge = Ridge(alpha=1e-6).fit(others[known], X[known, 2])
        filled = RidgeImputer(alpha=1e-6).fit_transform(X)
        np.testing.assert_allclose(
            filled[~known, 2], ridge.predict(others[~known]), rtol=1e-3
        )
        np.testing.assert_array_equal(filled[known], X[known])

    def test_several_missing_columns_are_predicted_from_the_known_ones(self):
        rng = np.random.RandomState(1)
        X = rng.normal(size=(30, 5)) @ rng.normal(size=(5, 5))
        imputer = RidgeImputer(alpha=2.0).fit(X)
        ridge = Ridge(alpha=2.0).fit(X[:, :3], X[:, 3:])
        row = X[:1] * 0.1
        filled = imputer.transform(without(row, (0, 3), (0, 4)))
        np.testing.assert_allclose(filled[:, 3:], ridge.predict(row[:, :3]))

    def test_values_stay_in_the_range_of_their_column(self):
        X = np.column_stack([np.arange(9.0), np.arange(9.0)])
        imputer = RidgeImputer(alpha=1e-6).fit(X)
        assert imputer.transform(np.array([[100, np.nan]]))[0, 1] == 8

    @pytest.mark.parametrize("shape", [(9, 4), (4, 9)])
    def test_inverse_gram(self, shape):
        X = np.random.RandomState(0).normal(size=shape)
        product = inverse_gram(X, 0.3) @ (X.T @ X + 0.3 * np.eye(shape[1]))
        np.testing.assert_allclose(product, np.eye(shape[1]), atol=1e-12)


class TestChoice:
    def test_regression_where_columns_are_dependent(self):
        matrix = dependent_columns()
        matrix[7, :2] = 0.3, -0.1
        matrix[7, 3] = 1000 * 0.5 + 5
        imputer = imputer_of(without(matrix, (7, 3), (20, 3)))
        assert imputer.way == "ridge regression on the other columns (alpha=0.1)"
        assert imputer.errors_[0] > 10 * imputer.errors_[2]
        filled = imputer.transform(without(matrix, (7, 3)))
        np.testing.assert_allclose(filled[7, 3], 505, rtol=0.02)

    def test_the_mean_where_they_are_not(self):
        matrix = without(independent_columns(), (7, 3), (20, 3))
        imputer = imputer_of(matrix)
        assert imputer.way == "the means of their columns"
        filled = imputer.transform(matrix)
        np.testing.assert_allclose(filled[[7, 20], 3], np.nanmean(matrix[:, 3]))

    def test_similar_classes_where_they_come_in_groups(self):
        full = clustered_rows()
        matrix = without(full, (0, 5), (13, 5))
        imputer = imputer_of(matrix)
        assert imputer.way == "the means of the 5 most similar classes"
        np.testing.assert_allclose(imputer.transform(matrix), full, atol=0.1)

    def test_what_is_missing_together_is_hidden_together(self):
        """Two copies of a column tell nothing of each other where both are missing."""
        matrix = independent_columns()[:, :3]
        matrix = np.column_stack([matrix, matrix[:, 2]])
        assert "ridge" in imputer_of(without(matrix, (5, 3))).way
        assert "means of their columns" in imputer_of(without(matrix, (5, [2, 3]))).way

    @pytest.mark.parametrize("unit", [1e-6, 1e6])
    def test_the_unit_of_a_column_does_not_matter(self, unit):
        matrix = without(dependent_columns(), (7, 3), (30, 1))
        units = np.array([1, unit, 1, 1])
        filled = imputer_of(matrix).transform(matrix)
        other = imputer_of(matrix * units).transform(matrix * units) / units
        np.testing.assert_allclose(other, filled, rtol=1e-8)

    def test_too_little_to_choose_by_is_the_mean(self):
        matrix = np.array([[1.0, np.nan], [3.0, 4.0]])
        filled, imputer, _ = imputed(matrix, np.arange(2), None)
        assert imputer.errors_ is None
        np.testing.assert_array_equal(filled, [[1, 4], [3, 4]])

    def test_every_class_may_lack_something(self):
        matrix = dependent_columns()
        matrix[np.arange(40), np.arange(40) % 4] = np.nan
        filled, _, message = imputed(matrix, LABELS, list("abcd"))
        assert np.isfinite(filled).all()
        assert message.startswith("attributes lacks 40 of 160 values, of labels [0, 1,")
        assert "columns ['a', 'b', 'c', 'd']" in message


class TestClassTable:
    def test_the_order_of_the_rows_does_not_matter(self):
        frame = pd.DataFrame(without(dependent_columns(), (7, 3), (2, 0)))
        table = ClassTable.from_parameters(frame, None, LABELS)
        other = ClassTable.from_parameters(frame[::-1], None, LABELS)
        np.testing.assert_array_equal(table.matrix, other.matrix)

    def test_new_classes_are_imputed_by_the_same_imputer(self):
        matrix = dependent_columns()
        table = ClassTable.from_parameters(without(matrix, (7, 3)), LABELS, LABELS)
        more = table.extended(without(matrix[:1], (0, 3)), [50])
        assert more.imputer is table.imputer
        expected = table.imputer.transform(without(matrix[:1], (0, 3)))[0]
        np.testing.assert_array_equal(more.matrix[-1], expected)

    def test_new_classes_alone_may_lack_something(self):
        matrix = dependent_columns()
        table = ClassTable.from_parameters(matrix, LABELS, LABELS)
        assert table.imputer is None
        more = table.extended(without(matrix[:1], (0, 3)), [50])
        assert "ridge" in more.imputed
        np.testing.assert_allclose(more.matrix[-1], matrix[0], rtol=0.05)
        assert more.extended(matrix[:1] + 1, [51]).imputed == ""

    def test_a_removed_class_comes_back(self):
        frame = pd.DataFrame(without(dependent_columns(), (7, 3)))
        table = ClassTable.from_parameters(frame, None, LABELS)
        back = table.without([7]).extended(frame.loc[[7]])
        assert len(back.labels) == 40
        assert back.removed is None

    def test_several_rows_of_a_class_are_imputed_before_they_are_averaged(self):
        matrix = np.array([[1.0, 0], [np.nan, 2], [3, 4]])
        table = ClassTable.from_parameters(matrix, [0, 0, 1], [0, 1], several=True)
        full = ClassTable.from_parameters(
            [[1, 0], [2, 2], [3, 4]], [0, 0, 1], [0, 1], several=True
        )
        np.testing.assert_allclose(table.matrix, full.matrix)

    def test_nothing_to_impute_from_is_refused(self):
        frame = pd.DataFrame(np.eye(3), index=list("abc"), columns=list("xyz"))
        frame.loc["b"] = np.nan
        with pytest.raises(ValueError, match=r"no value at all for labels \['b'\]"):
            ClassTable.from_parameters(frame, None, ["a"])
        frame.loc["b"], frame["y"] = 1.0, np.nan
        with pytest.raises(ValueError, match=r"no value at all in columns \['y'\]"):
            ClassTable.from_parameters(frame, None, ["a"])


class TestFit:
    data = make_gzsl(n_attributes=4, random_state=0)

    def fitted(self, attributes, estimator=None):
        estimator = RidgeSemanticClassifier() if estimator is None else estimator
        estimator.set_params(attributes=attributes, random_state=0)
        with pytest.warns(ZeroShotWarning, match="attributes lacks") as caught:
            estimator.fit(self.data.X_train, self.data.y_train)
        assert len(caught) == 1
        return estimator, str(caught[0].message)

    def spoiled(self, labels):
        table = self.data.attributes.copy()
        table.loc[labels, table.columns[1]] = np.nan
        return table

    @pytest.mark.parametrize("kind", ["seen", "unseen"])
    def test_rows_are_imputed_with_one_warning(self, kind):
        table = self.data.attributes
        seen = np.unique(self.data.y_train)
        unseen = np.setdiff1d(table.index, seen)
        label = {"seen": seen, "unseen": unseen}[kind][0]
        clf, message = self.fitted(self.spoiled([label]))
        assert f"1 of {table.size} values, of labels [{label}]" in message
        row = np.flatnonzero(clf.classes_ == label)
        known = np.delete(clf.class_attributes_, row, axis=0)
        expected = table.loc[clf.classes_].to_numpy()
        np.testing.assert_array_equal(known, np.delete(expected, row, axis=0))
        np.testing.assert_array_equal(
            np.delete(clf.class_attributes_[row], 1), np.delete(expected[row], 1)
        )
        full = RidgeSemanticClassifier(
            clf.class_attributes_, classes=clf.classes_, random_state=0
        ).fit(self.data.X_train, self.data.y_train)
        np.testing.assert_array_equal(
            clf.decision_function(self.data.X_test[:9]),
            full.decision_function(self.data.X_test[:9]),
        )

    def test_an_ensemble_and_its_members_warn_once(self):
        fixed = {"alpha": 1.0, "attribute_scaling": "standard"}
        members = [
            ("semantic", RidgeSemanticClassifier(self.spoiled([0]), **fixed)),
            ("compatibility", RidgeCompatibilityClassifier(**fixed)),
        ]
        seen = GaussianNB()
        ensemble = ZeroShotEnsembleClassifier(estimators=members, seen_classifier=seen)
        self.fitted(self.spoiled([0]), ensemble)

    def test_skops_stores_the_imputer(self):
        clf, _ = self.fitted(self.spoiled([0]))
        stored = skops.io.dumps(clf)
        loaded = skops.io.loads(stored, trusted=trusted_types())
        new = self.data.attributes.iloc[:1] + 1.0
        new.index, new.iloc[0, 2] = [99], np.nan
        for one in (clf, loaded):
            with pytest.warns(ZeroShotWarning, match="1 of 4 values"):
                one.add_classes(new)
        np.testing.assert_array_equal(loaded.class_attributes_, clf.class_attributes_)

    def test_new_classes_are_imputed_with_a_warning(self):
        clf, _ = self.fitted(self.spoiled([0]))
        new = self.data.attributes.iloc[:1] + 1.0
        new.index, new.iloc[0, 2] = [99], np.nan
        clf = pickle.loads(pickle.dumps(clf))
        with pytest.warns(ZeroShotWarning, match="1 of 4 values, of labels") as caught:
            clf.add_classes(new)
        assert len(caught) == 1
        assert np.isfinite(clf.class_attributes_).all()
        with warnings.catch_warnings(action="error"):
            clf.remove_classes([99])
