"""How the operator's cloud pushes: one report a push, the key in the address."""

from __future__ import annotations

import re

import msgspec

from anhu.contract.errors import DecodeError
from anhu.contract.payload import json_object
from gateway.door_specs import HttpExample, HttpMessage, HttpRequest, HttpSpec
from gateway.push_signatures import bears_token, code_and_msg

_REPEATS_S = 30.0
_IMEI = re.compile(r"[0-9]{14,17}")
_MOST = 1_000


def _messages(request: HttpRequest) -> tuple[HttpMessage, ...]:
    """Return the report, or the reports of an array; nothing for the trial of an address."""
    body = request.body.strip()
    if not body:
        return ()
    if body[:1] != b"[":
        return (_message(json_object(body), body),)
    try:
        reports = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError("payload", body[:80], f"a JSON array ({error})") from None
    if len(reports) > _MOST:
        raise DecodeError("payload", len(reports), f"at most {_MOST} reports")
    return tuple(_message(msgspec.json.decode(one), bytes(one)) for one in reports)


def _message(report: object, raw: bytes) -> HttpMessage:
    body = report if isinstance(report, dict) else {}
    imei = str(body.get("IMEI") or "")
    return HttpMessage(device_id=imei if _IMEI.fullmatch(imei) else str(body.get("deviceId") or ""), payload=raw)


_KEY = b"the product's push key"
REPORT = (
    b'{"upPacketSN":-1,"upDataSN":-1,"topic":"v1/up/ad19prof","timestamp":1606982320277,"tenantId":"1","serviceId":"",'
    b'"protocol":"lwm2m","productId":"15014772","payload":{"serviceId":"notification","serviceData":{"Alarm_Status":2,'
    b'"AlarmLevel":100,"Battery_Level":100,"RSRP":114,"IMEI":"860000000000007"}},"messageType":"dataReport",'
    b'"deviceId":"acf7","IMSI":"undefined","IMEI":"860000000000007"}'
)
"""The operator's sample."""
_OTHER = b'{"messageType":"deviceOnlineOfflineReport","eventType":1,"deviceId":"acf7","IMEI":"undefined"}'


def _request(body: bytes) -> HttpRequest:
    headers = {"authorization": f"Bearer {_KEY.decode()}"}
    return HttpRequest(
        method="POST", target="/push/alarm-nb", headers=headers, body=body, received_at_ms=1_795_300_000_000
    )


HTTP = HttpSpec(
    is_genuine=bears_token,
    messages=_messages,
    reply=code_and_msg,
    repeats_s=_REPEATS_S,
    examples=(
        HttpExample(
            name="the operator's sample",
            request=_request(REPORT),
            key=_KEY,
            messages=(HttpMessage(device_id="860000000000007", payload=REPORT),),
            signs_body=False,
        ),
        HttpExample(
            name="a device without an IMEI",
            request=_request(_OTHER),
            key=_KEY,
            messages=(HttpMessage(device_id="acf7", payload=_OTHER),),
            signs_body=False,
        ),
    ),
)
