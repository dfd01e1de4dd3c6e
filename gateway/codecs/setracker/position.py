"""Where a watch is, and the bits of its status: in ``UD``, ``UD2``, ``WT`` and ``AL`` alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from anhu.contract.observation import AttributeValue, Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import unknown_event
from gateway.codec import Frame

_LATE_MS = 120_000
_FIELDS = 16
_POLE_DEG, _HALF_TURN_DEG = 90.0, 180.0
_EVENTS: Sequence[tuple[int, str, str]] = (
    (1 << 16, "sos", "on"),
    (1 << 21 | 1 << 22, "fall", "on"),
    (1 << 20, "worn", "off"),
    (1 << 0 | 1 << 17, "battery_low", "on"),
    (1 << 1 | 1 << 18, "property_exit", "on"),
    (1 << 2 | 1 << 19, "property_exit", "off"),
)
_QUIET = 1 << 3 | 1 << 4
"""Bits of a state and no alarm: the strap is closed, the watch lies still."""
_POWER_CUT = 1 << 14
_FENCE_LEFT = 1 << 18
_ALARMS = 0xFFFF_0000
_NEAR_MS = 946_684_800_000  # 2000: an unset clock says less


def read(frame: Frame, kind: str, fields: Sequence[str]) -> Iterator[Observation]:
    """Yield what a position frame says: the alarms first, none for the other.

    Parameters
    ----------
    kind : str
        ``UD``, ``UD2``, ``AL_LTE`` …; a 2 means that the watch had kept it.
    fields : sequence of str
        What follows the kind: date, time, A or V, and so on; all but the status may be missing.
    """
    fields = [*fields, *[""] * (_FIELDS - len(fields))]
    at_ms, time_quality = _time(fields[0], fields[1], frame.received_at_ms)
    kept = kind.partition("_")[0][-1:] in ("2", "3")
    late = kept and frame.received_at_ms - at_ms > _LATE_MS
    quality = int(Quality.LATE) if late else 0
    where, doubtful = _fix(fields)
    yield from _alarms(kind, fields[15], where, at_ms, time_quality)
    if where:
        poor = int(Quality.DEVICE_POOR) if doubtful else 0
        yield Event("position", at_ms, "on", where, time_quality, quality | poor)
    if (battery := number(fields[12])) is not None and 0 <= battery <= 100:  # noqa: PLR2004 - percent
        yield Scalar("battery", battery, at_ms, time_quality, quality)
    if (steps := number(fields[13])) is not None and steps >= 0:
        yield Scalar("steps", steps, at_ms, time_quality, quality)


def _alarms(
    kind: str, status: str, where: dict[str, AttributeValue], at_ms: int, time_quality: TimeQuality
) -> Iterator[Event]:
    """Yield every alarm that is set, not the first one only; an alarm frame that names none is one nobody knows."""
    is_alarm = kind.startswith("AL")
    try:
        bits = int(status, 16)
    except ValueError:
        bits = 0
        if is_alarm or status:
            yield unknown_event(f"{kind} status {status[:16]}", at_ms=at_ms, time_quality=time_quality, urgent=is_alarm)
            return
    known = _QUIET
    for mask, event, state in _EVENTS:
        known |= mask
        if bits & mask:
            about = where if event in {"sos", "fall", "property_exit"} else {}
            yield Event(event, at_ms, state, dict(about), time_quality)
    if is_alarm and bits & _FENCE_LEFT:  # no rule of ours judges a fence that was set on the watch
        yield unknown_event("left its fence", at_ms=at_ms, time_quality=time_quality, urgent=False)
    known |= _POWER_CUT
    if bits & _POWER_CUT:
        yield unknown_event("power cut", at_ms=at_ms, time_quality=time_quality, urgent=False)
    for bit in range(32):
        if bits & 1 << bit & ~known & _ALARMS:
            yield unknown_event(f"alarm bit {bit}", at_ms=at_ms, time_quality=time_quality, urgent=is_alarm)
    if is_alarm and not bits & ~_QUIET:
        yield unknown_event("alarm without a bit", at_ms=at_ms, time_quality=time_quality, urgent=True)


def _time(date: str, clock: str, received_at_ms: int) -> tuple[int, TimeQuality]:
    try:
        at = datetime.strptime(date + clock, "%d%m%y%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return received_at_ms, TimeQuality.RECEIVED
    at_ms = round(at.timestamp() * 1_000)
    return (at_ms, TimeQuality.DEVICE) if at_ms > _NEAR_MS else (received_at_ms, TimeQuality.RECEIVED)


def _fix(fields: Sequence[str]) -> tuple[dict[str, AttributeValue], bool]:
    """Return the coordinates of a valid fix, and whether sign and letter contradict each other."""
    latitude, longitude = number(fields[3]), number(fields[5])
    if fields[2] != "A" or latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return {}, False
    south, west = fields[4].upper() == "S", fields[6].upper() == "W"
    doubtful = (latitude < 0 and fields[4].upper() == "N") or (longitude < 0 and fields[6].upper() == "E")
    latitude = -abs(latitude) if south else latitude
    longitude = -abs(longitude) if west else longitude
    if abs(latitude) > _POLE_DEG or abs(longitude) > _HALF_TURN_DEG:
        return {}, False
    return {"latitude_deg": latitude, "longitude_deg": longitude}, doubtful


def number(text: str) -> float | None:
    """Return a plain number; None for what is none."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if abs(found) < 1e9 else None  # noqa: PLR2004 - neither NaN nor infinite passes, nor nonsense
