"""How the cloud pushes alarms and sleep reports: JSON, and the key in the address."""

from __future__ import annotations

from anhu.contract.errors import DecodeError
from anhu.contract.payload import json_object
from gateway.codecs.sleepthing.reading import WHO, inside
from gateway.door_specs import HttpExample, HttpMessage, HttpRequest, HttpSpec
from gateway.push_signatures import bears_token, code_and_msg
from gateway.thing_model import names

_REPEATS_S = 30.0


def _messages(request: HttpRequest) -> tuple[HttpMessage, ...]:
    """Return the alarm or the report; nothing for the trial of an address."""
    if not request.body.strip():
        return ()
    fields = inside(json_object(request.body))
    named = next((value for name, value in fields.items() if names.plain(name) in WHO and value), None)
    if named is None:
        raise DecodeError("devID", None, "the band's identity")
    return (HttpMessage(device_id=str(named), payload=request.body),)


_KEY = b"the product's push key"
_BODY = '{"devID":"40F5200F855E","alarmType":"离床","time":1795300000000}'.encode()

HTTP = HttpSpec(
    rests=("/alarm", "/sleep", ""),
    is_genuine=bears_token,
    messages=_messages,
    reply=code_and_msg,
    repeats_s=_REPEATS_S,
    examples=(
        HttpExample(
            name="an alarm, the key in its address",
            request=HttpRequest(
                method="POST",
                target="/push/sleepband/alarm?token=the%20product%27s%20push%20key",
                headers={},
                body=_BODY,
                received_at_ms=1_795_300_000_000,
            ),
            key=_KEY,
            messages=(HttpMessage(device_id="40F5200F855E", payload=_BODY),),
            signs_body=False,
        ),
    ),
)
