"""What no store takes, whatever its make: checked here, so that every adapter refuses the same."""

from __future__ import annotations

import math
from functools import lru_cache

from anhu.contract.errors import FieldError
from anhu.contract.identity import checked_id
from anhu.contract.observation import Observation, Scalar
from anhu.contract.quantities import QUANTITIES, quantity
from anhu.contract.record import Numbers
from ingest.store.port import Stored

_MAX_TIME_MS = 9_223_372_036_854  # 64 bits of nanoseconds end in 2262
_CODES = frozenset(QUANTITIES)
_CONTROL = {chr(c) for c in range(32)}


def refusal(reading: Stored) -> str:
    """Return why a reading can never be stored; empty when it can."""
    try:
        _check_identities(reading.device_id, reading.resident_id)
        if type(reading) is Numbers and _are_usual(reading):
            return ""
        for seen in reading.observations:
            if type(seen) is not Scalar or seen.context or not _is_usual(seen):
                _check(seen)
    except FieldError as error:
        return str(error)
    return ""


@lru_cache(maxsize=100_000)
def _check_identities(device_id: str, resident_id: str) -> None:
    checked_id(device_id, field="device_id")
    if resident_id:
        checked_id(resident_id, field="resident_id")


def _are_usual(numbers: Numbers) -> bool:
    values = numbers.values
    return (
        values.keys() <= _CODES
        and 0 <= numbers.observed_at_ms < _MAX_TIME_MS
        and all(map(math.isfinite, values.values()))
    )


def _is_usual(seen: Scalar) -> bool:
    return seen.quantity in _CODES and 0 <= seen.observed_at_ms < _MAX_TIME_MS and math.isfinite(seen.value)


def _check(seen: Observation) -> None:
    if seen.quantity not in QUANTITIES:
        quantity(seen.quantity)  # raises, and says what it expected
    if not 0 <= seen.observed_at_ms < _MAX_TIME_MS:
        raise FieldError("observed_at_ms", seen.observed_at_ms, "a time between the years 1970 and 2262")
    if isinstance(seen, Scalar):
        if not math.isfinite(seen.value):
            raise FieldError(seen.quantity, seen.value, "a finite number")
        if seen.context and not _CONTROL.isdisjoint(seen.context):
            raise FieldError(f"{seen.quantity}.context", seen.context, "text without control characters")
