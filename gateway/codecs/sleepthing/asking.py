"""How the cloud is asked about a band, and how its answer is read."""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime
from urllib.parse import urlencode

import msgspec

from anhu.contract.clock import SECOND_MS
from anhu.contract.errors import DecodeError
from anhu.contract.payload import json_object
from gateway.codecs.sleepthing.reading import WHO, content, inside, said_time
from gateway.door_specs import HttpMessage
from gateway.poll_spec import PollAsk, PollExample, PollRefusedError, PollRequest, PollSpec
from gateway.thing_model import names

_PATH = "/device/getDeviceCurrentState"
_GOOD = frozenset({"0", "200"})
_STRANGE = frozenset({"401", "403"})


def _request(ask: PollAsk) -> PollRequest:
    [device_id] = ask.device_ids
    at = datetime.fromtimestamp(ask.at_ms // SECOND_MS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    signature = base64.b64encode(hmac.digest(ask.secret.encode(), ask.nonce.encode(), "sha1")).decode()
    signed = {
        "clientID": ask.account,
        "format": "JSON",
        "signature": signature,
        "signatureMethod": "HMAC-SHA1",
        "signatureNonce": ask.nonce,
        "signatureVersion": "1.0",
        "timestamp": at,
        "version": "2023-10-18",
    }
    return PollRequest(f"{_PATH}?{urlencode({'devID': device_id, **signed})}")


def _messages(ask: PollAsk, body: bytes) -> tuple[HttpMessage, ...]:
    """Return the state of the band; nothing where the cloud has none."""
    [device_id] = ask.device_ids
    answer = json_object(body)
    code, said = str(answer.get("code", 0)), str(answer.get("msg") or answer.get("message") or "")
    if code in _STRANGE or "sign" in said.lower() or "clientid" in said.lower():
        raise PollRefusedError(f"code {code}: {said}")
    if code not in _GOOD:
        raise DecodeError("code", f"{code} {said}".strip(), "0 or 200")
    if "data" in answer and not answer["data"]:
        return ()
    fields = inside(answer)
    named = next((str(v) for n, v in fields.items() if names.plain(n) in WHO), device_id)
    whose = device_id if named.lower() == device_id.lower() else named
    return (HttpMessage(device_id=whose, payload=body),)


def _position(payload: bytes) -> str:
    """Return all that is said of the band where a time is said; without one, nobody can tell old from new."""
    said = content(json_object(payload))
    return msgspec.json.encode(said).decode() if said_time(said) else ""


_ASK = PollAsk(
    device_ids=("40F5200F855E",),
    account="client-1",
    secret="0123456789abcdef",  # noqa: S106 - made up
    nonce="8b1f6f0e2d7c4a53",
    at_ms=1_795_300_000_000,
)
_ANSWER = b'{"code":0,"msg":"success","data":{"devID":"40F5200F855E","state":1,"HR":62,"BR":14,"time":1795299990000}}'

POLL = PollSpec(
    address="https://openapi.sleepthing.com",
    period_s=60.0,
    request=_request,
    messages=_messages,
    position=_position,
    examples=(
        PollExample(
            name="somebody lies still",
            ask=_ASK,
            request=PollRequest(
                "/device/getDeviceCurrentState?devID=40F5200F855E&clientID=client-1&format=JSON"
                "&signature=6VtDIj22SWOySt9J2%2Foukrft2q8%3D&signatureMethod=HMAC-SHA1&signatureNonce=8b1f6f0e2d7c4a53"
                "&signatureVersion=1.0&timestamp=2026-11-21T22%3A26%3A40Z&version=2023-10-18"
            ),
            answer=_ANSWER,
            messages=(HttpMessage(device_id="40F5200F855E", payload=_ANSWER),),
        ),
        PollExample(
            name="the cloud has nothing of it",
            ask=_ASK,
            request=_request(_ASK),
            answer=msgspec.json.encode({"code": 0, "data": None}),
            messages=(),
        ),
    ),
)
