"""How the cloud itself pushes to an application: notifications over HTTP, signed with a token of the subscription.

The headers ``timestamp``, ``nonce`` and ``signature`` come with each: the signature is the SHA-256, in hexadecimal, of
token, time and nonce, sorted and put together. It does not cover the body. Where the subscription has no token, the
product's push key stands in the address, as ``?token=KEY``.
"""

from __future__ import annotations

import hashlib
import hmac

from anhu.contract.errors import DecodeError
from anhu.contract.payload import as_object, json_object
from gateway.door_specs import HttpExample, HttpMessage, HttpRequest, HttpSpec
from gateway.push_signatures import bears_token, code_and_msg, is_fresh

_REPEATS_S = 30.0


def _is_genuine(request: HttpRequest, key: bytes) -> bool:
    given = request.headers.get("signature", "")
    if not given:
        return bears_token(request, key)
    at, nonce = request.headers.get("timestamp", ""), request.headers.get("nonce", "")
    expected = _signature(key, at, nonce)
    return hmac.compare_digest(expected.encode(), given.lower().encode(errors="replace")) and is_fresh(request, at)


def _signature(key: bytes, at: str, nonce: str) -> str:
    return hashlib.sha256(b"".join(sorted((key, at.encode(), nonce.encode())))).hexdigest()


def _messages(request: HttpRequest) -> tuple[HttpMessage, ...]:
    """Return the notification; nothing for the trial of an address, or what is of no device."""
    if not request.body:
        return ()
    data = as_object(json_object(request.body).get("notify_data"), "notify_data")
    header = as_object(data.get("header"), "notify_data.header")
    device_id = header.get("device_id")
    if not isinstance(device_id, str) or not device_id:
        raise DecodeError("notify_data.header.device_id", device_id, "the device's identity")
    return (HttpMessage(device_id=device_id, payload=request.body),)


_KEY = b"the product's push key"
_AT_MS = 1_795_300_000_000
_BODY = (
    b'{"resource":"device.property","event":"report","event_time":"20261121T222640Z","notify_data":{"header":'
    b'{"device_id":"dev-1","product_id":"p-1"},"body":{"services":[{"service_id":"Button","properties":{"SOS":1},'
    b'"event_time":"20261121T222640Z"}]}}}'
)


def _example(name: str, headers: dict[str, str]) -> HttpExample:
    request = HttpRequest(
        method="POST", target="/push/huawei-button", headers=headers, body=_BODY, received_at_ms=_AT_MS
    )
    messages = (HttpMessage(device_id="dev-1", payload=_BODY),)
    return HttpExample(name=name, request=request, key=_KEY, messages=messages, signs_body=False)


HTTP = HttpSpec(
    is_genuine=_is_genuine,
    messages=_messages,
    reply=code_and_msg,
    repeats_s=_REPEATS_S,
    examples=(
        _example(
            "signed with the subscription's token",
            {"timestamp": str(_AT_MS), "nonce": "a7", "signature": _signature(_KEY, str(_AT_MS), "a7")},
        ),
        _example("the key itself", {"authorization": f"Bearer {_KEY.decode()}"}),
    ),
)
