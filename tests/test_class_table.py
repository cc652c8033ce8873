import numpy as np
import pandas as pd
import pytest

from zsl_estimators.class_table import ClassTable, description_matrix

Y = np.array(["dog", "ant", "dog"])


def frame(labels, n_attributes=3):
    matrix = np.arange(len(labels) * n_attributes, dtype=float)
    return pd.DataFrame(matrix.reshape(-1, n_attributes), index=labels)


def test_rows_follow_sorted_labels():
    table = ClassTable.from_parameters(frame(["dog", "cat", "ant"]), None, Y)
    assert table.labels.tolist() == ["ant", "cat", "dog"]
    assert table.seen.tolist() == [True, False, True]
    assert table.matrix[:, 0].tolist() == [6, 3, 0]
    assert table.rows(Y).tolist() == [2, 0, 2]


def test_none_gives_one_hot_rows_of_the_classes_in_y():
    table = ClassTable.from_parameters(None, None, Y)
    assert table.labels.tolist() == ["ant", "dog"]
    np.testing.assert_array_equal(table.matrix, np.eye(2))
    assert table.seen.all()


@pytest.mark.parametrize(
    ("index", "y"),
    [
        ([2, 0, 1], np.array([0, 1])),
        (["b", "a"], np.array(["a", "b"])),
        (["b", "a"], np.array(["a", "b"], dtype=object)),
        ([2.0, 0.0], np.array([0.0, 2.0])),
        ([True, False], np.array([True, False])),
        (pd.CategoricalIndex(["b", "a"]), np.array(["a", "b"])),
        (pd.Index(["b", "a"], dtype="str"), np.array(["a", "b"])),
    ],
)
def test_label_types_are_those_of_y(index, y):
    table = ClassTable.from_parameters(frame(index), None, y)
    assert table.labels.dtype.kind == y.dtype.kind
    np.testing.assert_array_equal(table.labels[table.rows(y)], y)


def test_array_describes_integer_labels():
    table = ClassTable.from_parameters(np.eye(3), None, np.array([0, 2]))
    assert table.labels.tolist() == [0, 1, 2]
    assert table.seen.tolist() == [True, False, True]


def test_array_describes_whole_float_labels():
    table = ClassTable.from_parameters(np.eye(3), None, np.array([0.0, 2.0]))
    assert table.labels.dtype == np.float64


def test_mixed_labels_are_refused():
    with pytest.raises(ValueError, match="mix types"):
        ClassTable.from_parameters(frame(["a", 1]), None, np.array(["a"], dtype=object))


def test_many_labels_are_abbreviated():
    with pytest.raises(ValueError, match="and 2 more"):
        ClassTable.from_parameters(frame([-1, 0]), None, np.arange(11))


def test_extended_keeps_old_positions_and_knows_the_order():
    table = ClassTable.from_parameters(frame(["dog", "ant"]), None, Y)
    larger = table.extended(frame(["cat"]))
    assert larger.labels.tolist() == ["ant", "dog", "cat"]
    assert larger.labels[larger.order].tolist() == ["ant", "cat", "dog"]
    assert larger.seen.tolist() == [True, True, False]
    np.testing.assert_array_equal(larger.matrix[:2], table.matrix)


def test_extended_continues_integer_labels():
    table = ClassTable.from_parameters(np.eye(3), None, np.array([0, 1]))
    assert table.extended(np.ones((2, 3))).labels.tolist() == [0, 1, 2, 3, 4]


def test_matrix_is_a_copy():
    original = np.eye(2)
    description_matrix(original)[0, 0] = 5
    assert original[0, 0] == 1


def test_empty_table_is_refused():
    with pytest.raises(ValueError, match="at least one column"):
        description_matrix(np.empty((3, 0)))


def test_columns_of_new_classes_are_matched_by_name():
    table = ClassTable.from_parameters(frame(["dog", "ant"]), None, Y)
    extended = table.extended(frame(["bee"])[[2, 0, 1]])
    assert extended.matrix[extended.labels == "bee"].tolist() == [[0, 1, 2]]
    with pytest.raises(ValueError, match=r"\[2\] are missing, \['x'\] are not known"):
        table.extended(frame(["bee"]).rename(columns={2: "x"}))


@pytest.mark.parametrize(
    ("index", "remedy"),
    [
        (["Dog ", "ant"], r"rows for labels \['Dog '\], which differ in type, case"),
        (["cat", "cow"], r"rows are labels \['cat', 'cow'\].*attributes.set_index"),
        (["ant", "cow"], "add these rows, or drop"),
    ],
)
def test_a_missing_row_is_explained(index, remedy):
    with pytest.raises(ValueError, match=remedy):
        ClassTable.from_parameters(frame(index), None, Y)


def test_numbers_written_as_text_are_explained():
    with pytest.raises(ValueError, match=r"\['1', '2'\], which differ in type"):
        ClassTable.from_parameters(frame(["1", "2"]), None, np.array([1, 2]))


@pytest.mark.parametrize("attributes", [{"dog": [1, 2]}, "classes.csv"])
def test_other_things_than_tables_are_refused(attributes):
    with pytest.raises(TypeError, match=r"read_csv\(path, index_col=0\)"):
        description_matrix(attributes)


def test_labels_left_in_a_column_are_explained():
    table = frame(["dog", "ant"]).rename_axis("name").reset_index()
    with pytest.raises(ValueError, match=r"\['name'\].*attributes.set_index"):
        ClassTable.from_parameters(table, None, Y)


def test_infinite_values_are_located():
    table = frame(["dog", "ant"])
    table.iloc[1, 2] = np.inf
    with pytest.raises(ValueError, match=r"\['ant'\] \(columns number \[2\]\)"):
        ClassTable.from_parameters(table, None, Y)


class TestSeveralRows:
    def test_directions_are_averaged(self):
        """East and north, however long, give north-east; the length is the mean one."""
        matrix = np.array([[9.0, 0], [3, 4], [0, 1]])
        table = ClassTable.from_parameters(
            matrix, ["dog", "ant", "dog"], Y, several=True
        )
        assert table.labels.tolist() == ["ant", "dog"]
        np.testing.assert_allclose(table.matrix, [[3, 4], [12.5**0.5, 12.5**0.5]])

    def test_single_rows_stay_to_the_last_digit(self):
        rows = frame(["dog", "ant", "cat", "dog"]) / 3
        table = ClassTable.from_parameters(rows, None, Y, several=True)
        np.testing.assert_array_equal(table.matrix[:2], rows.loc[["ant", "cat"]])

    def test_opposite_ones_and_zeros_stay_finite(self):
        matrix = np.array([[1.0, 0], [-2, 0], [0, 0], [0, 0]])
        table = ClassTable.from_parameters(
            matrix, ["dog", "dog", "ant", "ant"], Y, several=True
        )
        np.testing.assert_array_equal(table.matrix, np.zeros((2, 2)))

    def test_infinite_values_are_refused(self):
        rows = frame(["dog", "ant", "dog"])
        rows.iloc[2, 0] = np.inf
        with pytest.raises(ValueError, match=r"\['dog'\]"):
            ClassTable.from_parameters(rows, None, Y, several=True)

    def test_of_new_classes(self):
        table = ClassTable.from_parameters(frame(["dog", "ant"]), None, Y)
        new = frame(["bee", "cow", "bee"])
        assert table.extended(new, several=True).labels[2:].tolist() == ["bee", "cow"]
        with pytest.raises(ValueError, match=r"\['bee'\] more than once"):
            table.extended(new)


class TestWithoutLabels:
    @pytest.mark.parametrize(
        ("attributes", "classes", "labels"),
        [
            (frame(["dog", "ant"]), None, ["ant", "dog"]),
            (np.eye(2), ["dog", "ant"], ["ant", "dog"]),
            (np.eye(2), None, [0, 1]),
            (np.eye(2), [2.5, 0.5], [0.5, 2.5]),
        ],
    )
    def test_no_class_is_seen(self, attributes, classes, labels):
        table = ClassTable.from_parameters(attributes, classes, None)
        assert table.labels.tolist() == labels
        assert not table.seen.any()
        assert table.positions_among_seen(None).tolist() == []

    def test_descriptions_are_needed(self):
        with pytest.raises(ValueError, match="attributes and y are both None"):
            ClassTable.from_parameters(None, None, None)


def test_no_new_class_is_no_mistake():
    table = ClassTable.from_parameters(frame(["bee", "ant", "cat"]), None, ["bee"])
    assert table.extended(frame(["dog"])[:0]) is table


def test_removed_classes_keep_their_positions():
    table = ClassTable.from_parameters(frame(["bee", "ant", "cat"]), None, ["bee"])
    smaller = table.without(["bee"])
    assert smaller.labels.tolist() == table.labels.tolist()
    assert smaller.labels[smaller.order].tolist() == ["ant", "cat"]
    assert smaller.find(["bee", "cat"]).tolist() == [-1, 2]
    with pytest.raises(ValueError, match="no description"):
        smaller.known(["bee"])


def test_a_removed_class_comes_back_only_with_its_description():
    described = frame(["ant", "bee", "cat"])
    smaller = ClassTable.from_parameters(described, None, ["bee"]).without(["bee"])
    back = smaller.extended(described.loc[["bee"]])
    assert back.find(["bee"]).tolist() == [1]
    assert back.seen[1]
    assert back.removed is None
    other = smaller.extended(described.loc[["bee"]] + 1)
    assert other.find(["bee"]).tolist() == [3]
    assert not other.seen[3]
    # The former one of this name stays where it is.
    assert other.labels[other.order].tolist() == ["ant", "bee", "cat"]


def test_unknown_classes_and_all_of_them_cannot_be_removed():
    table = ClassTable.from_parameters(frame(["ant", "bee", "cat"]), None, ["bee"])
    with pytest.raises(ValueError, match=r"\['beee'\] to remove.*\['bee'\]"):
        table.without(["beee"])
    with pytest.raises(ValueError, match="to remove"):
        table.without(["bee"]).without(["bee"])
    with pytest.raises(ValueError, match="at least one must be left"):
        table.without(["ant", "bee", "cat"])


def test_smaller_table_is_sorted_and_knows_what_was_seen():
    table = ClassTable.from_parameters([[1.0], [2.0], [3.0]], ["b", "c", "d"], ["c"])
    table = table.extended([[0.0]], ["a"]).only(np.array(["c", "a", "d", "a"]))
    assert table.labels.tolist() == ["a", "c", "d"]
    assert table.matrix.ravel().tolist() == [0.0, 2.0, 3.0]
    assert table.seen.tolist() == [False, True, False]


def test_an_empty_table_lacks_all_classes():
    empty = pd.DataFrame({"attribute": []})
    with pytest.raises(ValueError, match="attributes has no row"):
        ClassTable.from_parameters(empty, None, np.array([0, 1]))


@pytest.mark.parametrize("known", [[0, 1, 2], [0.0, 1.5], [False, True]])
def test_truth_values_are_no_numbers_of_new_classes(known):
    """True equals 1, so that a class would be there twice."""
    table = ClassTable.from_parameters(frame(known), None, np.array(known))
    new = [1] if known == [False, True] else [True]
    with pytest.raises(ValueError, match="labels of another type"):
        table.extended(frame(new))
