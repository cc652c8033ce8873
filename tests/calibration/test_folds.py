"""The loop over folds, with models that record what is done to them."""

import numpy as np
import pytest

from zsl_estimators import BaseZeroShotClassifier, RidgeSemanticClassifier
from zsl_estimators.calibration import CHOOSE, Choice, HeldOutRecord
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.scaling import BalancedScaler


class TwoStages(BaseZeroShotClassifier):
    """Chooses a number, then a word; the scores are good for one of each."""

    log = []

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        good=3,
        fails=False,
        seen_penalty="auto",
        random_state=None,
        verbose=0,
    ):
        super().__init__(
            attributes,
            classes=classes,
            seen_penalty=seen_penalty,
            random_state=random_state,
            verbose=verbose,
        )
        self.good = good
        self.fails = fails

    def _fit_candidates(self, problem, random_state):
        return self._candidates(problem)

    def _candidates(self, problem):
        self.problem, self.quality = problem, 0.0
        try:
            for number in (1, 2, 3, 4):
                self.quality = float(number == self.good)
                yield number
            best = yield CHOOSE
            self.log.append(("best", best))
            if self.fails:
                raise RuntimeError("in the second stage")
            for word in ("bad", "good"):
                self.quality = float(word == "good")
                yield word
        finally:
            self.log.append(("closed", self._stage))

    def _fit(self, problem, choice, random_state):
        self.problem, self.quality, self.choice = problem, 1.0, choice

    def _score_classes(self, Z):
        centers = np.array(
            [self.problem.X[self.problem.y == k].mean(axis=0) for k in range(2)]
        )
        truth = ((Z[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
        scores = np.random.RandomState(0).uniform(size=(len(Z), len(self.classes_)))
        scores[np.arange(len(Z)), truth] += 10 * self.quality
        return scores


@pytest.fixture
def data():
    TwoStages.log.clear()
    return make_gzsl(12, n_seen=8, n_unseen=3, random_state=0)


def test_second_stage_follows_the_best_of_the_first(data):
    clf = TwoStages(data.attributes, random_state=0).fit(data.X_train, data.y_train)
    areas = clf.held_out_results_.groupby("candidate").AUSUC.mean()
    assert list(areas.index) == [1, 2, 3, 4]
    chosen = clf.choice.candidate()
    assert areas[chosen] == areas.max()
    told = [what for kind, what in TwoStages.log if kind == "best"]
    assert told == 5 * [chosen]
    second = clf.choice.frame(1)
    assert list(second.candidate.unique()) == ["bad", "good"]
    assert clf.choice.best(1, default=None) in ("bad", "good")


def test_models_are_closed_when_an_error_leaves_them(data):
    clf = TwoStages(data.attributes, fails=True, random_state=0)
    with pytest.raises(RuntimeError, match="second stage"):
        clf.fit(data.X_train, data.y_train)
    closed = [what for kind, what in TwoStages.log if kind == "closed"]
    assert sorted(closed) == [f"held-out classes {k}/5" for k in range(1, 6)]


def test_share_of_rows(data):
    clf = TwoStages(data.attributes, random_state=0).fit(data.X_train, data.y_train)
    # Two of eight classes are hidden, and some rows of the others are held out.
    assert 0.4 < clf.choice.share_of_rows < 0.75


def test_rows_are_scaled_once_per_fold(data, monkeypatch):
    """However many candidates there are: training rows, and held-out rows."""
    scaled = []
    transform = BalancedScaler.transform
    monkeypatch.setattr(
        BalancedScaler,
        "transform",
        lambda self, X: scaled.append(len(X)) or transform(self, X),
    )
    clf = RidgeSemanticClassifier(data.attributes, random_state=0)
    clf.fit(data.X_train, data.y_train)
    assert len(clf.held_out_results_) > 5 * 2
    assert len(scaled) == 1 + 5 * 2


def test_nothing_chosen_is_the_default():
    assert Choice().candidate(default="usual") == "usual"
    assert Choice().frame() is None
    only, zero = HeldOutRecord(), HeldOutRecord()
    scores = np.eye(2)[[0, 1, 0, 1]]
    seen = np.array([True, False])
    only.add(None, np.array([0, 1, 0, 1]), scores, seen)
    zero.add(0, np.array([0, 1, 0, 1]), scores, seen)
    assert Choice(records=(only,)).candidate(default="usual") == "usual"
    # A candidate that counts as false is a candidate all the same.
    assert Choice(records=(zero,)).candidate(default="usual") == 0
