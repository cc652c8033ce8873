import numpy as np
import torch

from tests.decisions.common import streamed

X = np.random.RandomState(0).normal(size=(20, 4)).astype(np.float32)
Y = np.arange(20) % 5


def test_streamed_rows():
    features = streamed(X, Y, np.eye(8, 4) * 100, [5, 7], 3).to(torch.device("cpu"))
    assert len(features) == len(X) + 6
    index = np.array([0, len(X), len(X) + 2, len(X) + 3, len(X) + 5])
    inputs, labels = features[index]
    assert labels.tolist() == [Y[0], 5, 5, 7, 7]
    np.testing.assert_array_equal(inputs["x"][0], X[0])
    np.testing.assert_allclose(
        inputs["x"][1:], np.eye(8, 4)[[5, 5, 7, 7]] * 100, atol=1
    )


def test_all_rows():
    rows, labels = streamed(X, Y, np.zeros((7, 4)), [5, 6], 3).all_rows()
    assert rows.shape == (len(X) + 6, 4)
    assert labels[-6:].tolist() == [5, 5, 5, 6, 6, 6]
