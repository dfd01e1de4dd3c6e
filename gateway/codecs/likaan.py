"""立可安 smoke detectors and SOS buttons over NB-IoT: the vendor's cloud pushes JSON, its key in ``X-Likaan-Token``.

What happened stands in ``msgType``, as a word; ``createTime`` is a number or a text. A type that nobody mapped is kept
and shown, urgent where its words are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import msgspec

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.meaning import alarms_stand, understood
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import as_object, flagged, json_object, number, time_ms, unknown_event
from anhu.contract.vendor_words import word_meaning
from gateway.codec import Codec, Example, Frame
from gateway.door_specs import DoorKind, HttpExample, HttpMessage, HttpRequest, HttpSpec
from gateway.push_signatures import bears_token, code_and_msg

_REPEATS_S = 30.0
_NUMBERS: Mapping[str, str] = {
    "battery": "battery",
    "batterylevel": "battery",
    "temperature": "room_temperature",
    "humidity": "room_humidity",
}
_NO_NEWS = frozenset({"heartbeat", "heart", "keepalive", "online", "register", "status", "data", "report", "心跳"})
_ABOUT = frozenset({"devId", "msgType", "createTime", "deviceMsgId"})


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read one message."""
    said = as_object(json_object(frame.payload).get("iotMsg"), "iotMsg")
    try:
        at_ms, quality = time_ms(said.get("createTime"), "createTime"), TimeQuality.DEVICE
    except FieldError:  # a wrong clock must not cost a call
        at_ms, quality = frame.received_at_ms, TimeQuality.RECEIVED
    found = alarms_stand(tuple(_happened(said, at_ms)) + tuple(_fields(said, at_ms)))
    made = tuple(msgspec.structs.replace(one, time_quality=quality) for one in found)
    return flagged(made, Quality.RETAINED) if frame.retained else made


def _happened(said: Mapping[str, object], at_ms: int) -> Iterator[Event]:
    kind = said.get("msgType")
    if kind is None:
        raise DecodeError("iotMsg.msgType", None, "what happened")
    word = str(kind).strip()
    event = understood("msgType", word, at_ms)
    if event is not None:
        yield event
    elif word.lower() not in _NO_NEWS and not word_meaning(word).known:
        yield unknown_event(word, at_ms=at_ms, details={k: v for k, v in said.items() if k not in _ABOUT})


def _fields(said: Mapping[str, object], at_ms: int) -> Iterator[Observation]:
    for name, value in said.items():
        quantity = _NUMBERS.get(name.lower().replace("_", ""))
        if name in _ABOUT or value is None:
            continue
        if quantity:
            try:
                yield Scalar(quantity, number(value, name), at_ms)
            except FieldError:
                yield unknown_event(name, at_ms=at_ms, details={"value": value})
        elif (event := understood(name, value, at_ms)) is not None:
            yield event


def _messages(request: HttpRequest) -> tuple[HttpMessage, ...]:
    if not request.body:
        return ()
    body = json_object(request.body)
    for part in ("devInfo", "iotMsg"):
        about = body.get(part)
        if isinstance(about, dict) and about.get("devId"):
            return (HttpMessage(device_id=str(about["devId"]), payload=request.body),)
    raise DecodeError("devInfo.devId", None, "the device's identity")


_KEY = b"the product's push key"
_AT_MS = 1_795_300_000_000
_ROUTE = "/push/likaan-smoke"
_SMOKE = (
    b'{"deviceMsgId":"m-1","devInfo":{"devId":"860000000000015"},"iotMsg":{"devId":"860000000000015",'
    b'"msgType":"SMOKE","createTime":1795300000000,"battery":80}}'
)
_example = partial(Example, door=DoorKind.HTTP, route=_ROUTE)


def _said(fields: str) -> bytes:
    return f'{{"devInfo":{{"devId":"860000000000015"}},"iotMsg":{{"devId":"860000000000015",{fields}}}}}'.encode()


_EXAMPLES = (
    _example(
        name="smoke",
        payload=_SMOKE,
        observations=(Event("smoke", _AT_MS), Scalar("battery", 80.0, _AT_MS)),
    ),
    _example(
        name="SOS, time as a text",
        payload=_said('"msgType":"SOS","createTime":"1795300000000"'),
        observations=(Event("sos", _AT_MS),),
    ),
    _example(
        name="an alarm in Chinese, no time",
        payload=_said('"msgType":"烟雾报警"'),
        observations=(Event("smoke", _AT_MS, "on", {}, TimeQuality.RECEIVED),),
    ),
    _example(name="a sign of life", payload=_said('"msgType":"heartbeat","createTime":1795300000000'), observations=()),
    _example(
        name="a type that nobody mapped",
        payload=_said('"msgType":17,"createTime":1795300000000,"level":2'),
        observations=(Event("unknown_vendor_event", _AT_MS, "on", {"level": 2, "vendor_type": "17"}),),
    ),
    _example(
        name="a type that nobody mapped, and it sounds like a call",
        payload=_said('"msgType":"helpButtonLong","createTime":1795300000000'),
        observations=(
            Event(
                "unknown_vendor_event",
                _AT_MS,
                "on",
                {"value": "helpButtonLong", "vendor_type": "msgType", "urgent": True},
            ),
        ),
    ),
    _example(name="no type", payload=_said('"createTime":1795300000000'), error="iotMsg.msgType"),
)

CODEC = Codec(
    name="likaan",
    title="立可安 smoke detectors and SOS buttons (NB-IoT), by their vendor's cloud",
    data_sheet="the vendor's push interface, as a middleware of care centres reads it",
    http=HttpSpec(
        is_genuine=partial(bears_token, header="x-likaan-token"),
        messages=_messages,
        reply=code_and_msg,
        repeats_s=_REPEATS_S,
        examples=(
            HttpExample(
                name="smoke",
                request=HttpRequest(
                    method="POST",
                    target=_ROUTE,
                    headers={"x-likaan-token": _KEY.decode()},
                    body=_SMOKE,
                    received_at_ms=_AT_MS,
                ),
                key=_KEY,
                messages=(HttpMessage(device_id="860000000000015", payload=_SMOKE),),
                signs_body=False,
            ),
        ),
    ),
    decode=decode,
    examples=_EXAMPLES,
)
