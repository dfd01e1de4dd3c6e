"""Reading what vendors send: a time that is none is refused, never a failure of its own kind."""

from __future__ import annotations

import pytest

from anhu.contract.errors import FieldError
from anhu.contract.payload import time_ms


@pytest.mark.parametrize("value", [1.7e305, -1.7e305, "1e300", "9" * 400, 10**400, 0, -1, "", None, True, "nan"])
def test_a_number_that_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(FieldError):
        time_ms(value, "time")


@pytest.mark.parametrize("value", [1_795_300_000, 1_795_300_000_000, "1795300000", 1_795_300_000_000_000, 1.7953e18])
def test_an_epoch_is_read_by_its_size(value: object) -> None:
    assert time_ms(value, "time") == 1_795_300_000_000
