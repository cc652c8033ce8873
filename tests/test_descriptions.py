"""Class descriptions in every form of table, with columns in any order."""

from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from zsl_estimators import RidgeSemanticClassifier
from zsl_estimators.class_table import ClassTable
from zsl_estimators.descriptions import (
    check_finite,
    column_names,
    description_matrix,
    in_order,
    listing,
    warn_of_labels_in_column,
)
from zsl_estimators.exceptions import ZeroShotWarning

TABLE = pd.DataFrame(
    [[1.0, 0.0, 250.0], [0.0, 1.0, 4.5e6], [1.0, 1.0, 12.0]],
    columns=["wet", "hot", "people"],
)
FORMS = {
    "pandas": lambda table: table,
    "nullable": lambda table: table.convert_dtypes(),
    "arrow": lambda table: table.convert_dtypes(dtype_backend="pyarrow"),
    "polars": lambda table: pl.DataFrame(table.to_dict("list")),
    "pyarrow": lambda table: pa.Table.from_pydict(table.to_dict("list")),
    "single precision": lambda table: table.astype(np.float32),
    "objects": lambda table: table.astype(object),
}
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())


@every_form
def test_numbers_of_every_table(form):
    matrix = description_matrix(form(TABLE))
    assert matrix.dtype == np.float64
    np.testing.assert_array_equal(matrix, TABLE.to_numpy())


@every_form
def test_columns_by_name(form):
    moved = form(TABLE[["people", "wet", "hot"]])
    assert column_names(moved) == ["people", "wet", "hot"]
    matrix = description_matrix(in_order(moved, ["wet", "hot", "people"]))
    np.testing.assert_array_equal(matrix, TABLE.to_numpy())


@every_form
def test_added_classes_in_another_order(form):
    moved, old, new = TABLE[["hot", "people", "wet"]] + 1, [0, 1, 2], [7, 8, 9]
    table, added = form(TABLE), form(moved.set_axis(new))
    if isinstance(table, pd.DataFrame):
        # Its index holds the labels.
        old = new = None
    table = ClassTable.from_parameters(table, old, np.array([0, 1, 2]))
    table = table.extended(added, new)
    np.testing.assert_array_equal(table.matrix[3:], TABLE.to_numpy() + 1)
    assert table.labels.tolist() == [0, 1, 2, 7, 8, 9]


def test_repeated_names_in_another_order_are_refused():
    twice = TABLE.set_axis(["a", "a", "b"], axis=1)
    assert in_order(twice, ["a", "a", "b"]) is twice
    with pytest.raises(ValueError, match=r"several columns of the same name, \['a'\]"):
        in_order(twice[["b"]].join(twice["a"]), ["a", "a", "b"])


@pytest.mark.parametrize(
    ("table", "error", "message"),
    [
        (TABLE.assign(day=pd.Timestamp(2026, 1, 1)), ValueError, r"\['day'\]"),
        (TABLE.assign(day=pd.Timedelta(1)), ValueError, r"\['day'\]"),
        (pl.DataFrame({"day": [date(2026, 1, 1)], "hot": [1.0]}), ValueError, "float"),
        (TABLE.assign(name="x"), ValueError, r"\['name'\]"),
        (TABLE.to_dict(), TypeError, "from_dict"),
        ("table.csv", TypeError, "read_csv"),
        (TABLE.to_numpy()[0], ValueError, "shape"),
    ],
)
def test_what_is_no_table_of_numbers(table, error, message):
    with pytest.raises(error, match=message):
        description_matrix(table)


def test_a_missing_entry_is_named():
    table = TABLE.convert_dtypes()
    table.loc[1, "hot"] = pd.NA
    clf = RidgeSemanticClassifier(attributes=table)
    with pytest.raises(ValueError, match="no 'hot' of class 1, in a column"):
        clf.fit(np.eye(4), [0, 1, 2, 0])
    clf.set_params(attributes=table.astype("float64"))
    with pytest.warns(ZeroShotWarning, match=r"labels \[1\] in columns \['hot'\]"):
        clf.fit(np.eye(4), [0, 1, 2, 0])
    check_finite(TABLE.to_numpy(), TABLE.index.to_numpy(), list(TABLE))


@pytest.mark.parametrize("unit", ["D", "us", "ns"])
def test_dates_are_shown_as_dates(unit):
    dates = np.array(["2024-02-29", "2025-01-01"], dtype=f"datetime64[{unit}]")
    assert listing(dates).startswith("labels ['2024-02-29")


LABELLED = pd.DataFrame({"number": [3, 1, 2], "wet": [0.1, 1, 1], "hot": [1, 0.5, 1]})


@pytest.mark.parametrize(
    "table",
    [
        LABELLED,
        pl.from_pandas(LABELLED),
        pa.Table.from_pandas(LABELLED.set_index("number")),
    ],
    ids=["pandas", "polars", "index of pyarrow"],
)
def test_labels_in_a_column(table):
    with pytest.warns(ZeroShotWarning, match=r"'number' of attributes holds all label"):
        warn_of_labels_in_column(table, np.array([1, 2]))


@pytest.mark.parametrize("labels", [[1, 4], ["1", "2"], [1]], ids=str)
def test_a_column_that_holds_no_labels(labels):
    warn_of_labels_in_column(pl.from_pandas(LABELLED), np.array(labels))
    warn_of_labels_in_column(LABELLED.set_index("number"), np.array(labels))
