"""Devices built for China Mobile's OneNET (thing model), the sub-devices behind a gateway, and their tokens.

Values are often texts. A token says until when it is good and what it is for; devices bring it as the password, with
the product as the user name and their own name as the client id. A device is registered under that name, and its key is
the base64 text that OneNET shows.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

import msgspec

from anhu.contract.errors import DecodeError
from anhu.contract.observation import Event, Observation, Scalar, TimeQuality
from anhu.contract.payload import as_list, as_object, json_object
from gateway.codec import Answer, Codec, Command, Example, Frame
from gateway.command_numbers import command_number
from gateway.door_specs import LoginExample, LoginVerdict, MqttLogin, MqttReply, MqttSpec, SignedLogins
from gateway.signed_logins import digest_of, key_from_base64, named_values
from gateway.thing_model.report import (
    MOST_SUB_DEVICES,
    Moment,
    arrival,
    event_said,
    identity_of,
    moment,
    properties_said,
    unmapped_of,
    whole,
)
from gateway.thing_model.services import arguments_of, service_answer

_OF_THE_CLOUD = re.compile(
    r"(?:_reply$|/accepted$|/rejected$|^thing/(?:service|sub|topo|config)/|^thing/property/(?:get|set|desired)|^ota/)"
)
_SERVICE_REPLY = re.compile(r"thing/service/[^/]+/invoke_reply")
_PROPERTIES, _EVENTS, _DATA_POINTS = "thing/property/post", "thing/event/post", "dp/post/json"
_PACKS = frozenset({"thing/pack/post", "thing/history/post"})


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read what is posted; what the cloud's own services exchange says nothing of a resident."""
    below = _below(frame.route)
    if _OF_THE_CLOUD.search(below):
        return ()
    body = json_object(frame.payload)
    field = "dp" if below == _DATA_POINTS else "params"
    return whole(_said(below, body.get(field), frame), frame, body.get(field), field)


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return the properties of a post that nobody mapped."""
    return unmapped_of(json_object(frame.payload).get("params")) if _below(frame.route) == _PROPERTIES else ()


def _below(route: str) -> str:
    return "/".join(route.split("/")[3:])


def _said(below: str, given: object, frame: Frame) -> Iterator[Observation]:
    at = arrival(frame)
    if below == _PROPERTIES:
        yield from properties_said(as_object(given, "params"), at)
    elif below == _EVENTS:
        yield from _events(as_object(given, "params"), at)
    elif below == _DATA_POINTS:
        yield from _data_points(as_object(given, "dp"), at)
    elif below in _PACKS:
        for i, pack in enumerate(as_list(given, "params", at_most=MOST_SUB_DEVICES)):
            one = as_object(pack, f"params.{i}")
            source = identity_of(one, f"params.{i}") if "identity" in one else ""
            source = "" if source == frame.device_id else source
            properties = one.get("properties", {})
            yield from properties_said(as_object(properties, f"params.{i}.properties"), at, source)
            yield from _events(as_object(one.get("events", {}), f"params.{i}.events"), at, source)
    else:
        raise DecodeError("topic", frame.route, "a post of properties, of events, or of data points")


def _events(events: Mapping[str, object], at: Moment, source: str = "") -> Iterator[Observation]:
    for identifier, event in events.items():
        told = event if isinstance(event, dict) else {"value": event}
        yield from event_said(identifier, told.get("value", told), moment(told.get("time"), at), source)


def _data_points(streams: Mapping[str, object], at: Moment) -> Iterator[Observation]:
    """Yield the values of streams, as OneNET had them before thing models: ``{"hr":[{"v":72,"t":1524448722}]}``."""
    for name, points in streams.items():
        for i, point in enumerate(as_list(points, f"dp.{name}", at_most=MOST_SUB_DEVICES)):
            one = as_object(point, f"dp.{name}.{i}")
            yield from properties_said({name: one.get("v")}, moment(one.get("t"), at))


def reply(route: str, payload: bytes, at_ms: int) -> MqttReply | None:  # noqa: ARG001 - the form of all families
    """Return what the cloud answers to a post."""
    below = _below(route)
    body = json_object(payload)
    if below == _DATA_POINTS:
        return MqttReply(f"{route}/accepted", msgspec.json.encode({"id": body.get("id", 0)}))
    if not below.startswith("thing/") or not below.endswith("/post"):
        return None
    told = {"id": str(body.get("id", "")), "code": 200, "msg": "success"}
    return MqttReply(f"{route}/reply", msgspec.json.encode(told))


def encode(command: Command) -> bytes:
    """Return the call of a service that is called as the command; an id there is a number of 13 digits at most."""
    params = {"id": command.command_id, "command": command.name, **arguments_of(command)}
    return msgspec.json.encode({"id": command_number(command.command_id), "version": "1.0", "params": params})


def answer(frame: Frame) -> Answer | None:
    """Return what a device says to such a call: ``code`` 200 is yes, anything else is no."""
    is_one = _SERVICE_REPLY.fullmatch(_below(frame.route))
    return service_answer(json_object(frame.payload), "id", good=200) if is_one else None


def _token(login: MqttLogin) -> Mapping[str, str]:
    text = login.password.decode("utf-8", "replace")
    return {name: unquote(value) for name, value in named_values(text, "&").items()}


def device_of(login: MqttLogin) -> str:
    """Return whose log-in it is: the token names product and device, which have to be those of the CONNECT."""
    wanted = f"products/{login.user_name}/devices/{login.client_id}"
    return login.client_id if login.client_id and _token(login).get("res") == wanted else ""


def verdict(login: MqttLogin, secret: str) -> LoginVerdict:
    """Check the token, and that it is still good."""
    token, key = _token(login), key_from_base64(secret)
    content = "\n".join(token.get(name, "") for name in ("et", "method", "res", "version"))
    digest = digest_of(token.get("method", ""), key, content) if key else None
    if digest is None or not hmac.compare_digest(digest, key_from_base64(token.get("sign", ""))):
        return LoginVerdict.FALSE
    expires = token["et"]
    is_good = expires.isascii() and expires.isdigit() and len(expires) < 15 and int(expires) * 1_000 > login.at_ms  # noqa: PLR2004 - no number without end
    return LoginVerdict.GENUINE if is_good else LoginVerdict.STALE


_AT_MS = 1_795_300_000_000
_RECEIVED = TimeQuality.RECEIVED
_TOP = "$sys/Xy12Ab34/dev-1/"


def _example(name: str, payload: str, *observations: Observation, below: str = _PROPERTIES) -> Example:
    return Example(name=name, route=_TOP + below, payload=payload.encode(), observations=observations)


_EXAMPLES = (
    _example(
        "values as texts, with times",
        '{"id":"1001","version":"1.0","params":{"heartRate":{"value":"72","time":1524448722123},'
        '"battery":{"value":"30.5","time":1524448722123}}}',
        Scalar("heart_rate", 72.0, 1_524_448_722_123),
        Scalar("battery", 30.5, 1_524_448_722_123),
    ),
    _example(
        "an event",
        '{"id":"1","version":"1.0","params":{"sos":{"value":{"mode":"long press"},"time":1795299990000}}}',
        Event("sos", 1_795_299_990_000, "on", {}),
        below=_EVENTS,
    ),
    _example(
        "an event that nobody mapped is kept",
        '{"id":"1","version":"1.0","params":{"alarm_7":{"value":{"n":2}}}}',
        Event(
            "unknown_vendor_event",
            _AT_MS,
            "on",
            {"value": '{"n":2}', "vendor_type": "alarm_7", "urgent": True},
            _RECEIVED,
        ),
        below=_EVENTS,
    ),
    _example(
        "a pack of a gateway",
        '{"id":"1","version":"1.0","params":[{"identity":{"productID":"p","deviceName":"smoke-1"},"properties":'
        '{"smoke":{"value":true,"time":1524448722123}},"events":{}},{"properties":{"battery":{"value":"80"}}}]}',
        Event("smoke", 1_524_448_722_123, "on", {}, TimeQuality.DEVICE, 0, "smoke-1"),
        Scalar("battery", 80.0, _AT_MS, _RECEIVED),
        below="thing/pack/post",
    ),
    _example(
        "data points of before",
        '{"id":1,"dp":{"hr":[{"v":71,"t":1524448722},{"v":72}],"sos":[{"v":1}]}}',
        Scalar("heart_rate", 71.0, 1_524_448_722_000),
        Scalar("heart_rate", 72.0, _AT_MS, _RECEIVED),
        Event("sos", _AT_MS, "on", {}, _RECEIVED),
        below=_DATA_POINTS,
    ),
    _example("an answer to a command", '{"id":"1","code":200,"msg":"ok"}', below="thing/service/ask_ok/invoke_reply"),
    _example("an answer to the cloud", '{"id":"1","code":200,"msg":"ok"}', below="thing/property/set_reply"),
    Example(
        name="nothing of it is mapped",
        route=_TOP + _PROPERTIES,
        payload=b'{"id":"1001","version":"1.0","params":{"flow":{"value":"30.5","time":1524448722123}}}',
        error="at least one property or event that is mapped",
    ),
    Example(name="no params", route=_TOP + _PROPERTIES, payload=b'{"id":"1"}', error="params: got None"),
)

_KEY = "MDEyMzQ1Njc4OWFiY2RlZg=="


def _login(name: str, method: str, sign: str) -> LoginExample:
    token = f"version=2018-10-31&res=products%2FXy12Ab34%2Fdevices%2Fdev-1&et=1795303600&method={method}&sign={sign}"
    login = MqttLogin(client_id="dev-1", user_name="Xy12Ab34", password=token.encode(), at_ms=_AT_MS)
    return LoginExample(name=name, login=login, device_id="dev-1", secret=_KEY)


CODEC = Codec(
    name="onenet",
    title="Devices and gateways built for China Mobile OneNET",
    data_sheet="https://open.iot.10086.cn/doc/multiprotocol/book/manual/auth/token.html",
    mqtt=MqttSpec(
        publish=("$sys/+/{device_id}/#",),
        commands="$sys/{product}/{device_id}/thing/service/{command}/invoke",
        signed=SignedLogins(
            device_of=device_of,
            verdict=verdict,
            examples=(
                _login("with SHA-1", "sha1", "9SOtqpYefz5c8iW2MYXaSBeq6eE%3D"),
                _login("with SHA-256", "sha256", "u1j%2FY78UgyGByQNIneFAta6ruP87DM5CMhVfkQPGvwU%3D"),
                _login("with MD5", "md5", "UVYrtWiAnUyL5Ny14cKq2w%3D%3D"),
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
