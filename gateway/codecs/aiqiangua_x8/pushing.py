"""How the watch's cloud pushes: a form, and the key in the address."""

from __future__ import annotations

import msgspec

from anhu.contract.errors import DecodeError
from anhu.contract.payload import json_object
from gateway.codecs.aiqiangua_x8.reading import KINDS, WHO
from gateway.door_specs import HttpExample, HttpMessage, HttpRequest, HttpSpec
from gateway.push_signatures import bears_token, code_and_msg, fields_of, query

_REPEATS_S = 30.0


def _messages(request: HttpRequest) -> tuple[HttpMessage, ...]:
    """Return what a form says, or a query, or JSON; nothing for the trial of an address."""
    fields: dict[str, object] = {name: values[0] for name, values in query(request).items() if name != "token"}
    body = request.body.strip()
    if body[:1] == b"{":
        fields |= json_object(body)
    elif body:
        form = fields_of(body.decode("utf-8", "replace"))
        fields |= {f"{name}#{i}" if i else name: v for name, values in form.items() for i, v in enumerate(values)}
    if not fields and not body:
        return ()
    device_id = next((str(fields[name]).strip() for name in WHO if fields.get(name)), "")
    if not device_id:
        raise DecodeError("imei", None, "imei, deviceid or devID")
    return (HttpMessage(device_id=device_id, payload=msgspec.json.encode(fields)),)


_KEY = b"the product's push key"
_IMEI = "860000000000007"
_AT_MS = 1_795_300_000_000
_FORM = b"imei=860000000000007&heartrate=88&city=%E5%BE%B7%E5%B7%9E&address=x&lon=116.31&lat=37.45"

HTTP = HttpSpec(
    rests=("", *(f"/{kind}" for kind in (*KINDS, "notify"))),
    is_genuine=bears_token,
    messages=_messages,
    reply=code_and_msg,
    repeats_s=_REPEATS_S,
    examples=(
        HttpExample(
            name="a form",
            request=HttpRequest(
                method="POST",
                target="/push/x8/sos",
                headers={"authorization": f"Bearer {_KEY.decode()}"},
                body=_FORM,
                received_at_ms=_AT_MS,
            ),
            key=_KEY,
            messages=(
                HttpMessage(
                    device_id=_IMEI,
                    payload='{"imei":"860000000000007","heartrate":"88","city":"德州","address":"x","lon":"116.31",'
                    '"lat":"37.45"}'.encode(),
                ),
            ),
            signs_body=False,
        ),
        HttpExample(
            name="a query, its key too",
            request=HttpRequest(
                method="GET",
                target="/push/x8/power?token=the%20product%27s%20push%20key&deviceid=860000000000007&remaining_power=15",
                headers={},
                body=b"",
                received_at_ms=_AT_MS,
            ),
            key=_KEY,
            messages=(HttpMessage(device_id=_IMEI, payload=b'{"deviceid":"860000000000007","remaining_power":"15"}'),),
            signs_body=False,
        ),
    ),
)
