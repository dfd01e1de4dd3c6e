"""Format v1 over HTTP: one message of one device, or many of many; signed, or with the key itself.

``X-Anhu-Device`` names the device of a message. A body that is an array is many: ``[{"device": "…", "message": {…}}]``.
``X-Anhu-Signature`` is the HMAC-SHA256, in hexadecimal, of ``X-Anhu-Time``, the device and the body with a line feed
between each. Whoever cannot sign sends ``Authorization: Bearer KEY`` instead.
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec

from anhu.contract.clock import MINUTE_MS
from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.wire import MAX_PUSHED
from gateway.door_specs import HttpExample, HttpMessage, HttpRequest, HttpSpec
from gateway.push_signatures import FRESH_MS, bears_token, code_and_msg, is_fresh, query, signs

DEVICE, TIME, SIGNATURE = "x-anhu-device", "x-anhu-time", "x-anhu-signature"


class _One(msgspec.Struct):
    """One element of a push of many."""

    device: str
    message: msgspec.Raw


_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])
_ELEMENT = msgspec.json.Decoder(_One)


def _signed(request: HttpRequest) -> bytes:
    at, device = request.headers.get(TIME, ""), request.headers.get(DEVICE, "")
    return f"{at}\n{device}\n".encode() + request.body


def _is_genuine(request: HttpRequest, key: bytes) -> bool:
    signature = request.headers.get(SIGNATURE, "")
    if not signature:
        return bears_token(request, key)
    return signs(key, _signed(request), signature) and is_fresh(request, request.headers.get(TIME, ""))


def _explained(request: HttpRequest) -> str:
    """Say what is asked for where no key is given in a form that we know, and else no more than that it is wrong."""
    bears = request.headers.get("authorization", "").lower().startswith("bearer ") or "token" in query(request)
    if not bears and not request.headers.get(SIGNATURE):
        return "no key: expected Authorization: Bearer KEY, or X-Anhu-Time with X-Anhu-Signature"
    return f"wrong key or signature, or its time is more than {FRESH_MS // MINUTE_MS} minutes off"


def _messages(request: HttpRequest) -> tuple[HttpMessage, ...]:
    body = request.body
    if body.lstrip()[:1] != b"[":
        device = request.headers.get(DEVICE, "")
        if not device:
            raise FieldError(
                "X-Anhu-Device", "", "the device that says so, or an array of many messages", zh="数据所属的设备"
            )
        return (HttpMessage(device_id=device, payload=body),)
    try:
        elements = _ELEMENTS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError("payload", body[:80], f"a JSON array ({error})") from None
    if len(elements) > MAX_PUSHED:
        raise DecodeError("payload", len(elements), f"at most {MAX_PUSHED} messages")
    return tuple(map(_message, elements))


def _message(element: msgspec.Raw) -> HttpMessage:
    """Return one of many; what names no device is for nobody, and costs the others nothing."""
    try:
        one = _ELEMENT.decode(element)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return HttpMessage(device_id="", payload=bytes(element))
    return HttpMessage(device_id=one.device, payload=bytes(one.message))


_KEY = b"the product's push key"
_AT_MS = 1_795_300_000_000
_BODY = b'{"v":1,"time":1795300000000,"values":{"heart_rate":72},"events":[{"kind":"sos"}]}'
_MANY = b'[{"device":"dev-1","message":{"v":1,"values":{"spo2":97}}},{"devise":"dev-2"}]'


def _request(body: bytes, device: str, **headers: str) -> HttpRequest:
    given = {DEVICE: device} if device else {}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpRequest(method="POST", target="/push/my-watch", headers=given, body=body, received_at_ms=_AT_MS)


def _example_signature(device: str, body: bytes) -> str:
    return hmac.new(_KEY, f"{_AT_MS}\n{device}\n".encode() + body, hashlib.sha256).hexdigest()


HTTP = HttpSpec(
    is_genuine=_is_genuine,
    messages=_messages,
    reply=code_and_msg,
    explains=_explained,
    examples=(
        HttpExample(
            name="one message, signed",
            request=_request(
                _BODY, "dev-1", x_anhu_time=str(_AT_MS), x_anhu_signature=_example_signature("dev-1", _BODY)
            ),
            key=_KEY,
            messages=(HttpMessage(device_id="dev-1", payload=_BODY),),
        ),
        HttpExample(
            name="many, with the key itself; one of them names no device",
            request=_request(_MANY, "", authorization=f"Bearer {_KEY.decode()}"),
            key=_KEY,
            messages=(
                HttpMessage(device_id="dev-1", payload=b'{"v":1,"values":{"spo2":97}}'),
                HttpMessage(device_id="", payload=b'{"devise":"dev-2"}'),
            ),
            signs_body=False,
        ),
    ),
)
