"""The loop over folds, with models that record what is done to them."""

import numpy as np
import pytest

from zsl_estimators import BaseZeroShotClassifier, RidgeSemanticClassifier
from zsl_estimators.calibration import Choice, HeldOutRecord, _fold
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import SeenUnseenCurve
from zsl_estimators.scaling import BalancedScaler


class Numbers:
    """1, 2, 3, 4, 5, 6, two at a time, until the best one is two behind."""

    def __init__(self, good):
        self.good = good
        self.last = 0

    def candidates(self, model, problem, best):
        TwoStages.log.append(("called", self.last, best))
        model.problem = problem
        for _ in range(2):
            self.last += 1
            model.quality = float(self.last == self.good)
            yield self.last

    def is_over(self, best):
        return self.last == 6 or self.last - best >= 2


class Words:
    def __init__(self, fails):
        self.fails = fails

    def candidates(self, model, problem, best):
        TwoStages.log.append(("best", best))
        model.problem = problem
        try:
            for word in ("bad", "good"):
                model.quality = float(word == "good")
                yield word
                if self.fails:
                    raise RuntimeError("in the second stage")
        finally:
            TwoStages.log.append(("closed", model._fold))

    def is_over(self, best):
        return True


class TwoStages(BaseZeroShotClassifier):
    """Chooses a number, then a word; the scores are good for one of each."""

    log = []

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        good=2,
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
        return [Numbers(self.good), Words(self.fails)]

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
    assert [what for kind, *what in TwoStages.log if kind == "called"] == [
        *(5 * [[0, None]]),
        *(5 * [[2, 2]]),
    ]
    chosen = clf.choice.candidate()
    assert areas[chosen] == areas.max()
    told = [what[0] for kind, *what in TwoStages.log if kind == "best"]
    assert told == 5 * [chosen]
    second = clf.choice.frame(1)
    assert list(second.candidate.unique()) == ["bad", "good"]
    assert clf.choice.best(1, default=None) in ("bad", "good")


def test_models_are_closed_when_an_error_leaves_them(data):
    clf = TwoStages(data.attributes, fails=True, random_state=0)
    with pytest.raises(RuntimeError, match="second stage"):
        clf.fit(data.X_train, data.y_train)
    closed = [what[0] for kind, *what in TwoStages.log if kind == "closed"]
    assert closed == ["1/5"]


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
    # And those of the model of all seen classes.
    assert len(scaled) == 1 + 6 * 2


def test_a_sample_of_very_many_rows_is_scored(monkeypatch):
    """Equally many of every class, all of a small one, the same for one seed."""
    y = np.repeat([0, 1, 2, 3], [500, 300, 40, 160])
    held_out = np.arange(0, 1000, 2)
    assert _fold.rows_to_score(held_out, y, seed=0) is held_out
    monkeypatch.setattr(_fold, "MOST_ROWS_TO_SCORE", 200)
    rows = _fold.rows_to_score(held_out, y, seed=0)
    assert np.bincount(y[rows]).tolist() == [50, 50, 20, 50]
    assert set(rows) <= set(held_out)
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(rows, _fold.rows_to_score(held_out, y, seed=0))
    assert (rows != _fold.rows_to_score(held_out, y, seed=1)).any()


def test_nothing_chosen_is_the_default():
    assert Choice().candidate(default="usual") == "usual"
    assert Choice().frame() is None
    only, zero = HeldOutRecord(), HeldOutRecord()
    scores = np.eye(2)[[0, 1, 0, 1]]
    seen = np.array([True, False])
    curve = SeenUnseenCurve.from_scores(np.array([0, 1, 0, 1]), scores, seen)
    only.add(None, curve)
    zero.add(0, curve)
    assert Choice(records=(only,)).candidate(default="usual") == "usual"
    # A candidate that counts as false is a candidate all the same.
    assert Choice(records=(zero,)).candidate(default="usual") == 0


def test_folds_may_answer_with_real_unseen_classes_too(data):
    """As many unseen classes as in the real task, the hidden ones among them."""
    made = []

    class Watched(TwoStages):
        def _fit_candidates(self, problem, random_state):
            if self._fold not in ("all", "seen"):
                made.append(self.class_attributes_)
            return super()._fit_candidates(problem, random_state)

    table = np.asarray(data.attributes)
    unseen = np.setdiff1d(range(11), np.unique(data.y_train))
    Watched(table, random_state=0).fit(data.X_train, data.y_train)
    # Two of eight classes are hidden; three are unseen.
    beside = np.array([rows[8:] for rows in made])
    assert beside.shape == (5, 1, table.shape[1])
    for rows in made:
        np.testing.assert_array_equal(rows[:8], np.delete(table, unseen, axis=0))
        assert (rows[8] == table[unseen]).all(axis=1).any()
    assert len(np.unique(beside[:, 0], axis=0)) > 1


@pytest.mark.parametrize(("n_seen", "n_unseen"), [(5, 3), (12, 4)])
def test_names_of_classes_do_not_matter(n_seen, n_unseen):
    """Which classes are hidden, and which real ones stand beside them."""
    n_classes = n_seen + n_unseen
    data = make_gzsl(
        n_classes, n_seen=n_seen, n_unseen=n_unseen, class_sep=1.0, random_state=0
    )
    other = np.random.RandomState(1).permutation(n_classes)
    table = np.asarray(data.attributes)
    plain = RidgeSemanticClassifier(table, random_state=0)
    plain.fit(data.X_train, data.y_train)
    renamed = RidgeSemanticClassifier(table, classes=other, random_state=0)
    renamed.fit(data.X_train, other[data.y_train])
    assert renamed.alpha_ == plain.alpha_
    assert renamed.seen_penalty_ == pytest.approx(plain.seen_penalty_)
    predicted = plain.predict(data.X_test)
    np.testing.assert_array_equal(renamed.predict(data.X_test), other[predicted])
