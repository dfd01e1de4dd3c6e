"""What a push of the watch's cloud says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone

import msgspec

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.meaning import is_call, understood
from anhu.contract.observation import AttributeValue, Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import flagged, json_object, number, time_ms, unknown_event
from gateway.codec import Frame

_CHINA = timezone(timedelta(hours=8), "China Standard Time")
WHO = ("imei", "deviceid", "devID")
_PLACE = frozenset({"lon", "lat"})
_THRESHOLDS = frozenset({"theshold_heartrate_h", "theshold_heartrate_l"})  # the vendor's spelling
_TIMES = ("time_begin", "time_begin_str", "time")
_LOCAL = ("%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S")
_NUMBERS: Mapping[str, tuple[str, float]] = {
    "heartrate": ("heart_rate", 1.0),
    "sbp": ("systolic_pressure", 1.0),
    "dbp": ("diastolic_pressure", 1.0),
    "bloodoxygen": ("spo2", 1.0),
    "stepNumber": ("steps", 1.0),
    "remaining_power": ("battery", 1.0),
    "total_sleep": ("sleep_duration", 1 / 60),  # minutes
}
_NO_READINGS = frozenset({"heart_rate", "systolic_pressure", "diastolic_pressure", "spo2"})
"""Of these a 0 says that nothing was measured."""
_KNOWN = frozenset({*WHO, *_PLACE, *_THRESHOLDS, *_TIMES, *_NUMBERS, "value", "address", "city", "deep_sleep",
                    "light_sleep", "awake_time", "time_end", "token", "communityId", "type"})  # fmt: skip


class _Said:
    """One push: its fields, and the time that they share."""

    def __init__(self, frame: Frame) -> None:
        self.fields = json_object(frame.payload)
        self.at_ms, self.time_quality = _time(self.fields, frame.received_at_ms)

    def event(self, kind: str, state: str = "on") -> Event:
        """Return an event with the place that was told."""
        return Event(kind, self.at_ms, state, self.place(), self.time_quality)

    def place(self) -> dict[str, AttributeValue]:
        """Return where it was; nothing without satellites."""
        found: dict[str, AttributeValue] = {}
        try:
            latitude, longitude = number(self.fields.get("lat"), "lat"), number(self.fields.get("lon"), "lon")
        except FieldError:
            latitude = longitude = 0.0
        if latitude or longitude:
            found |= {"latitude_deg": latitude, "longitude_deg": longitude}
        address = "".join(str(self.fields.get(name) or "") for name in ("city", "address"))
        return found | ({"address": address[:200]} if address else {})

    def numbers(self) -> Iterator[Observation]:
        """Yield what was measured; one value that cannot be read costs the others nothing."""
        for name, (quantity, factor) in _NUMBERS.items():
            given = self.fields.get(name)
            if given in (None, ""):
                continue
            try:
                value = number(given, name) * factor
            except FieldError:
                yield self.unknown(name, {"value": given})
                continue
            if value or quantity not in _NO_READINGS:
                yield Scalar(quantity, value, self.at_ms, self.time_quality)

    def unknown(self, vendor_type: str, details: Mapping[str, object]) -> Event:
        """Return what nobody mapped."""
        return unknown_event(vendor_type, at_ms=self.at_ms, time_quality=self.time_quality, details=details)


def _time(fields: Mapping[str, object], received_at_ms: int) -> tuple[int, TimeQuality]:
    for name in _TIMES:
        value = fields.get(name)
        if value in (None, ""):
            continue
        for form in _LOCAL:
            try:
                local = datetime.strptime(str(value), form).replace(tzinfo=_CHINA)
                return time_ms(local.isoformat(), name), TimeQuality.DEVICE
            except (ValueError, FieldError):
                pass
        try:
            return time_ms(value, name), TimeQuality.DEVICE
        except FieldError:
            pass  # a wrong clock must not cost a call
    return received_at_ms, TimeQuality.RECEIVED


def _call(kind: str) -> Callable[[_Said], Iterator[Observation]]:
    def said(push: _Said) -> Iterator[Observation]:
        yield push.event(kind)
        yield from push.numbers()

    return said


def _measured(push: _Said) -> Iterator[Observation]:
    yield from push.numbers()


def _steps(push: _Said) -> Iterator[Observation]:
    if "stepNumber" not in push.fields and "value" in push.fields:
        push.fields["stepNumber"] = push.fields["value"]
    yield from push.numbers()


def _position(push: _Said) -> Iterator[Observation]:
    place = push.place()
    if "latitude_deg" in place:
        yield Event("position", push.at_ms, "on", place, push.time_quality)
    yield from push.numbers()


def _answer(_push: _Said) -> Iterator[Observation]:
    return iter(())


KINDS: Mapping[str, Callable[[_Said], Iterator[Observation]]] = {
    "sos": _call("sos"),
    "fall": _call("fall"),
    "location": _position,
    "heartrate": _measured,
    "exercise_heartrate": _measured,
    "bloodpressure": _measured,
    "bloodoxygen": _measured,
    "step": _steps,
    "sleep": _measured,
    "power": _measured,
    "reply": _answer,
}


def _kind_of(fields: Mapping[str, object]) -> str:
    """Tell by its fields what a push is whose address does not say it."""
    has = fields.keys()
    if has >= {"awake_time", "address"} | _PLACE and not has & {"total_sleep", "deep_sleep", "light_sleep"}:
        return "fall"
    if has >= {"heartrate", "address"} | _PLACE and not has & _THRESHOLDS:
        return "sos"
    if has & {"value", "stepNumber"}:
        return "step"
    if has & _NUMBERS.keys():
        return "heartrate"
    return "location" if has >= _PLACE else ""


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read one push; a kind that nobody mapped is kept, and urgent where its words are."""
    push = _Said(frame)
    below = frame.route.rstrip("/").split("/")[3:]  # ["", "push", product, kind]
    named = below[-1].lower() if below else ""
    kind = named or _kind_of(push.fields)
    read = KINDS.get(kind)
    made = list(read(push)) if read is not None else []
    if read is None:
        if not kind:
            raise DecodeError("payload", sorted(push.fields)[:10], "the fields of one of the vendor's events")
        made = [push.unknown(kind, push.fields), *push.numbers()]
    made += _besides(push, {one.quantity for one in made})
    if not made and read is not _answer:
        raise DecodeError("payload", sorted(push.fields)[:10], f"something measured, of a push of kind {kind}")
    return flagged(tuple(made), Quality.RETAINED) if frame.retained else tuple(made)


def _besides(push: _Said, found: set[str]) -> Iterator[Observation]:
    """Yield calls for help in fields that the vendor's pushes do not have: ``alarm=sos``."""
    for name in push.fields.keys() - _KNOWN:
        seen = understood(name, push.fields[name], push.at_ms)
        if seen is not None and is_call(seen) and seen.kind not in found:
            yield msgspec.structs.replace(seen, time_quality=push.time_quality)
