"""Devices built for Tencent Cloud's IoT Explorer, and how they sign log-ins.

A device is registered under its name; its client id is that with the product's ten characters in front, and its key the
base64 text that the console shows. What it reports has one time for all properties, in seconds or milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from anhu.contract.clock import SECOND_MS
from anhu.contract.errors import DecodeError
from anhu.contract.observation import Event, Observation, Scalar, TimeQuality
from anhu.contract.payload import as_list, as_object, json_object
from gateway.codec import Answer, Codec, Command, Example, Frame
from gateway.door_specs import LoginExample, LoginVerdict, MqttLogin, MqttReply, MqttSpec, SignedLogins
from gateway.signed_logins import digest_of, key_from_base64, same_hex
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

_ROUTE = re.compile(r"\$thing/up/(?P<kind>property|event)/[^/]+/[^/]+")
_PRODUCT_CHARS = 10
_MOST_EVENTS = 100
_REPLIES = {"report": "report_reply", "event_post": "event_reply", "events_post": "events_reply"}
_USER_NAME_PARTS = 4
_MOST_DIGITS = 14


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read what is reported; what the cloud's own services exchange says nothing of a resident."""
    found = _ROUTE.fullmatch(frame.route)
    if found is None:
        return ()
    body = json_object(frame.payload)
    method = body.get("method")
    if found["kind"] == "property":
        if isinstance(method, str) and method != "report":
            return ()  # what it asks of its cloud, and what it answers
        params = as_object(body.get("params"), "params")
        return whole(properties_said(params, moment(body.get("timestamp"), arrival(frame))), frame, params, "params")
    return whole(_events(body, arrival(frame)), frame, body, "events")


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return the properties of a report that nobody mapped."""
    return unmapped_of(json_object(frame.payload).get("params")) if "/up/property/" in frame.route else ()


def _events(body: Mapping[str, object], at: Moment) -> Iterator[Observation]:
    given = body.get("events", [body])
    for i, one in enumerate(as_list(given, "events", at_most=_MOST_EVENTS)):
        event = as_object(one, f"events.{i}")
        identifier = event.get("eventId")
        if not isinstance(identifier, str) or not identifier:
            raise DecodeError(f"events.{i}.eventId", identifier, "what the event is called")
        yield from event_said(identifier, event.get("params", {}), moment(event.get("timestamp"), at))


def reply(route: str, payload: bytes, at_ms: int) -> MqttReply | None:  # noqa: ARG001 - the form of all families
    """Return what the cloud answers to a report or an event."""
    if not route.startswith("$thing/up/"):
        return None
    body = json_object(payload)
    method = body.get("method")
    answer = _REPLIES.get(method) if isinstance(method, str) else None
    if answer is None:
        return None
    told = {"method": answer, "clientToken": body.get("clientToken", ""), "code": 0, "status": "success", "data": {}}
    return MqttReply(route.replace("/up/", "/down/", 1), msgspec.json.encode(told))


def encode(command: Command) -> bytes:
    """Return the call of an action that is called as the command."""
    said = {"method": "action", "clientToken": command.command_id, "actionId": command.name}
    return msgspec.json.encode({**said, "timestamp": command.at_ms // SECOND_MS, "params": arguments_of(command)})


def answer(frame: Frame) -> Answer | None:
    """Return what a device says to such a call: ``code`` 0 is yes, anything else is no."""
    if not frame.route.startswith("$thing/up/action/"):
        return None
    return service_answer(json_object(frame.payload), "clientToken", good=0)


def device_of(login: MqttLogin) -> str:
    """Return whose log-in it is."""
    parts = login.user_name.split(";")
    is_one = len(parts) == _USER_NAME_PARTS and parts[0] == login.client_id
    return login.client_id[_PRODUCT_CHARS:] if is_one else ""


def verdict(login: MqttLogin, secret: str) -> LoginVerdict:
    """Check the digest of the user name, and that its time is not over."""
    presented, _, method = login.password.decode("utf-8", "replace").partition(";")
    key = key_from_base64(secret)
    digest = digest_of(method, key, login.user_name) if key else None
    if not same_hex(digest, presented.encode()):
        return LoginVerdict.FALSE
    expires = login.user_name.rpartition(";")[2]
    is_number = expires.isascii() and expires.isdigit() and len(expires) <= _MOST_DIGITS
    return LoginVerdict.GENUINE if is_number and int(expires) * 1_000 > login.at_ms else LoginVerdict.STALE


_AT_MS = 1_795_300_000_000
_RECEIVED = TimeQuality.RECEIVED
_PROPERTY, _EVENT = "$thing/up/property/1A17RZR3XX/dev-1", "$thing/up/event/1A17RZR3XX/dev-1"


def _example(name: str, payload: str, *observations: Observation, route: str = _PROPERTY) -> Example:
    return Example(name=name, route=route, payload=payload.encode(), observations=observations)


_EXAMPLES = (
    _example(
        "one time for all, in seconds",
        '{"method":"report","clientToken":"1","timestamp":1628646783,"params":{"heart_rate":72,"spo2":"97"}}',
        Scalar("heart_rate", 72.0, 1_628_646_783_000),
        Scalar("spo2", 97.0, 1_628_646_783_000),
    ),
    _example(
        "in milliseconds, with a call for help",
        '{"method":"report","clientToken":"1","timestamp":1628646783212,"params":{"sos":1,"battery":80}}',
        Event("sos", 1_628_646_783_212, "on", {}),
        Scalar("battery", 80.0, 1_628_646_783_212),
    ),
    _example(
        "an event",
        '{"method":"event_post","clientToken":"1","version":"1.0","eventId":"fall","type":"alert",'
        '"timestamp":1628646783212,"params":{"heart_rate":110}}',
        Event("fall", 1_628_646_783_212, "on", {}),
        Scalar("heart_rate", 110.0, 1_628_646_783_212),
        route=_EVENT,
    ),
    _example(
        "several events, one of them nobody mapped",
        '{"method":"events_post","clientToken":"1","events":[{"eventId":"smoke","type":"fatal","params":{"alarm":1}},'
        '{"eventId":"dianliang","type":"info","params":{"dianliang":11}}]}',
        Event("smoke", _AT_MS, "on", {}, _RECEIVED),
        Event(
            "unknown_vendor_event", _AT_MS, "on", {"value": '{"dianliang":11}', "vendor_type": "dianliang"}, _RECEIVED
        ),
        route=_EVENT,
    ),
    _example("a question to the cloud", '{"method":"get_status","clientToken":"1","type":"report"}'),
    _example("an answer to the cloud", '{"method":"control_reply","clientToken":"1","code":0}'),
    _example("a device says its version", '{"method":"report_info","clientToken":"1","params":{"fw_ver":"1"}}'),
    _example(
        "an answer to an action",
        '{"method":"action_reply","clientToken":"1","code":0,"response":{}}',
        route="$thing/up/action/1A17RZR3XX/dev-1",
    ),
    Example(
        name="nothing of it is mapped",
        route=_PROPERTY,
        payload=b'{"method":"report","clientToken":"1","params":{"flow":3.2}}',
        error="at least one property or event that is mapped",
    ),
    Example(name="no params", route=_PROPERTY, payload=b'{"method":"report"}', error="params: got None"),
    Example(name="an event without a name", route=_EVENT, payload=b'{"method":"event_post"}', error="events.0.eventId"),
)


def _login(name: str, method: str, presented: str) -> LoginExample:
    user_name = "1A17RZR3XXdev-1;12010126;E4F3Q;2147483647"
    password = f"{presented};{method}".encode()
    login = MqttLogin(client_id="1A17RZR3XXdev-1", user_name=user_name, password=password, at_ms=_AT_MS)
    return LoginExample(name=name, login=login, device_id="dev-1", secret="MDEyMzQ1Njc4OWFiY2RlZg==")  # noqa: S106 - made up


CODEC = Codec(
    name="tencent_iot",
    title="Devices built for Tencent Cloud IoT Explorer",
    data_sheet="https://cloud.tencent.com/document/product/1081/34916",
    mqtt=MqttSpec(
        publish=("$thing/up/+/+/{device_id}", "$ota/report/+/{device_id}", "$log/operation/+/{device_id}"),
        commands="$thing/down/action/{product}/{device_id}",
        signed=SignedLogins(
            device_of=device_of,
            verdict=verdict,
            examples=(
                _login(
                    "with SHA-256", "hmacsha256", "be273218443883827528bb2f67a75428ea08b31660ff26dc058048442004dcbb"
                ),
                _login("with SHA-1", "hmacsha1", "e6858f2dace5a4e91c64885474046d592ce1097b"),
            ),
        ),
        reply=reply,
    ),
    decode=decode,
    encode=encode,
    answer=answer,
    unmapped=unmapped,
    examples=_EXAMPLES,
)
