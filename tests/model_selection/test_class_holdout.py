import numpy as np
import pandas as pd
import pytest

from zsl_estimators.model_selection import ClassHoldoutSplit

Y = np.repeat(list("abcdefgh"), [10, 10, 10, 10, 10, 10, 10, 1])


def hidden_classes(train, test):
    return set(Y[test]) - set(Y[train])


def test_each_fold_hides_classes_and_tests_a_share_of_the_others():
    split = ClassHoldoutSplit(3, n_unseen=2, seen_test_size=0.2, random_state=0)
    for train, test in split.split(Y, Y):
        assert not set(train) & set(test)
        assert sorted([*train, *test]) == list(range(len(Y)))
        hidden = hidden_classes(train, test)
        assert len(hidden) == 2
        for label in set("abcdefg") - hidden:
            assert (Y[test] == label).sum() == 2


def test_hidden_classes_do_not_repeat_before_all_were_hidden():
    split = ClassHoldoutSplit(4, n_unseen=2, random_state=0)
    hidden = [hidden_classes(*fold) for fold in split.split(Y, Y)]
    assert set.union(*hidden) == set("abcdefgh")


def test_more_folds_than_classes_allow_without_repetition():
    split = ClassHoldoutSplit(5, n_unseen=3, random_state=0)
    assert [len(hidden_classes(*fold)) for fold in split.split(Y, Y)] == [3] * 5


def test_a_single_sample_is_trained_on():
    split = ClassHoldoutSplit(1, n_unseen=1, seen_test_size=0.9, random_state=1)
    train, test = next(split.split(Y, Y))
    if "h" not in hidden_classes(train, test):
        assert "h" in Y[train]
    for label in set(Y) - hidden_classes(train, test):
        assert label in Y[train]


def test_same_seed_same_folds():
    split = ClassHoldoutSplit(2, random_state=3)
    for one, other in zip(split.split(Y, Y), split.split(Y, Y), strict=True):
        np.testing.assert_array_equal(one[0], other[0])


def test_share_of_classes():
    split = ClassHoldoutSplit(1, n_unseen=0.25, random_state=0)
    assert len(hidden_classes(*next(split.split(Y, Y)))) == 2
    assert split.get_n_splits() == 1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_unseen": 7}, "two must stay"),
        ({"n_unseen": 0}, "at least one"),
        ({"n_unseen": 1.5}, "n_unseen"),
        ({"n_unseen": "some"}, "n_unseen"),
        ({"n_splits": 0}, "n_splits"),
        ({"seen_test_size": 1.0}, "seen_test_size"),
    ],
)
def test_impossible_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        next(ClassHoldoutSplit(**{"random_state": 0, **parameters}).split(Y, Y))


@pytest.mark.parametrize("y", [None, []])
def test_labels_are_needed(y):
    with pytest.raises(ValueError, match="y is empty"):
        next(ClassHoldoutSplit().split(np.zeros((3, 1)), y))


@pytest.mark.parametrize("n_unseen", [2, 3, 4])
def test_leftover_classes_come_first(n_unseen):
    """Of ten classes: none is hidden twice before every one was hidden once."""
    y = np.repeat(np.arange(10), 3)
    for seed in range(5):
        split = ClassHoldoutSplit(5, n_unseen=n_unseen, random_state=seed)
        hidden = [set(y[test]) - set(y[train]) for train, test in split.split(y, y)]
        assert {len(classes) for classes in hidden} == {n_unseen}
        counts = np.zeros(10, dtype=int)
        for classes in hidden:
            again = [label for label in classes if counts[label] > counts.min()]
            counts[list(classes)] += 1
            assert not again or counts.min() > 0


@pytest.mark.parametrize(
    "y",
    [
        [0, 0, 1, 1, 2, 2, np.nan],
        pd.Series([0, 0, 1, 1, 2, 2, None], dtype="Int64"),
        np.array(["a", "a", "b", "b", "c", "c", None], dtype=object),
    ],
)
def test_missing_labels(y):
    with pytest.raises(ValueError, match=r"missing labels .* \[6\]"):
        next(ClassHoldoutSplit(1, random_state=0).split(None, y))


def test_features_and_labels_of_different_length():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        next(ClassHoldoutSplit().split(np.zeros((7, 2)), np.arange(8) // 2))
