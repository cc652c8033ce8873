"""What a classifier sees of a row."""

from types import SimpleNamespace

import pytest
import torch

from zsl_estimators.decisions import PartsView


def test_the_decoder_is_copied_to_the_host():
    """A tensor on "meta" has no values to copy, wherever it is used later."""
    decoder = torch.nn.Linear(3, 2, device="meta")
    generator = SimpleNamespace(module=SimpleNamespace(decoder=decoder))
    nothing = SimpleNamespace(blocks=list)
    with pytest.raises(NotImplementedError, match="meta"):
        PartsView("V+S", n_features=3).fit(generator, nothing)
