import numpy as np
import pandas as pd
import pytest

from tests.common import public_estimators, small
from zsl_estimators.representation import Summary

every_estimator = pytest.mark.parametrize(
    "cls", public_estimators(), ids=lambda cls: cls.__name__
)
TABLE = pd.DataFrame(np.random.RandomState(0).normal(size=(10, 79)))


@every_estimator
def test_a_table_is_its_shape(cls):
    text = repr(small(cls, attributes=TABLE))
    assert "attributes=DataFrame (10, 79)" in text
    text = repr(small(cls, attributes=TABLE.to_numpy(), classes=np.arange(10)))
    assert "attributes=ndarray (10, 79)" in text
    assert "classes=ndarray (10,)" in text


@every_estimator
def test_the_page_of_a_notebook_too(cls):
    clf = small(cls, attributes=TABLE)
    page = clf._repr_html_()
    assert "DataFrame (10, 79)" in page
    assert str(TABLE.iloc[0, 0])[:6] not in page
    assert clf.attributes is TABLE


@every_estimator
def test_what_is_not_set_is_not_shown(cls):
    assert repr(cls()) == f"{cls.__name__}()"


def test_summary():
    assert repr(Summary(np.zeros((2, 3)))) == "ndarray (2, 3)"
