"""The limit of BLAS is the process's: threads must not take it from one another."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from zsl_estimators.threads import LIMIT, SharedLimit, one_blas_thread


def n_threads():
    np.eye(2) @ np.eye(2)
    return {
        pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"
    }


@pytest.fixture
def two_threads():
    with threadpool_limits(2, user_api="blas"):
        if n_threads() != {2}:
            pytest.skip("this BLAS cannot use two threads: nothing to limit")
        yield


def test_blocks_that_overlap(two_threads):
    """As those of two threads do: the first to come leaves first."""
    first, second = one_blas_thread(), one_blas_thread()
    first.__enter__()
    second.__enter__()
    assert n_threads() == {1}
    first.__exit__(None, None, None)
    assert n_threads() == {1}
    second.__exit__(None, None, None)
    assert n_threads() == {2}


def test_an_error_gives_the_threads_back(two_threads):
    with pytest.raises(ValueError, match="inside"), one_blas_thread():
        raise ValueError("inside")
    assert n_threads() == {2}


@pytest.mark.parametrize("method", ["enter", "leave"])
@pytest.mark.parametrize("at_the_end", [False, True])
def test_ctrl_c_gives_the_threads_back(two_threads, monkeypatch, method, at_the_end):
    """Before the limit is set or given back, or after it."""
    original, calls = getattr(SharedLimit, method), []

    def interrupted(self, block):
        calls.append(block)
        if len(calls) == 1 and not at_the_end:
            raise KeyboardInterrupt
        original(self, block)
        if len(calls) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(SharedLimit, method, interrupted)
    with pytest.raises(KeyboardInterrupt), one_blas_thread():
        pass
    assert n_threads() == {2}
    assert not LIMIT.inside
    with one_blas_thread():
        assert n_threads() == {1}
    assert n_threads() == {2}
