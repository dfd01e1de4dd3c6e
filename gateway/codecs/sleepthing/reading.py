"""What the cloud says of a band: in an answer about its present state, in an alarm, in a sleep report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.meaning import is_unmapped, understood
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import flagged, json_object, number, time_ms, unknown_event
from anhu.contract.vendor_words import word_meaning
from gateway.codec import Frame
from gateway.thing_model import names
from gateway.thing_model.properties import property_said

WHO = frozenset({"devid", "deviceid"})
_CHINA = timezone(timedelta(hours=8), "China Standard Time")
_LOCAL = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S")
_TIMES = ("timestamp", "time", "updatetime", "reporttime", "alarmtime", "createtime", "datatime")
_STATES = frozenset({"state", "bodystatus", "bodystate", "bedstate", "bedstatus", "currentstate"})
_ONLINE = frozenset({"online", "isonline", "onlinestatus", "networkstate", "networkstatus"})
_BED: Mapping[str, str] = {"0": "off", "1": "on"}
_NO_NEWS = frozenset({"-1", "-2", "-3"})
_VITALS: Mapping[str, str] = {"br": "respiration_rate", "hr": "heart_rate"}
_MAYBE_NONE = frozenset({"heart_rate", "pulse_rate", "respiration_rate"})
_LEFT_BED = frozenset({"离床", "離床", "outofbed", "outbed", "leavebed", "leftbed", "bedexit", "offbed"})
_IN_BED = frozenset({"在床", "上床", "inbed", "onbed", "backtobed"})
_ALARM_NAMES = ("alarmtype", "alarmname", "alarm", "type", "event", "eventtype", "msg", "message", "content")
_ENVELOPE = frozenset({"code", "msg", "message", "success", "requestid"})
_OUTSIDE = _ENVELOPE | {"data"}


def inside(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what an envelope holds: ``{"code":0,"data":{…}}``; the body itself where there is none."""
    data = body.get("data")
    if isinstance(data, list) and len(data) == 1:
        [data] = data
    return {**body, **data} if isinstance(data, dict) else body


def said_time(fields: Mapping[str, Any]) -> str:
    """Return the time that a message says, as it stands there; empty where it says none."""
    plain = {names.plain(name): value for name, value in fields.items()}
    return next((str(plain[one]) for one in _TIMES if plain.get(one) not in (None, "")), "")


def content(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a message says of the band, in one order: without the envelope, whose numbers change each time."""
    return {name: value for name, value in sorted(inside(body).items()) if names.plain(name) not in _OUTSIDE}


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read one message."""
    fields = {name: value for name, value in inside(json_object(frame.payload)).items() if name != "data"}
    at_ms, quality = _time(said_time(fields), frame.received_at_ms)
    below = frame.route.rstrip("/").rpartition("/")[2].lower()
    if below == "sleep":
        found: tuple[Observation, ...] = (_report(fields, at_ms),)
    elif below == "alarm" or (below != "getdevicecurrentstate" and _word(fields)):
        found = tuple(_alarm(fields, at_ms))
    else:
        found = tuple(_state(fields, at_ms))
        if not found and not _says_no_news(fields):
            raise DecodeError("payload", sorted(fields)[:10], "a state, a pulse or a breath")
    made = tuple(msgspec.structs.replace(one, time_quality=quality) for one in found)
    return flagged(made, Quality.RETAINED) if frame.retained else made


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return the fields of an answer that nobody mapped."""
    if not frame.route.lower().endswith("currentstate"):
        return ()
    fields = inside(json_object(frame.payload))
    known = WHO | _STATES | _ONLINE | _ENVELOPE | frozenset(_TIMES) | _VITALS.keys() | names.NUMBER_OF.keys()
    return tuple(n for n, v in fields.items() if names.plain(n) not in known | {"data"} and is_unmapped(n, v))


def _time(said: str, received_at_ms: int) -> tuple[int, TimeQuality]:
    for form in _LOCAL:
        try:
            said = datetime.strptime(said, form).replace(tzinfo=_CHINA).isoformat()
        except ValueError:
            continue
    try:
        return time_ms(said, "time"), TimeQuality.DEVICE
    except FieldError:  # a wrong clock must not cost a call
        return received_at_ms, TimeQuality.RECEIVED


def _state(fields: Mapping[str, Any], at_ms: int) -> Iterator[Observation]:
    plain = {names.plain(name): value for name, value in fields.items()}
    online = next((word_of(plain[one]) for one in sorted(_ONLINE & plain.keys())), "")
    if online in {"0", "false", "offline", "disconnected", "离线"}:  # what else stands there is old
        yield Event("connection", at_ms, "off", {"reason": "vendor_cloud"})
        return
    for name, value in fields.items():
        yield from _field(name, value, at_ms)


def _field(name: str, value: object, at_ms: int) -> Iterator[Observation]:
    plain = names.plain(name)
    if value is None or plain in WHO or plain in _ONLINE or plain in _TIMES or plain in _ENVELOPE:
        return
    quantity = _VITALS.get(plain) or names.NUMBER_OF.get(plain)
    if quantity in _MAYBE_NONE:
        yield from _vital(name, value, quantity, at_ms)
    elif plain in _STATES:
        yield from _body_state(name, value, at_ms)
    elif (seen := property_said(name, value, at_ms)) is not None:
        yield seen


def _vital(name: str, value: object, quantity: str, at_ms: int) -> Iterator[Observation]:
    try:
        measured = number(value, name)
    except FieldError:
        if value not in ("", "--", "- -"):
            yield unknown_event(name, at_ms=at_ms, details={"value": value})
        return
    if measured > 0:
        yield Scalar(quantity, measured, at_ms)


def _body_state(name: str, value: object, at_ms: int) -> Iterator[Observation]:
    word = word_of(value)
    state = _BED.get(word) or ("off" if word in _LEFT_BED else "on" if word in _IN_BED else "")
    if state:
        yield Event("bed", at_ms, state)
    elif word not in _NO_NEWS and (not isinstance(value, str) or not word_meaning(value).known):
        yield understood(name, value, at_ms) or unknown_event(name, at_ms=at_ms, details={"value": value})


def _word(fields: Mapping[str, Any]) -> tuple[str, object] | None:
    """Return what an alarm is called, and the field that says it."""
    plain = {names.plain(name): (name, value) for name, value in fields.items()}
    return next((plain[one] for one in _ALARM_NAMES if one in plain and plain[one][1] not in (None, "")), None)


def _alarm(fields: Mapping[str, Any], at_ms: int) -> Iterator[Event]:
    """Yield what an alarm is; one that nobody mapped may be a call."""
    told = _word(fields)
    word = word_of(told[1]) if told else ""
    if word in _LEFT_BED or word in _IN_BED:
        yield Event("bed", at_ms, "off" if word in _LEFT_BED else "on")
        return
    seen = understood("alarm", told[1], at_ms) if told else None
    if seen is not None and seen.kind != "unknown_vendor_event":
        yield seen
        return
    details = {name: value for name, value in fields.items() if names.plain(name) not in _TIMES}
    yield unknown_event(str(told[1]) if told else "alarm", at_ms=at_ms, details=details, urgent=True)


def _report(fields: Mapping[str, Any], at_ms: int) -> Event:
    """Keep a report whole: the vendor publishes no list of its fields, and what it counts in."""
    details = {name: value for name, value in fields.items() if names.plain(name) not in _TIMES}
    return unknown_event("sleepReport", at_ms=at_ms, details=details, urgent=False)


def _says_no_news(fields: Mapping[str, Any]) -> bool:
    plain = {names.plain(name) for name in fields}
    return not plain.isdisjoint(_STATES | _ONLINE | _VITALS.keys() | names.NUMBER_OF.keys())


def word_of(value: object) -> str:
    """Return a value as a word to look up: without case, spaces and dashes in between; -1 keeps its sign."""
    text = str(value).strip().lower()
    return text if text[:1] == "-" else names.plain(text)
