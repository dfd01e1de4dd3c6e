"""Devices built for Aliyun's IoT platform (Alink JSON), the sub-devices behind a gateway, and how they sign log-ins.

A device is registered under its DeviceName. Values come bare or with a time, numbers as texts, ``method`` may be
missing, ``id`` may be a number and is unique for a day only. The time of a property goes before the arrival; one up to
a day ahead is legal there. Raw pass-through (``up_raw``) is a vendor's own binary: it is kept, and nobody reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from anhu.contract.errors import DecodeError
from anhu.contract.observation import Event, Observation, Scalar, TimeQuality
from anhu.contract.payload import as_list, as_object, json_object
from gateway.codec import Answer, Codec, Command, Example, Frame
from gateway.command_numbers import command_number
from gateway.door_specs import LoginExample, LoginVerdict, MqttLogin, MqttReply, MqttSpec, SignedLogins
from gateway.signed_logins import digest_of, named_values, same_hex
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

_OF_THE_CLOUD = re.compile(r"(?:_reply$|^service/|^(?:deviceinfo|config|topo|sub|list|lan|disable|enable|delete)/)")
_EVENT = re.compile(r"event/(?P<identifier>.+)/post")
_SERVICE_REPLY = re.compile(r"service/(?!property/)[^/]+_reply")
_PROPERTIES = frozenset({"event/property/post", "event/property/batch/post"})
_PACKS = frozenset({"event/property/pack/post", "event/property/history/post"})
_RAW = frozenset({"model/up_raw"})


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read what is posted; what the cloud's own services exchange says nothing of a resident."""
    below = frame.route.partition("/thing/")[2]
    if _OF_THE_CLOUD.search(below):
        return ()
    if below in _RAW:
        raise DecodeError("payload", frame.payload[:40], "Alink JSON: only the vendor knows what raw bytes mean")
    body = json_object(frame.payload)
    params = body.get("params")
    if params is None:
        raise DecodeError("params", None, "what is posted")
    return whole(_said(below, params, frame), frame, params, "params")


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return the properties of a post that nobody mapped."""
    return unmapped_of(json_object(frame.payload).get("params"))


def _said(below: str, params: object, frame: Frame) -> Iterator[Observation]:
    at = arrival(frame)
    if below in _PROPERTIES:
        given = as_object(params, "params")
        yield from properties_said(given["properties"] if _is_batch(given) else given, at)
    elif below in _PACKS:
        packs = params if isinstance(params, list) else [params]
        for i, pack in enumerate(as_list(packs, "params", at_most=MOST_SUB_DEVICES)):
            yield from _packed(as_object(pack, f"params.{i}"), at, f"params.{i}", own=i == 0)
    elif found := _EVENT.fullmatch(below):
        given = as_object(params, "params")
        outputs = given.get("value", given)
        yield from event_said(found["identifier"], outputs, moment(given.get("time"), at))
    else:
        raise DecodeError("topic", frame.route, "a post of properties or of an event")


def _is_batch(params: Mapping[str, object]) -> bool:
    return isinstance(params.get("properties"), dict)


def _packed(pack: Mapping[str, object], at: Moment, field: str, *, own: bool) -> Iterator[Observation]:
    """Yield what a pack says of the gateway itself, of a device that it names, and of those behind it."""
    source = "" if own and "identity" not in pack else identity_of(pack, field)
    yield from _of_one(pack, at, source, field)
    for i, given in enumerate(as_list(pack.get("subDevices", []), f"{field}.subDevices", at_most=MOST_SUB_DEVICES)):
        sub = as_object(given, f"{field}.subDevices.{i}")
        yield from _of_one(sub, at, identity_of(sub, f"{field}.subDevices.{i}"), f"{field}.subDevices.{i}")


def _of_one(one: Mapping[str, object], at: Moment, source: str, field: str) -> Iterator[Observation]:
    properties = one.get("properties", {})
    for given in properties if isinstance(properties, list) else [properties]:
        yield from properties_said(as_object(given, f"{field}.properties"), at, source)
    events = one.get("events", {})
    for given in events if isinstance(events, list) else [events]:
        for identifier, event in as_object(given, f"{field}.events").items():
            told = event if isinstance(event, dict) else {"value": event}
            yield from event_said(identifier, told.get("value", told), moment(told.get("time"), at), source)


def reply(route: str, payload: bytes, at_ms: int) -> MqttReply | None:  # noqa: ARG001 - the form of all families
    """Return what the cloud answers to a post, unless the device wants none."""
    if not route.endswith("/post"):
        return None
    body = json_object(payload)
    asked = body.get("sys")
    if isinstance(asked, dict) and asked.get("ack") == 0:
        return None
    told = {"code": 200, "data": {}, "id": str(body.get("id", "")), "message": "success", "version": "1.0"}
    return MqttReply(f"{route}_reply", msgspec.json.encode({**told, "method": body.get("method", "")}))


def encode(command: Command) -> bytes:
    """Return the call of a service that is called as the command; its SDKs take nothing but numbers for an id."""
    params = {"id": command.command_id, **arguments_of(command)}
    said = {"id": command_number(command.command_id), "version": "1.0", "params": params}
    return msgspec.json.encode({**said, "method": f"thing.service.{command.name}"})


def answer(frame: Frame) -> Answer | None:
    """Return what a device says to such a call: ``code`` 200 is yes, anything else is no."""
    found = _SERVICE_REPLY.fullmatch(frame.route.partition("/thing/")[2])
    return None if found is None else service_answer(json_object(frame.payload), "id", good=200)


def product_of(login: MqttLogin) -> str:
    """Return the product of a log-in."""
    return login.user_name.partition("&")[2]


def device_of(login: MqttLogin) -> str:
    """Return whose log-in it is: ``<DeviceName>&<ProductKey>``, with the signature's method in the client id."""
    name, _, product = login.user_name.partition("&")
    return name if product and login.client_id.endswith("|") and login.client_id.count("|") > 1 else ""


def verdict(login: MqttLogin, secret: str) -> LoginVerdict:
    """Check the digest. Its time counts for nothing there either: Aliyun's own SDK for C signs with one of 2050."""
    name, _, product = login.user_name.partition("&")
    client_id, _, extended = login.client_id.partition("|")
    said = named_values(extended.rstrip("|"), ",")
    content = f"clientId{client_id}deviceName{name}productKey{product}"
    if "timestamp" in said:
        content += f"timestamp{said['timestamp']}"
    digest = digest_of(said.get("signmethod", ""), secret.encode(), content)
    return LoginVerdict.GENUINE if same_hex(digest, login.password) else LoginVerdict.FALSE


def _login(name: str, client_id: str, user_name: str, secret: str, password: str) -> LoginExample:
    login = MqttLogin(client_id=client_id, user_name=user_name, password=password.encode(), at_ms=_AT_MS)
    return LoginExample(name=name, login=login, device_id=user_name.partition("&")[0], secret=secret)


_AT_MS = 1_795_300_000_000
_RECEIVED = TimeQuality.RECEIVED
_TOP = "/sys/a1b2c3d4e5f/dev-1/thing/"
_POST = f"{_TOP}event/property/post"


def _example(name: str, payload: str, *observations: Observation, below: str = "event/property/post") -> Example:
    return Example(name=name, route=_TOP + below, payload=payload.encode(), observations=observations)


_EXAMPLES = (
    _example(
        "with times, numbers as texts",
        '{"id":"123","version":"1.0","sys":{"ack":0},"params":{"HeartRate":{"value":"72","time":1524448722000},'
        '"BloodOxygen":{"value":97,"time":1524448722000}},"method":"thing.event.property.post"}',
        Scalar("heart_rate", 72.0, 1_524_448_722_000),
        Scalar("spo2", 97.0, 1_524_448_722_000),
    ),
    _example(
        "bare values, no method, the id a number, a module of the vendor's own",
        '{"id":7,"params":{"temperature":25.5,"health:heart_rate":71}}',
        Scalar("body_temperature", 25.5, _AT_MS, _RECEIVED),
        Scalar("heart_rate", 71.0, _AT_MS, _RECEIVED),
    ),
    _example(
        "a time up to a day ahead is legal",
        '{"id":"1","params":{"temperature":{"value":21.5,"time":1795380000000}}}',
        Scalar("room_temperature", 21.5, 1_795_380_000_000),
    ),
    _example(
        "a structure, and a place",
        '{"id":"1","params":{"BP":{"sbp":137,"dbp":95},"GeoLocation":{"Longitude":116.31,"Latitude":37.45}}}',
        Scalar("systolic_pressure", 137.0, _AT_MS, _RECEIVED),
        Scalar("diastolic_pressure", 95.0, _AT_MS, _RECEIVED),
        Event("position", _AT_MS, "on", {"latitude_deg": 37.45, "longitude_deg": 116.31}, _RECEIVED),
    ),
    _example(
        "an event for help, with a place and a pulse",
        '{"id":"1","params":{"value":{"heartRate":110,"lat":37.45,"lng":116.31},"time":1795299990000},'
        '"method":"thing.event.SOS.post"}',
        Event("sos", 1_795_299_990_000, "on", {"latitude_deg": 37.45, "longitude_deg": 116.31}),
        Scalar("heart_rate", 110.0, 1_795_299_990_000),
        below="event/SOS/post",
    ),
    _example(
        "an event that puts nothing out",
        '{"id":"1","params":{}}',
        Event("fall", _AT_MS, "on", {}, _RECEIVED),
        below="event/fall/post",
    ),
    _example(
        "the end of smoke",
        '{"id":"1","params":{"value":{"alarm":0}}}',
        Event("smoke", _AT_MS, "off", {}, _RECEIVED),
        below="event/smoke/post",
    ),
    _example(
        "an event that nobody mapped is kept",
        '{"id":"1","params":{"value":{"level":2}}}',
        Event(
            "unknown_vendor_event",
            _AT_MS,
            "on",
            {"value": '{"level":2}', "vendor_type": "VendorAlarm7", "urgent": True},
            _RECEIVED,
        ),
        below="event/VendorAlarm7/post",
    ),
    _example(
        "a gateway and a device behind it",
        '{"id":"1","params":{"properties":{"battery":{"value":80}},"subDevices":[{"identity":{"productKey":"p",'
        '"deviceName":"smoke-1"},"properties":{"smoke":{"value":1,"time":1524448722000}},"events":{}}]}}',
        Scalar("battery", 80.0, _AT_MS, _RECEIVED),
        Event("smoke", 1_524_448_722_000, "on", {}, TimeQuality.DEVICE, 0, "smoke-1"),
        below="event/property/pack/post",
    ),
    _example(
        "a device without a clock",
        '{"id":"1","params":{"hr":{"value":70,"time":3000}}}',
        Scalar("heart_rate", 70.0, _AT_MS, _RECEIVED),
    ),
    _example("the cloud's own", '{"id":"1","params":[{"attrKey":"v"}]}', below="deviceinfo/update"),
    _example("an answer to a service", '{"id":"1","code":200,"data":{}}', below="service/property/set_reply"),
    _example("an answer to a command", '{"id":"1","code":200,"data":{"answer":"ok"}}', below="service/ask_ok_reply"),
    Example(name="raw pass-through", route=f"{_TOP}model/up_raw", payload=b"\0\0\x22\x33", error="expected Alink JSON"),
    Example(
        name="the manufacturer's sample: nothing of it is mapped",
        route=_POST,
        payload=b'{"id":"123","version":"1.0","params":{"WF":{"value":23.6,"time":1524448722000}}}',
        error="at least one property or event that is mapped",
    ),
    Example(name="no params", route=_POST, payload=b'{"id":"1"}', error="params: got None"),
)

CODEC = Codec(
    name="aliyun_alink",
    title="Devices and gateways built for Aliyun IoT (Alink)",
    data_sheet="https://help.aliyun.com/document_detail/89301.html",
    mqtt=MqttSpec(
        publish=("/sys/+/{device_id}/thing/#",),
        commands="/sys/{product}/{device_id}/thing/service/{command}",
        commands_unasked=True,
        signed=SignedLogins(
            device_of=device_of,
            verdict=verdict,
            product_of=product_of,
            examples=(
                _login(
                    "the manufacturer's sample",
                    "12345|securemode=3,signmethod=hmacsha1,timestamp=789|",
                    "device&pk",
                    "secret",
                    "FAFD82A3D602B37FB0FA8B7892F24A477F851A14",
                ),
                _login(
                    "of a published example",
                    "SN1928339|securemode=3,signmethod=hmacsha1,timestamp=1539421321846|",
                    "light1983432&a14Xib5kdYd",
                    "oLyaKqVxtRvjH284LdhqVgVUx1UPy6zq",
                    "b2488041f64f425016b467ee1c94959ebd592ad1",
                ),
                _login(
                    "as the SDK for C signs, without a time that means anything",
                    "pk.dev-1|timestamp=2524608000000,_ss=1,_v=sdk-c-4.1.0,securemode=2,signmethod=hmacsha256,ext=3,|",
                    "dev-1&pk",
                    "secret",
                    "ccc6310402dcd9f32c22cab03c635928804331b4947d724a34b5a2253e14062f",
                ),
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
