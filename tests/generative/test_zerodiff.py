import pickle

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from tests.common import small
from zsl_estimators import ExemplarClassifier, ZeroDiffClassifier
from zsl_estimators.decisions import PartsView
from zsl_estimators.generative._contrast import SupervisedContrastTransformer


def fitted(task, **parameters):
    clf = small(
        ZeroDiffClassifier,
        attributes=task.attributes,
        early_stopping=False,
        seen_penalty=0.0,
        random_state=0,
    ).set_params(**parameters)
    return clf.fit(task.X_train, task.y_train)


def test_untrained_it_generates_what_the_initial_estimator_does(task):
    """Whatever the representation is, means of classes are those of `init`."""
    init = ExemplarClassifier(alpha=0.1, shrinkage=0.1, random_state=0)
    clf = fitted(task, lr=1e-12, critic_lr=1e-12, init=init)
    # What `init` has chosen on folds of its own seed.
    chosen = {
        "shrink_to": clf.init_.shrink_to_,
        "attribute_scaling": clf.init_.attribute_scaling_,
    }
    exemplar = ExemplarClassifier(task.attributes, alpha=0.1, shrinkage=0.1, **chosen)
    exemplar.fit(task.X_train, task.y_train)
    X, y = clf.sample(4000, classes=task.unseen_classes)
    for label, mean in zip(
        task.unseen_classes, exemplar.predict_means(clf.class_attributes_), strict=False
    ):
        of = X[y == label]
        expected = exemplar.predict_means(clf.class_attributes_[[label]])[0]
        error = 4 * of.std(axis=0) / np.sqrt(len(of))
        np.testing.assert_array_less(np.abs(of.mean(axis=0) - expected), error)
        assert mean.shape == expected.shape


@pytest.mark.parametrize("view", PartsView.NAMES)
def test_head_sees_the_view(task, view):
    clf = fitted(task, view=view)
    n_features, n_representation = task.X_train.shape[1], 4
    n_semantic = task.attributes.shape[1] + 8
    expected = n_features
    expected += n_representation * ("C" in view) + n_semantic * ("S" in view)
    assert clf.view_ == view
    assert clf.head_.n_features_in_ == expected


def test_folds_choose_the_view(task):
    clf = fitted(task, view="auto", head=None, early_stopping=True, max_epochs=1)
    names = set(clf.held_out_decisions_.candidate)
    views = {name.partition("view=")[2].rstrip(")") for name in names} - {""}
    assert views == set(PartsView.NAMES)
    best = clf.held_out_decisions_.groupby("candidate").AUSUC.mean().idxmax()
    assert clf.decision_.name == best
    assert clf.view_ == (best.partition("view=")[2].rstrip(")") or "V")


def left_at_its_start(task, **parameters):
    """A model whose folds prefer zero epochs, for the others change nothing."""
    still = {"lr": 1e-12, "critic_lr": 1e-12, "early_stopping": True}
    return fitted(task, **still, seen_penalty="auto", decision="head", **parameters)


def test_semantics_are_no_view_of_a_decoder_that_was_not_trained(few_folds, task):
    clf = left_at_its_start(task, view="auto")
    assert clf.n_iter_ == 0
    views = {"V+S" in name for name in clf.held_out_decisions_["candidate"]}
    assert views == {False}
    assert clf.view_ in ("V", "V+C")


@pytest.mark.parametrize(("view", "is_trained"), [("V", False), ("V+C", True)])
def test_representations_are_learned_where_they_are_seen(
    few_folds, task, view, is_trained
):
    clf = left_at_its_start(task, view=view)
    assert clf.n_iter_ == 0
    # It is zero at the start.
    last_layer = clf.representation_net_.module_.generator.net[-1]
    assert bool(last_layer.weight.any()) == is_trained


def test_without_representation(task):
    clf = fitted(task, contrastive=None, view="auto")
    assert clf.representation_ is None
    assert clf.representation_net_ is None
    assert clf.net_.module_.synthesiser.representations is None
    assert clf.predict(task.X_test).shape == task.y_test.shape


def test_representation_of_the_user(task):
    pca = PCA(2)
    clf = fitted(task, contrastive=pca, view="V+C")
    assert clf.representation_.n_components == 2
    assert clf.feature_scaler_.n_representation_ == 2
    assert not hasattr(pca, "components_")
    assert clf.head_.n_features_in_ == task.X_train.shape[1] + 2


def test_transforming_does_not_change_the_representation(task):
    transformer = SupervisedContrastTransformer(hidden=(8, 4), max_epochs=2)
    transformer.fit(task.X_train, task.y_train)
    before = len(pickle.dumps(transformer))
    transformer.transform(task.X_train)
    assert len(pickle.dumps(transformer)) == before


def test_any_classifier_sees_views(task):
    clf = fitted(task, view="V+C+S", head=LogisticRegression(max_iter=1000))
    assert clf.head_.coef_.shape[1] == clf.head_.n_features_in_ > 10
    assert set(clf.predict(task.X_test)) <= set(clf.classes_)


def test_progressive_synthesis_walks_through_all_levels(task):
    clf = fitted(task, progressive=True, n_diffusion_steps=3)
    features = clf.net_.module_.synthesiser.features
    assert len(features.noise_dims(progressive=True)) == 1 + 2 * 3
    X, _ = clf.sample(5)
    assert X.shape == (55, 6)
    assert np.isfinite(X).all()


@pytest.mark.parametrize(
    ("weights", "absent"),
    [
        ({"mutual_weight": 0.0}, "mutual_loss"),
        ({"vae_weight": 0.0}, "reconstruction_loss"),
        ({"decoder_weight": 0.0}, "decoder_loss"),
    ],
)
def test_parts_can_be_switched_off(task, weights, absent):
    full = fitted(task).history_[-1]
    assert absent in full
    assert absent not in fitted(task, **weights).history_[-1]


def test_networks_of_the_paper_on_small_data(task):
    """All quirks at once, with narrow layers and few epochs."""
    clf = ZeroDiffClassifier(task.attributes, random_state=0)
    clf.set_params(**ZeroDiffClassifier.paper_params("AWA2"))
    clf.set_params(
        contrastive=SupervisedContrastTransformer(hidden=(8, 4), max_epochs=2),
        generator_hidden=(16,),
        encoder_hidden=(16, 8),
        critic_hidden=(16,),
        noise_dim=4,
        representation_epochs=2,
        max_epochs=2,
        n_synthetic=20,
        head__max_epochs=2,
    )
    clf.fit(task.X_train, task.y_train)
    X, _ = clf.sample(20)
    low, high = task.X_train.min(axis=0), task.X_train.max(axis=0)
    assert (low - 1e-3 <= X).all()
    assert (high + 1e-3 >= X).all()
    losses = clf.history_[-1]
    assert {"mutual_loss", "divergence_loss", "semantic_loss"} <= set(losses)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"view": "V+C", "contrastive": None}, "contrastive"),
        ({"view": "S"}, "view"),
        ({"feature_scaling": "minmax"}, "whitened"),
        ({"output_activation": "sigmoid"}, "linear"),
        ({"contrastive": LogisticRegression()}, "contrastive"),
    ],
)
def test_mistakes_are_explained(task, parameters, message):
    with pytest.raises(ValueError, match=message):
        fitted(task, **parameters)


def test_only_one_benchmark_is_released():
    with pytest.raises(ValueError, match="AWA2"):
        ZeroDiffClassifier.paper_params("CUB")
