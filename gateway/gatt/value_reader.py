"""The fields of a characteristic's value, little-endian, one after the other."""

from __future__ import annotations

from datetime import datetime, tzinfo

from anhu.contract.errors import DecodeError
from anhu.contract.wire import MAX_TIME_MS, MIN_TIME_MS

_NO_SFLOAT = frozenset({0x07FE, 0x07FF, 0x0800, 0x0801, 0x0802})
"""+INF, NaN, not at this resolution, reserved, -INF: no number, whatever the exponent."""
_NO_FLOAT = frozenset({0x7FFFFE, 0x7FFFFF, 0x800000, 0x800001, 0x800002})
_SHOWN_BYTES = 40


class ValueReader:
    """Reads a value from its first byte on.

    Parameters
    ----------
    value : bytes
        As notified.
    """

    __slots__ = ("_at", "_value")

    def __init__(self, value: bytes) -> None:
        self._value, self._at = value, 0

    def unsigned(self, length: int, field: str) -> int:
        """Return the next bytes as a number of 0 or more; raises `DecodeError` where they are missing."""
        return int.from_bytes(self._take(length, field), "little")

    def signed(self, length: int, field: str) -> int:
        """Return the next bytes as a number in two's complement."""
        return int.from_bytes(self._take(length, field), "little", signed=True)

    def sfloat(self, field: str) -> float | None:
        """Return a 16-bit SFLOAT; None where it is one of the five that are no numbers (they look like 2047)."""
        raw = self.unsigned(2, field)
        mantissa, exponent = _signed(raw & 0x0FFF, 12), _signed(raw >> 12, 4)
        return None if raw & 0x0FFF in _NO_SFLOAT else _decimal(mantissa, exponent)

    def float32(self, field: str) -> float | None:
        """Return a 32-bit FLOAT of IEEE 11073-20601; None where it is one of the five that are no numbers."""
        raw = self.unsigned(4, field)
        mantissa, exponent = _signed(raw & 0xFFFFFF, 24), _signed(raw >> 24, 8)
        return None if raw & 0xFFFFFF in _NO_FLOAT else _decimal(mantissa, exponent)

    def local_time_ms(self, zone: tzinfo, field: str) -> int | None:
        """Return a date and time without a zone, as UTC; None where the clock was never set. [ms]."""
        year, month, day, hour, minute, second = (self.unsigned(n, field) for n in (2, 1, 1, 1, 1, 1))
        try:
            at_ms = round(datetime(year, month, day, hour, minute, second, tzinfo=zone).timestamp() * 1_000)
        except (ValueError, OverflowError):  # year, month or day 0 say "not known"
            return None
        return at_ms if MIN_TIME_MS <= at_ms <= MAX_TIME_MS else None

    @property
    def left(self) -> int:
        """Bytes not read yet. [byte]."""
        return len(self._value) - self._at

    def _take(self, length: int, field: str) -> bytes:
        taken = self._value[self._at : self._at + length]
        if len(taken) < length:
            raise DecodeError(field, self._value[:_SHOWN_BYTES].hex(), f"{length} bytes from byte {self._at} on")
        self._at += length
        return taken


def _signed(raw: int, bits: int) -> int:
    return raw - (1 << bits) if raw >> (bits - 1) else raw


def _decimal(mantissa: int, exponent: int) -> float:
    """Return the number as its digits say it: 365 with exponent -1 is 36.5, not 36.50000000000001."""
    return float(f"{mantissa}e{exponent}")
