"""Devices that speak TuyaLink, the sub-devices behind a gateway, and how they sign log-ins.

Times have 10 or 13 digits. Tuya scales numbers by the product's model, which a message does not name: a body
temperature of 365 can only be 36.5 °C and is read so; of everything else the number counts as it comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

import msgspec

from anhu.contract.clock import DAY_MS
from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import as_object, flagged, json_object, time_ms
from gateway.codec import Answer, Codec, Command, Example, Frame
from gateway.door_specs import LoginExample, LoginVerdict, MqttLogin, MqttReply, MqttSpec, SignedLogins
from gateway.signed_logins import digest_of, named_values, same_hex, within
from gateway.thing_model.report import (
    Moment,
    arrival,
    event_said,
    moment,
    properties_said,
    unmapped_of,
    whole,
)
from gateway.thing_model.services import arguments_of, service_answer

_OF_THE_CLOUD = re.compile(r"(?:_response$|^model/|^action/execute|^property/(?:set|desired)|^ota/|^ext/|^topo/)")
_REPORT, _EVENT, _BATCH = "property/report", "event/trigger", "data/batch_report"
_ANSWERED = frozenset({_REPORT, _EVENT, _BATCH})
_BODY_TEMPERATURE = re.compile(r"(?:body_?temp\w*|temp_body|体温)", re.IGNORECASE)
_TENTHS = range(300, 451)


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read what is reported; what the cloud's own services exchange says nothing of a resident."""
    below = frame.route.partition("/thing/")[2]
    if not below or _OF_THE_CLOUD.search(below):
        return ()
    body = json_object(frame.payload)
    data, sent = as_object(body.get("data"), "data"), moment(body.get("time"), arrival(frame))
    return whole(_said(below, data, sent, frame), frame, data, "data")


def salvage(frame: Frame) -> tuple[Observation, ...]:
    """Read each property and event of a refused report by itself: one that is broken must not cost the others."""
    body, below = json_object(frame.payload), frame.route.partition("/thing/")[2]
    data, sent = body.get("data"), arrival(frame)
    with suppress(FieldError):
        sent = moment(body.get("time"), sent)
    made: list[Observation] = []
    for source, properties, events in _parts(below, data if isinstance(data, dict) else {}):
        for name, given in properties.items():
            with suppress(FieldError):
                made += properties_said(_unscaled({name: given}), sent, source)
        for code, given in events.items():
            with suppress(FieldError):
                made += _event(as_object(given, code), code, sent, source)
    return flagged(tuple(made), Quality.RETAINED) if frame.retained else tuple(made)


def _parts(below: str, data: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object], Mapping[str, object]]]:
    """Yield who said it, its properties, and its events; whatever is no object is none."""
    if below == _REPORT:
        yield "", data, {}
    elif below == _EVENT:
        yield "", {}, {str(data.get("eventCode", "")): data}
    elif below == _BATCH:
        for source, one in [("", data), *_object(data.get("subDevices")).items()]:
            yield source, _object(_object(one).get("properties")), _object(_object(one).get("events"))


def _object(given: object) -> Mapping[str, object]:
    return given if isinstance(given, dict) else {}


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return the properties of a report that nobody mapped."""
    return unmapped_of(json_object(frame.payload).get("data")) if frame.route.endswith(_REPORT) else ()


def _said(below: str, data: Mapping[str, object], sent: Moment, frame: Frame) -> Iterator[Observation]:
    if below == _REPORT:
        yield from properties_said(_unscaled(data), sent)
    elif below == _EVENT:
        yield from _event(data, str(data.get("eventCode", "")), sent)
    elif below == _BATCH:
        yield from _of_one(data, sent, "", "data")
        subs = as_object(data.get("subDevices", {}), "data.subDevices")
        for name, given in subs.items():
            yield from _of_one(as_object(given, f"data.subDevices.{name}"), sent, name, f"data.subDevices.{name}")
    else:
        raise DecodeError("topic", frame.route, "a report of properties, or an event")


def _of_one(one: Mapping[str, object], sent: Moment, source: str, field: str) -> Iterator[Observation]:
    yield from properties_said(_unscaled(as_object(one.get("properties", {}), f"{field}.properties")), sent, source)
    for code, given in as_object(one.get("events", {}), f"{field}.events").items():
        yield from _event(as_object(given, f"{field}.events.{code}"), code, sent, source)


def _event(given: Mapping[str, object], code: str, sent: Moment, source: str = "") -> Iterator[Observation]:
    if not code:
        raise DecodeError("data.eventCode", given.get("eventCode"), "what the event is called")
    yield from event_said(code, given.get("outputParams", {}), moment(given.get("eventTime"), sent), source)


def _unscaled(properties: Mapping[str, object]) -> Mapping[str, object]:
    """Return body temperatures in degrees where they came in tenths: no person has 365 °C."""
    found = dict(properties)
    for name, given in properties.items():
        value = given.get("value") if isinstance(given, dict) else given
        if type(value) is int and value in _TENTHS and _BODY_TEMPERATURE.fullmatch(name):
            found[name] = {**given, "value": value / 10} if isinstance(given, dict) else value / 10
    return found


def reply(route: str, payload: bytes, at_ms: int) -> MqttReply | None:
    """Return what the cloud answers where the device asks for it: Tuya's answers nothing by itself."""
    if route.partition("/thing/")[2] not in _ANSWERED:
        return None
    body = json_object(payload)
    asked = body.get("sys")
    if not isinstance(asked, dict) or asked.get("ack") != 1:
        return None
    told = {"msgId": str(body.get("msgId", "")), "time": at_ms, "code": 0, "data": {}}
    return MqttReply(f"{route}_response", msgspec.json.encode(told))


def encode(command: Command) -> bytes:
    """Return the order to execute the action that is called as the command."""
    data = {"actionCode": command.name, "inputParams": arguments_of(command)}
    return msgspec.json.encode({"msgId": command.command_id, "time": command.at_ms, "data": data})


def answer(frame: Frame) -> Answer | None:
    """Return what a device says to such an order: ``code`` 0 is yes, anything else is no."""
    is_one = frame.route.endswith("/thing/action/execute_response")
    return service_answer(json_object(frame.payload), "msgId", good=0) if is_one else None


def device_of(login: MqttLogin) -> str:
    """Return whose log-in it is."""
    device_id, bar, _ = login.user_name.partition("|")
    return device_id if bar and login.client_id == f"tuyalink_{device_id}" else ""


def verdict(login: MqttLogin, secret: str) -> LoginVerdict:
    """Check the digest, and that it was made within a day."""
    device_id, _, extended = login.user_name.partition("|")
    said = {name.lower(): value for name, value in named_values(extended, ",").items()}
    time, mode, access = said.get("timestamp", ""), said.get("securemode", ""), said.get("accesstype", "")
    content = f"deviceId={device_id},timestamp={time},secureMode={mode},accessType={access}"
    if not same_hex(digest_of(said.get("signmethod", ""), secret.encode(), content), login.password):
        return LoginVerdict.FALSE
    try:
        return within(time_ms(time, "timestamp"), login.at_ms, DAY_MS)
    except FieldError:
        return LoginVerdict.STALE


_AT_MS = 1_795_300_000_000
_RECEIVED = TimeQuality.RECEIVED
_TOP = "tylink/dev-1/thing/"


def _example(name: str, payload: str, *observations: Observation, below: str = _REPORT) -> Example:
    return Example(name=name, route=_TOP + below, payload=payload.encode(), observations=observations)


_EXAMPLES = (
    _example(
        "times of 13 and 10 digits",
        '{"msgId":"45lkj3551234","time":1626197189638,"data":{"heart_rate":{"value":80,"time":1626197189638},'
        '"blood_oxygen":{"value":97,"time":1626197189}}}',
        Scalar("heart_rate", 80.0, 1_626_197_189_638),
        Scalar("spo2", 97.0, 1_626_197_189_000),
    ),
    _example(
        "a body temperature in tenths; the message's own time",
        '{"msgId":"1","time":1626197189638,"data":{"body_temperature":{"value":365}}}',
        Scalar("body_temperature", 36.5, 1_626_197_189_638),
    ),
    _example(
        "an SOS as a property",
        '{"msgId":"1","time":0,"data":{"sos":{"value":true},"battery_percentage":{"value":66}}}',
        Event("sos", _AT_MS, "on", {}, _RECEIVED),
        Scalar("battery", 66.0, _AT_MS, _RECEIVED),
    ),
    _example(
        "a fall as an event",
        '{"msgId":"1","time":1626197189638,"data":{"eventCode":"fall","eventTime":1626197189000,'
        '"outputParams":{"heart_rate":101}}}',
        Event("fall", 1_626_197_189_000, "on", {}),
        Scalar("heart_rate", 101.0, 1_626_197_189_000),
        below=_EVENT,
    ),
    _example(
        "an event that nobody mapped is kept",
        '{"msgId":"1","time":1626197189638,"data":{"eventCode":"alarm_7","outputParams":{"n":2}}}',
        Event(
            "unknown_vendor_event",
            1_626_197_189_638,
            "on",
            {"value": '{"n":2}', "vendor_type": "alarm_7", "urgent": True},
        ),
        below=_EVENT,
    ),
    _example(
        "a batch of a gateway",
        '{"msgId":"1","time":1626197189638,"data":{"properties":{"battery":{"value":80}},"subDevices":{"smoke-1":'
        '{"properties":{"smoke":{"value":true}},"events":{}}}}}',
        Scalar("battery", 80.0, 1_626_197_189_638),
        Event("smoke", 1_626_197_189_638, "on", {}, TimeQuality.DEVICE, 0, "smoke-1"),
        below=_BATCH,
    ),
    _example(
        "an answer to a command",
        '{"msgId":"c-1","time":1626197189640,"code":0,"data":{"actionCode":"ask_ok","outputParams":{"answer":"ok"}}}',
        below="action/execute_response",
    ),
    _example("the cloud's own", '{"msgId":"1","time":1,"data":{"format":"simple"}}', below="model/get"),
    Example(
        name="the manufacturer's sample: nothing of it is mapped",
        route=_TOP + _REPORT,
        payload=b'{"msgId":"45lkj3551234","time":1626197189638,"data":{"brightness":{"value":80,"time":1626197189638}}}',
        error="at least one property or event that is mapped",
    ),
    Example(name="no data", route=_TOP + _REPORT, payload=b'{"msgId":"1"}', error="data: got None"),
)


def _login(name: str, user_name: str, password: str, at_ms: int) -> LoginExample:
    device_id = user_name.partition("|")[0]
    client_id = f"tuyalink_{device_id}"
    login = MqttLogin(client_id=client_id, user_name=user_name, password=password.encode(), at_ms=at_ms)
    return LoginExample(name=name, login=login, device_id=device_id, secret="0123456789abcdef")  # noqa: S106 - made up


CODEC = Codec(
    name="tuya_link",
    title="Devices and gateways that speak TuyaLink",
    data_sheet="https://developer.tuya.com/en/docs/iot/device_model?id=Kbt4gcmizz8f4",
    mqtt=MqttSpec(
        commands="tylink/{device_id}/thing/action/execute",
        publish=("tylink/{device_id}/thing/#", "tylink/{device_id}/device/#", "tylink/{device_id}/ota/#"),
        signed=SignedLogins(
            device_of=device_of,
            verdict=verdict,
            examples=(
                _login(
                    "in the manufacturer's form",
                    "6c828cba434ff40c074wF2|signMethod=hmacSha256,timestamp=1607837283,secureMode=1,accessType=1",
                    "c6650874d4e2929b105d08294fb0f1cce6085f044502cad79dd266d9a30ce1e7",
                    1_607_837_283_000,
                ),
                _login(
                    "in the other spelling of its documents, with SHA-1, an hour later",
                    "6c828cba434ff40c074wF2|signMethod=hmacSha1,timestamp=1607837283,securemode=1,accessType=1",
                    "df345f7a19238663fb3154705c284945da6ab77a",
                    1_607_840_883_000,
                ),
            ),
        ),
        reply=reply,
    ),
    decode=decode,
    encode=encode,
    answer=answer,
    salvage=salvage,
    unmapped=unmapped,
    examples=_EXAMPLES,
)
