"""What all feature-generating classifiers do, run on each."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from tests.common import small
from zsl_estimators import (
    ABPClassifier,
    CADAVAEClassifier,
    CVAEClassifier,
    ExemplarClassifier,
    FGANClassifier,
    FVAEGANClassifier,
    SoftmaxHead,
    TFVAEGANClassifier,
    VAEcFlowClassifier,
    ZeroDiffClassifier,
)
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.decisions import Head
from zsl_estimators.metrics import harmonic_mean_scorer
from zsl_estimators.model_selection import ClassHoldoutSplit

GENERATORS = [
    ABPClassifier,
    CADAVAEClassifier,
    CVAEClassifier,
    FGANClassifier,
    FVAEGANClassifier,
    TFVAEGANClassifier,
    VAEcFlowClassifier,
    ZeroDiffClassifier,
]
# One with decisions of its own, one that adds nothing to the base class but a network,
# and one with several views of the features.
DIFFERENT = [CADAVAEClassifier, FGANClassifier, ZeroDiffClassifier]


def every_generator(test):
    """For what depends on the network."""
    test = pytest.mark.usefixtures("few_folds")(test)
    return pytest.mark.parametrize("cls", GENERATORS)(test)


def different_generators(test):
    """For what the base class does, whatever the network is."""
    test = pytest.mark.usefixtures("few_folds")(test)
    return pytest.mark.parametrize("cls", DIFFERENT)(test)


def fitted(cls, task, **parameters):
    parameters = {"attributes": task.attributes, "random_state": 0, **parameters}
    return small(cls, **parameters).fit(task.X_train, task.y_train)


def without_folds(cls, task, **parameters):
    """What the folds would choose has no part in it."""
    settings = {"early_stopping": False, "seen_penalty": 0.0}
    return fitted(cls, task, **settings, **parameters)


@every_generator
def test_sample_has_the_users_units_and_labels(cls, task):
    X, y = without_folds(cls, task).sample(7, classes=[3, 0])
    assert X.shape == (14, 6)
    assert y.tolist() == [3] * 7 + [0] * 7
    again, _ = without_folds(cls, task).sample(7, classes=[3, 0])
    np.testing.assert_array_equal(X, again)


@different_generators
def test_sample_refuses_unknown_labels(cls, task):
    with pytest.raises(ValueError, match=r"no description: \[99\]"):
        without_folds(cls, task).sample(2, classes=[99])


def test_sample_refuses_no_rows(task):
    with pytest.raises(ValueError, match="n_per_class == 0"):
        without_folds(FGANClassifier, task).sample(0)


@every_generator
def test_synthetic_features_of_seen_classes_match_real_ones(cls):
    """Means, covariances and every feature's distribution."""
    data = make_gzsl(150, n_seen=10, n_unseen=3, n_features=5, random_state=0)
    # Close to the means of the classes, and nothing to choose.
    init = ExemplarClassifier(
        alpha=1e-3, shrinkage=0.1, attribute_scaling="standard", random_state=0
    )
    clf = cls(
        data.attributes,
        init=init,
        decision="gaussian",
        max_epochs=20,
        early_stopping=False,
        seen_penalty=0.0,
        random_state=0,
    )
    if cls is ZeroDiffClassifier:
        clf.set_params(max_epochs=8, representation_epochs=4)
    if cls is ABPClassifier:
        clf.set_params(max_epochs=8, n_langevin_steps=2)
    clf.fit(data.X_train, data.y_train)
    X, y = clf.sample(200, classes=clf.seen_classes_)
    rejected = []
    for label in clf.seen_classes_:
        real, fake = data.X_train[data.y_train == label], X[y == label]
        spread = real.std(axis=0)
        assert (abs(real.mean(axis=0) - fake.mean(axis=0)) < 0.6 * spread).all()
        covariance = np.cov((real / spread).T)
        np.testing.assert_allclose(np.cov((fake / spread).T), covariance, atol=0.6)
        rejected += [
            ks_2samp(a, b).pvalue < 1e-4 for a, b in zip(real.T, fake.T, strict=True)
        ]
    # Two-sample tests of Kolmogorov and Smirnov, one per class and feature.
    assert np.mean(rejected) < 0.1


@different_generators
def test_folds_settle_with_the_real_head(cls, task):
    clf = fitted(cls, task)
    epochs = clf.held_out_results_["candidate"].unique()
    assert list(epochs) == [0, 1, 2, 3]
    assert clf.n_iter_ in epochs


@different_generators
def test_stream_is_as_good_as_once(cls, task):
    seen = {"unseen": task.unseen_classes}
    for synthesis in ("once", "stream"):
        clf = without_folds(cls, task, synthesis=synthesis, n_synthetic=60)
        unseen = np.isin(task.y_test, seen["unseen"])
        assert clf.score(task.X_test[unseen], task.y_test[unseen]) > 0.6


@different_generators
def test_stream_needs_the_built_in_head(cls, task):
    with pytest.raises(ValueError, match=r'synthesis="once".*SoftmaxHead'):
        without_folds(cls, task, synthesis="stream", head=LogisticRegression())


@different_generators
@pytest.mark.parametrize("head", [LogisticRegression(max_iter=2000), LinearSVC()])
def test_heads_of_sklearn(cls, task, head):
    clf = without_folds(cls, task, head=head)
    assert type(clf.head_) is type(head)
    assert clf.head_ is not head
    assert clf.score(task.X_test, task.y_test) > 0.5
    clf.add_classes(np.full((1, 4), 0.5))
    assert clf.decision_function(task.X_test).shape == (len(task.X_test), 12)
    assert clf.score(task.X_test, task.y_test) > 0.4


def test_parameters_of_the_head_can_be_searched(task):
    search = GridSearchCV(
        small(
            FGANClassifier,
            attributes=task.attributes,
            head=LogisticRegression(),
            random_state=0,
        ),
        {"head__C": [0.01, 1.0]},
        scoring=harmonic_mean_scorer,
        cv=ClassHoldoutSplit(2, n_unseen=2, random_state=0),
    ).fit(task.X_train, task.y_train)
    assert search.best_params_["head__C"] == search.best_estimator_.head_.C
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@every_generator
def test_added_class_with_a_named_label_is_found(cls, task):
    """Hide one unseen class from the table, add it later."""
    hidden = task.unseen_classes[0]
    table = task.attributes.drop(index=hidden)
    settings = {"init": "auto", "n_synthetic": 60, "max_epochs": 20}
    clf = without_folds(cls, task, attributes=table, **settings)
    clf.add_classes(task.attributes.loc[[hidden]])
    rows = task.y_test == hidden
    candidates = clf.decision_function(task.X_test[rows])[
        :, np.isin(clf.classes_, task.unseen_classes)
    ]
    found = task.unseen_classes[candidates.argmax(axis=1)]
    assert (found == hidden).mean() > 0.6


@pytest.mark.parametrize("head", [None, GaussianNB()])
def test_removed_classes_leave_the_others_their_scores(task, head):
    """An ordinary head is fitted again where classes come, without removed ones."""
    settings = {"n_synthetic": 30, "head": head, "decision": "head"}
    clf = without_folds(FGANClassifier, task, **settings)
    gone, back = task.attributes.index[0], task.unseen_classes[-1]
    new = (task.attributes.loc[[gone]] * 0.5 + 0.4).set_axis([-1])
    clf.remove_classes([gone, back]).add_classes(new)
    assert len(clf.classes_) == len(task.attributes) - 1
    rows = np.isin(task.y_test, clf.classes_)
    right = clf.predict(task.X_test[rows]) == task.y_test[rows]
    assert right.mean() > 0.5
    clf.add_classes(task.attributes.loc[[back]])
    rows = task.y_test == back
    column = np.flatnonzero(clf.classes_ == back)
    unseen = np.isin(clf.classes_, clf.unseen_classes_)
    scores = clf.decision_function(task.X_test[rows])
    assert (scores[:, column[0]] == scores[:, unseen].max(axis=1)).mean() > 0.5
    explained = clf.explain(task.X_test[:2])
    assert np.isfinite(explained.to_numpy()).all()


@different_generators
def test_fixed_number_of_synthetic_rows(cls, task):
    assert without_folds(cls, task, n_synthetic=33).decision_.n_synthetic_ == 33
    counts = np.unique(task.y_train, return_counts=True)[1]
    clf = without_folds(cls, task, n_synthetic="auto")
    assert clf.decision_.n_synthetic_ == max(int(np.median(counts)), 20)


@different_generators
def test_seen_classes_only_train_without_synthesis(cls, task):
    clf = fitted(cls, task, attributes=None)
    assert clf.score(task.X_train, task.y_train) > 0.8


@every_generator
def test_difficult_data_trains_or_is_refused(cls, task):
    """A constant feature, two classes, one attribute, a batch larger than the data."""
    constant = task.X_train.copy()
    constant[:, 2] = 4.0
    one_attribute = task.attributes.iloc[:, :1]
    pair = np.isin(task.y_train, task.seen_classes[:2])
    for X, y, parameters in (
        (constant, task.y_train, {}),
        (task.X_train, task.y_train, {"attributes": one_attribute}),
        (task.X_train[pair], task.y_train[pair], {"seen_penalty": 0.0}),
        (task.X_train, task.y_train, {"batch_size": 10_000}),
    ):
        parameters = {"attributes": task.attributes, "random_state": 0, **parameters}
        settings = {"early_stopping": False, "max_epochs": 1, **parameters}
        clf = small(cls, **settings).fit(X, y)
        assert np.isfinite(clf.decision_function(task.X_test)).all()


@every_generator
def test_absurd_learning_rate_names_the_epoch(cls, task):
    with pytest.raises(ValueError, match=r"epoch \d+.*lr"):
        without_folds(cls, task, lr=1e4, max_epochs=200, batch_size=1000)


@every_generator
def test_losses_of_every_part_are_in_the_history(cls, task):
    clf = without_folds(cls, task)
    parts = pd.DataFrame(clf.history_).filter(like="_loss")
    assert {"train_loss"} < set(parts)
    # Some parts occur in the generator's steps only.
    assert np.isfinite(parts.iloc[-1].astype(float)).all()


def test_a_given_head_keeps_its_own_seed(task):
    head = SoftmaxHead(max_epochs=1, random_state=5)
    assert without_folds(FGANClassifier, task, head=head).head_.random_state == 5


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (ABPClassifier, "generator_hidden"),
        (CVAEClassifier, "encoder_hidden"),
        (CVAEClassifier, "decoder_hidden"),
        (FGANClassifier, "generator_hidden"),
        (FGANClassifier, "critic_hidden"),
        (FVAEGANClassifier, "hidden"),
        (VAEcFlowClassifier, "coupling_hidden"),
    ],
)
@pytest.mark.parametrize("widths", [(), (8, 0)])
def test_widths_are_checked(cls, name, widths, task):
    with pytest.raises(ValueError, match=rf"{name} must hold .*{name}=\(256, 128\)"):
        without_folds(cls, task, **{name: widths})


@pytest.mark.parametrize("cls", GENERATORS)
def test_heads_alone_may_be_shrunk_the_most(cls):
    """Where the nearest mean competes, it does that."""
    auto, alone = (
        [head.weight_decay for head in cls(decision=decision)._heads_of_decays()]
        for decision in ("auto", "head")
    )
    assert alone == [*Head.WEIGHT_DECAYS]
    assert alone == [*auto, max(alone)]


@every_generator
def test_folds_choose_how_to_decide(cls, task):
    clf = fitted(cls, task, head=None, max_epochs=1)
    means = clf.held_out_decisions_.groupby("candidate").AUSUC.mean()
    assert {name.split()[0] for name in means.index} == set(cls._decisions)
    assert means.idxmax() == clf.decision_.name
    kind = clf.decision_.name.split()[0]
    chosen = fitted(cls, task, head=None, max_epochs=1, decision=kind)
    scores = [one.decision_function(task.X_test) for one in (clf, chosen)]
    # The penalty is that of other draws.
    np.testing.assert_allclose(*scores, atol=1e-4)


@different_generators
def test_a_given_head_decides(cls, task):
    assert without_folds(cls, task, head=LinearSVC()).decision_.name.startswith("head")


@every_generator
def test_gaussian_decision(cls, task):
    """Distances to observed and synthetic means; an added class leaves old scores."""
    clf = fitted(cls, task, decision="gaussian")
    assert not hasattr(clf, "head_")
    assert clf.score(task.X_test, task.y_test) > 0.5
    clf.seen_penalty_ = 0.0
    before, old = clf.decision_function(task.X_test), clf.classes_
    shift = before.mean() - clf.init_.decision_function(task.X_test).mean()
    assert abs(shift) < 0.5 * before.std()
    clf.add_classes(np.full((1, 4), 0.5), classes=[-1])
    after = clf.decision_function(task.X_test)
    np.testing.assert_allclose(after[:, np.isin(clf.classes_, old)], before)


@different_generators
def test_decision_is_chosen_whatever_else_is_fixed(cls, task):
    settings = {"head": None, "early_stopping": False, "max_epochs": 1}
    free = fitted(cls, task, **settings)
    fixed = fitted(cls, task, **settings, seen_penalty=0.0)
    assert fixed.held_out_results_ is not None
    assert fixed.decision_.name == free.decision_.name


@different_generators
def test_a_head_without_scores_is_refused(cls, task):
    with pytest.raises(ValueError, match="predict_proba nor decision_function"):
        without_folds(cls, task, head=VotingClassifier([("a", LogisticRegression())]))
