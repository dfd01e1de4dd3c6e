"""A made-up family whose vendor's cloud keeps a history, and is asked about several devices at once."""

from __future__ import annotations

import base64
import hmac
from urllib.parse import urlencode

import msgspec

from anhu.contract.errors import DecodeError
from anhu.contract.observation import Event, Observation, Quality, Scalar
from anhu.contract.payload import as_list, as_object, flagged, json_object, number, time_ms
from gateway.codec import Codec, Example, Frame
from gateway.door_specs import DoorKind, HttpMessage
from gateway.poll_spec import PollAsk, PollExample, PollRequest, PollSpec

AT_MS = 1_795_300_000_000
PATH = "/history"


def decode(frame: Frame) -> tuple[Observation, ...]:
    said = json_object(frame.payload)
    at_ms = time_ms(said.get("t"), "t")
    made: tuple[Observation, ...] = (Scalar("heart_rate", number(said.get("hr"), "hr"), at_ms),)
    made = (Event("sos", at_ms),) if said.get("sos") else made
    return flagged(made, Quality.RETAINED) if frame.retained else made


def request(ask: PollAsk) -> PollRequest:
    signature = base64.b64encode(hmac.digest(ask.secret.encode(), ask.nonce.encode(), "sha1")).decode()
    said = {"devID": ",".join(ask.device_ids), "since": ask.since_ms, "clientID": ask.account}
    return PollRequest(f"{PATH}?{urlencode({**said, 'signatureNonce': ask.nonce, 'signature': signature})}")


def messages(ask: PollAsk, body: bytes) -> tuple[HttpMessage, ...]:  # noqa: ARG001 - the form of all families
    made = []
    for i, given in enumerate(as_list(json_object(body).get("rows"), "rows", at_most=1_000)):
        one = as_object(given, f"rows.{i}")
        if not isinstance(one.get("id"), str):
            raise DecodeError(f"rows.{i}.id", one.get("id"), "the device's identity")
        made.append(HttpMessage(device_id=str(one["id"]), payload=msgspec.json.encode(one)))
    return tuple(made)


_ASK = PollAsk(
    device_ids=("dev-1", "dev-2"),
    account="a",
    secret="s",
    nonce="n",
    at_ms=AT_MS,
    since_ms=7,
)
_ROW = b'{"id":"dev-1","hr":72,"t":1795300000000}'

CODEC = Codec(
    name="toy_poll",
    title="a vendor's cloud with a history",
    data_sheet="made up",
    decode=decode,
    poll=PollSpec(
        address="https://toy.example",
        period_s=60.0,
        at_once=10,
        request=request,
        messages=messages,
        position=lambda payload: str(json_object(payload).get("t", "")),
        examples=(
            PollExample(
                name="two devices since the last answer",
                ask=_ASK,
                request=PollRequest(
                    "/history?devID=dev-1%2Cdev-2&since=7&clientID=a&signatureNonce=n"
                    "&signature=uKzGCZtwheQZ8IwxGLxpqdkFruA%3D"
                ),
                answer=b'{"rows":[' + _ROW + b"]}",
                messages=(HttpMessage(device_id="dev-1", payload=_ROW),),
            ),
        ),
    ),
    examples=(
        Example(
            name="a heart rate",
            door=DoorKind.POLL,
            route=PATH,
            payload=_ROW,
            observations=(Scalar("heart_rate", 72.0, AT_MS),),
        ),
        Example(name="no time", door=DoorKind.POLL, route=PATH, payload=b'{"hr":72}', error="t: got None"),
    ),
)
