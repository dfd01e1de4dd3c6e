"""The times in a state, told by their size: a witness from outside that no detector forgets one of them."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

_YEAR_2001_MS, _YEAR_2096_MS = 1_000_000_000_000, 4_000_000_000_000
_TIMES = "t_ms"
"""States keep many times at once under this name, as bytes."""


def moved(snapshot: bytes, by_ms: int) -> bytes:
    """Return a state as if everything had happened at another time. [ms]."""
    return msgspec.msgpack.encode(_moved(msgspec.msgpack.decode(snapshot), by_ms))


def _moved(value: Any, by_ms: int, name: object = "") -> Any:  # noqa: ANN401 - states are what detectors make of them
    if isinstance(value, dict):
        return {key: _moved(one, by_ms, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_moved(one, by_ms) for one in value]
    if isinstance(value, int | float) and _YEAR_2001_MS < value < _YEAR_2096_MS:
        return value + by_ms
    if name == _TIMES and isinstance(value, bytes):
        return (np.frombuffer(value, dtype="<i8") + by_ms).astype("<i8").tobytes()
    return value
