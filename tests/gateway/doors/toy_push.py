"""A made-up family whose vendor's server pushes over HTTP; its watches can also be set to speak MQTT themselves."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit

import msgspec

from anhu.contract.clock import MINUTE_MS
from anhu.contract.errors import DecodeError
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import as_list, as_object, flagged, json_object, number
from gateway.codec import Codec, Example, Frame
from gateway.door_specs import (
    Disposition,
    DoorKind,
    HttpExample,
    HttpMessage,
    HttpReply,
    HttpRequest,
    HttpSpec,
    MqttSpec,
)

PATH = "/push/toy"
KEY = b"the vendor's key"
AT_MS = 1_795_300_000_000
_FRESH_MS = 5 * MINUTE_MS
_REPLIES = {
    Disposition.ACCEPTED: (200, {"code": 0, "msg": "ok"}),
    Disposition.RELEASED: (503, {"code": 503, "msg": "again"}),
    Disposition.REJECTED: (401, {"code": 401, "msg": "sign"}),
}


def decode(frame: Frame) -> tuple[Observation, ...]:
    said = json_object(frame.payload)
    at_ms, quality = frame.received_at_ms, TimeQuality.RECEIVED
    made: tuple[Observation, ...]
    if said.get("kind") == "sos":
        made = (Event("sos", at_ms, "on", {}, quality),)
    elif said.get("kind") == "hr":
        made = (Scalar("heart_rate", number(said.get("value"), "value"), at_ms, quality),)
    else:
        raise DecodeError("kind", said.get("kind"), "hr or sos")
    return flagged(made, Quality.RETAINED) if frame.retained else made


def signature(key: bytes, at_ms: int, target: str, body: bytes) -> str:
    return hmac.new(key, f"{at_ms}\n{target}\n".encode() + body, hashlib.sha256).hexdigest()


def request(body: bytes, *, key: bytes = KEY, method: str = "POST", target: str = PATH) -> HttpRequest:
    headers = {"x-time": str(AT_MS), "x-sign": signature(key, AT_MS, target, body)}
    return HttpRequest(method=method, target=target, headers=headers, body=body, received_at_ms=AT_MS)


def _is_genuine(asked: HttpRequest, key: bytes) -> bool:
    given = asked.headers.get("x-time", "")
    if not (given.isascii() and given.isdecimal() and abs(asked.received_at_ms - int(given[:20])) <= _FRESH_MS):
        return False
    expected = signature(key, int(given), asked.target, asked.body)
    return hmac.compare_digest(expected.encode(), asked.headers.get("x-sign", "").encode())


def _messages(asked: HttpRequest) -> tuple[HttpMessage, ...]:
    if asked.method == "GET":
        return ()
    made = []
    for i, given in enumerate(as_list(json_object(asked.body).get("data"), "data", at_most=100)):
        one = as_object(given, f"data.{i}")
        if not isinstance(one.get("imei"), str):
            raise DecodeError(f"data.{i}.imei", one.get("imei"), "the watch's identity")
        made.append(HttpMessage(device_id=str(one["imei"]), payload=msgspec.json.encode(one)))
    return tuple(made)


def _reply(asked: HttpRequest, disposition: Disposition) -> HttpReply:
    if asked.method == "GET" and disposition is Disposition.ACCEPTED:
        [challenge] = parse_qs(urlsplit(asked.target).query).get("challenge", [""])
        return HttpReply(status=200, body=challenge.encode(), content_type="text/plain")
    status, body = _REPLIES[disposition]
    return HttpReply(status=status, body=msgspec.json.encode(body))


_HEART = b'{"imei":"dev-1","kind":"hr","value":72}'
_BATCH = request(b'{"data":[{"imei":"dev-1","kind":"hr","value":72},{"imei":"dev-2","kind":"sos"}]}')

CODEC = Codec(
    name="toy_push",
    title="a vendor's server that pushes",
    data_sheet="made up",
    decode=decode,
    mqtt=MqttSpec(publish=("toy/{device_id}/up",)),
    http=HttpSpec(
        is_genuine=_is_genuine,
        messages=_messages,
        reply=_reply,
        examples=(
            HttpExample(
                name="two watches in one push",
                request=_BATCH,
                key=KEY,
                messages=(
                    HttpMessage(device_id="dev-1", payload=_HEART),
                    HttpMessage(device_id="dev-2", payload=b'{"imei":"dev-2","kind":"sos"}'),
                ),
            ),
            HttpExample(
                name="the vendor tries the address",
                request=request(b"", method="GET", target=f"{PATH}?challenge=12"),
                key=KEY,
                messages=(),
            ),
        ),
    ),
    examples=(
        Example(
            name="a heart rate",
            door=DoorKind.HTTP,
            route=PATH,
            payload=_HEART,
            observations=(Scalar("heart_rate", 72.0, AT_MS, TimeQuality.RECEIVED),),
        ),
        Example(
            name="the same over MQTT",
            route="toy/dev-1/up",
            payload=_HEART,
            observations=(Scalar("heart_rate", 72.0, AT_MS, TimeQuality.RECEIVED),),
        ),
        Example(name="no kind", door=DoorKind.HTTP, route=PATH, payload=b"{}", error="kind: got None"),
    ),
)
