import numpy as np
import pytest

from zsl_estimators.contexts import harmless_underflow, restored_on_error


class Holder:
    pass


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_restores_what_was_there(error):
    holder = Holder()
    holder.kept, holder.deleted = 1, 2

    def change_and_fail():
        with restored_on_error(holder):
            holder.kept, holder.new = 3, 4
            del holder.deleted
            raise error

    with pytest.raises(error):
        change_and_fail()
    assert vars(holder) == {"kept": 1, "deleted": 2}


def test_without_an_error_changes_stay():
    holder = Holder()
    with restored_on_error(holder):
        holder.new = 1
    assert vars(holder) == {"new": 1}


def test_tiny_numbers_become_zero_whatever_numpy_is_set_to():
    with np.errstate(all="raise"):
        with pytest.raises(FloatingPointError):
            np.exp(np.array([-1e4]))
        with harmless_underflow():
            assert np.exp(np.array([-1e4])) == 0
