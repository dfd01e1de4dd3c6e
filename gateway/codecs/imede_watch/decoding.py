"""Reads the family's messages: which kind by the last level of the topic, the rest from the JSON body."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone, tzinfo

import msgspec

from anhu.contract.clock import MINUTE_MS
from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.identity import source_name
from anhu.contract.meaning import is_call, understood
from anhu.contract.observation import AttributeValue, Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import as_list, as_object, attribute, flagged, json_object, number, time_ms, unknown_event
from anhu.contract.vendor_words import word_meaning
from gateway.codec import Frame

CHINA = timezone(timedelta(hours=8), "China Standard Time")
MAX_BATCH = 5_000
_CALLS = frozenset({"sos", "fall"})
_LATE_MS = 2 * MINUTE_MS

# Mobile country code: (south, north, west, east) of its country. [deg]
_COUNTRIES: Mapping[str, tuple[float, float, float, float]] = {
    "460": (17.0, 54.0, 73.0, 136.0),
    "520": (5.0, 21.0, 97.0, 106.0),
}


class _FieldReader:
    """Reads one message: what its sender, its zone and its received time are is the same for all of it."""

    def __init__(self, frame: Frame, zone: tzinfo) -> None:
        self.body = json_object(frame.payload)
        self.received_at_ms = frame.received_at_ms
        self._zone = zone
        imei = source_name(str(self.body.get("IMEI") or ""))
        self.source = "" if imei == frame.device_id else imei

    def stamp(self, value: object) -> tuple[int, TimeQuality]:
        """Return the message's own time where it holds a sane one, else the received time."""
        if isinstance(value, str):
            try:
                local = datetime.strptime(value, "%d/%m/%Y %H:%M:%S").replace(tzinfo=self._zone)
                return time_ms(local.isoformat(), "timeStamps"), TimeQuality.DEVICE
            except ValueError:
                pass
        try:
            return time_ms(value, "timestamp"), TimeQuality.DEVICE
        except FieldError:
            return self.received_at_ms, TimeQuality.RECEIVED

    def event(self, kind: str, state: str = "on", *, attributes: dict[str, AttributeValue] | None = None) -> Event:
        """Return an event at the message's time."""
        at_ms, quality = self.stamp(self.body.get("timeStamps"))
        return Event(kind, at_ms, state, attributes or {}, quality, 0, self.source)

    def scalars(self, given: Mapping[str, object], at: object) -> Iterator[Observation]:
        """Yield the vitals of one reading; a reading with heart rate 0 says only that the watch is not worn."""
        at_ms, time_quality = self.stamp(at)
        late = self.received_at_ms - at_ms > _LATE_MS
        quality = int(Quality.LATE) if late else 0
        for quantity, value, context in _vitals(given):
            try:
                found = number(value, quantity)
            except FieldError:  # one unreadable vital must not cost the others
                yield unknown_event(
                    quantity, at_ms=at_ms, time_quality=time_quality, source=self.source, details={"value": value}
                )
                continue
            if quantity == "heart_rate":
                yield Event("worn", at_ms, "on" if found > 0 else "off", {}, time_quality, quality, self.source)
            if found > 0 or quantity in {"steps", "battery"}:
                yield Scalar(quantity, found, at_ms, time_quality, quality, context, self.source)


def _vitals(given: Mapping[str, object]) -> Iterator[tuple[str, object, str]]:
    pressure = given.get("bloodPressure")
    bp = as_object(pressure, "bloodPressure") if pressure is not None else {}
    rows = (
        ("heart_rate", given.get("heartRate"), ""),
        ("systolic_pressure", bp.get("bp_sys"), ""),
        ("diastolic_pressure", bp.get("bp_dia"), ""),
        ("body_temperature", given.get("bodyTemperature"), "wrist"),
        ("spo2", given.get("spO2"), ""),
        ("battery", given.get("battery"), ""),
        ("steps", given.get("step"), ""),
    )
    return (row for row in rows if row[1] is not None and row[1] != "")


def _position(reader: _FieldReader) -> Iterator[Observation]:
    attributes, doubtful = _fix(reader.body.get("location"))
    if attributes:
        at_ms, time_quality = reader.stamp(reader.body.get("timeStamps"))
        quality = int(Quality.DEVICE_POOR) if doubtful else 0
        yield Event("position", at_ms, "on", attributes, time_quality, quality, reader.source)


def _fix(location: object) -> tuple[dict[str, AttributeValue], bool]:
    """Return the coordinates, and whether they lie outside the mobile network's country."""
    if not isinstance(location, dict):
        return {}, False
    gps, lbs = location.get("GPS"), location.get("LBS")
    try:
        fix = as_object(gps, "location.GPS")
        latitude, longitude = number(fix.get("latitude"), "latitude"), number(fix.get("longitude"), "longitude")
    except FieldError:
        return {}, False
    if latitude == 0 and longitude == 0:  # no satellites
        return {}, False
    found: dict[str, AttributeValue] = {"latitude_deg": latitude, "longitude_deg": longitude}
    mcc = str(lbs.get("MCC", "")) if isinstance(lbs, dict) else ""
    south, north, west, east = _COUNTRIES.get(mcc, (-90.0, 90.0, -180.0, 180.0))
    doubtful = not (south <= latitude <= north and west <= longitude <= east)
    if doubtful:
        found["doubtful"] = True
        found["mobile_country"] = mcc
    return found, doubtful


def _vital_sign(reader: _FieldReader) -> Iterator[Observation]:
    yield from reader.scalars(reader.body, reader.body.get("timeStamps"))
    yield from _position(reader)


def _batch(reader: _FieldReader) -> Iterator[Observation]:
    for i, given in enumerate(as_list(reader.body.get("data"), "data", at_most=MAX_BATCH)):
        reading = as_object(given, f"data.{i}")
        yield from reader.scalars(reading, reading.get("timestamp"))
    yield from _position(reader)


def _sos(reader: _FieldReader) -> Iterator[Observation]:
    """Read the SOS topic, on which the family also says "not worn" and whatever else it has no topic for."""
    status = str(reader.body.get("status") or "SOS").upper().replace("_", " ")
    meaning = word_meaning(status)
    where = _fix(reader.body.get("location"))[0]
    if status.startswith("NOT WEAR"):
        yield reader.event("worn", "off")
    elif meaning.alarm and meaning.whole and meaning.kind in _CALLS:
        yield reader.event(meaning.kind, attributes=where)
    else:
        yield _unknown(reader, f"sos:{status}", urgent=None if meaning.alarm is not False else False)


def _fall(reader: _FieldReader) -> Iterator[Observation]:
    yield reader.event("fall", attributes=_fix(reader.body.get("location"))[0])


def _online(reader: _FieldReader) -> Iterator[Observation]:
    offline = str(reader.body.get("status", "online")).lower() == "offline"
    yield reader.event("connection", "off" if offline else "on")


def _sleep(reader: _FieldReader) -> Iterator[Observation]:
    """Keep a night as it came: what its codes 0, 1 and 2 mean, and for how long, the maker does not publish."""
    night = as_object(reader.body.get("sleep", reader.body), "sleep")
    at_ms, quality = reader.stamp(night.get("timeStamps"))
    details: dict[str, object] = {name: night[name] for name in ("time", "data", "num") if name in night}
    # "off": a record of what is over, nothing that somebody must look at now.
    yield unknown_event(
        "sleepdata", at_ms=at_ms, state="off", time_quality=quality, source=reader.source, details=details
    )


def _nothing(_reader: _FieldReader) -> Iterator[Observation]:
    return iter(())


def _unknown(reader: _FieldReader, vendor_type: str, *, urgent: bool | None = None) -> Event:
    at_ms, quality = reader.stamp(reader.body.get("timeStamps"))
    details = {k: attribute(v) for k, v in reader.body.items() if k not in {"IMEI", "location"}}
    return unknown_event(
        vendor_type, at_ms=at_ms, time_quality=quality, source=reader.source, details=details, urgent=urgent
    )


_TOPICS: Mapping[str, Callable[[_FieldReader], Iterator[Observation]]] = {
    "vitalsign": _vital_sign,
    "ap55": _batch,
    "hb": _vital_sign,
    "location": _position,
    "sleepdata": _sleep,
    "sos": _sos,
    "falldown": _fall,
    "onlinetrigger": _online,
    "command_res": _nothing,
}


_FIELDS = frozenset(
    {"IMEI", "timeStamps", "timestamp", "heartRate", "bloodPressure", "bodyTemperature", "spO2", "battery", "step"}
    | {"location", "sleep"}
)


def _besides(reader: _FieldReader) -> Iterator[Event]:
    """Yield what the family's messages do not have, and may be a call: ``fall`` among the vitals."""
    at_ms, quality = reader.stamp(reader.body.get("timeStamps"))
    for name in reader.body.keys() - _FIELDS:
        found = understood(name, reader.body[name], at_ms)
        if found is not None and is_call(found):
            yield msgspec.structs.replace(found, time_quality=quality, source=reader.source)


def decode(frame: Frame, *, zone: tzinfo = CHINA) -> tuple[Observation, ...]:
    """Read one message of a watch whose local time is in the given zone."""
    tree, _, last = frame.route.rpartition("/")
    if tree.lower() != "imede_watch" or not last:
        raise DecodeError("topic", frame.route, "iMEDE_watch/<kind of message>")
    reader = _FieldReader(frame, zone)
    known = _TOPICS.get(last.lower())
    made = tuple(known(reader)) if known else (_unknown(reader, last),)
    if not reader.body.keys() <= _FIELDS and known not in (_sos, _fall):
        made += tuple(_besides(reader))
    return flagged(made, Quality.RETAINED) if frame.retained else made
