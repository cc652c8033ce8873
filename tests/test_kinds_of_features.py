import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags

from zsl_estimators import DAPClassifier, ExemplarClassifier, IAPClassifier
from zsl_estimators.datasets import make_gzsl

DATA = make_gzsl(10, n_features=4, n_attributes=4, random_state=0)
TREE = DecisionTreeClassifier(min_samples_leaf=5)


def with_gaps(X):
    X = X.copy()
    X[::3, 1] = np.nan
    return X


@pytest.mark.parametrize("estimator", [DAPClassifier, IAPClassifier])
class TestMissingFeatures:
    def fitted(self, estimator, inner=TREE, **parameters):
        clf = estimator(DATA.attributes, estimator=inner, random_state=0, **parameters)
        return clf.fit(with_gaps(DATA.X_train), DATA.y_train)

    def test_the_tag_is_that_of_the_inner_classifier(self, estimator):
        def allows(inner):
            return get_tags(estimator(estimator=inner)).input_tags.allow_nan

        assert allows(TREE)
        assert allows(HistGradientBoostingClassifier())
        assert not allows(GaussianNB())
        assert not allows(None)

    def test_they_are_those_that_the_inner_classifier_gets(self, estimator):
        """Trees do not mind the unit, so the scaled features are as good as the raw."""
        clf = self.fitted(estimator, seen_penalty=0.0)
        X, inner = with_gaps(DATA.X_test), DecisionTreeClassifier(min_samples_leaf=5)
        is_dap = estimator is DAPClassifier
        own = clf.estimators_[0] if is_dap else clf.estimator_
        y = np.searchsorted(clf.seen_classes_, DATA.y_train)
        if is_dap:
            column = np.flatnonzero(clf.attribute_scaler_.varies_)[0]
            y = clf._scaled_attributes()[clf._table.seen][y, column] > 0
        inner.set_params(random_state=own.random_state)
        inner.fit(with_gaps(DATA.X_train), y)
        np.testing.assert_array_equal(
            own.predict_proba(clf.feature_scaler_.transform(X)),
            inner.predict_proba(X),
        )

    def test_the_penalty_is_fitted_and_scores_are_finite(self, estimator):
        clf = self.fitted(estimator)
        assert clf.seen_penalty_ != 0
        assert np.isfinite(clf.decision_function(with_gaps(DATA.X_test))).all()

    def test_labelled_rows_of_new_classes_need_finite_features(self, estimator):
        new = DATA.y_test == label_of_unseen()
        clf = self.fitted(estimator)
        with pytest.raises(ValueError, match="features with missing values"):
            clf.add_classes(X=DATA.X_test[new], y=DATA.y_test[new])
        clf.fit(DATA.X_train, DATA.y_train)
        with pytest.raises(ValueError, match="contains NaN"):
            clf.add_classes(X=with_gaps(DATA.X_test[new]), y=DATA.y_test[new])
        clf.add_classes(X=DATA.X_test[new], y=DATA.y_test[new])
        with pytest.raises(ValueError, match="contains NaN"):
            clf.predict(with_gaps(DATA.X_test))

    def test_others_refuse_them(self, estimator):
        with pytest.raises(ValueError, match="contains NaN"):
            self.fitted(estimator, GaussianNB())
        with pytest.raises(ValueError, match="infinity"):
            self.fitted(estimator).predict(np.full((1, 4), np.inf))


def label_of_unseen():
    return np.setdiff1d(DATA.y_test, DATA.y_train)[0]


@pytest.mark.parametrize("sparse", [csr_array, csr_matrix])
def test_sparse_features_are_refused_with_a_remedy(sparse):
    clf = ExemplarClassifier(DATA.attributes, random_state=0)
    assert not get_tags(clf).input_tags.sparse
    X = sparse(DATA.X_train)
    with pytest.raises(TypeError, match=r"TruncatedSVD.*X\.toarray\(\)"):
        clf.fit(X, DATA.y_train)
    clf.fit(X.toarray(), DATA.y_train)
    with pytest.raises(TypeError, match=r"TruncatedSVD.*X\.toarray\(\)"):
        clf.predict(X)
