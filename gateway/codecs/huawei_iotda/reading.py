"""What a report of Huawei Cloud IoTDA says of a resident."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.identity import source_name
from anhu.contract.meaning import alarms_stand, is_unmapped, understood
from anhu.contract.observation import Event, Observation, Quality, TimeQuality
from anhu.contract.payload import as_list, as_object, flagged, json_object, time_ms
from anhu.contract.vendor_words import words
from gateway.codec import Frame
from gateway.door_specs import DoorKind
from gateway.thing_model import names
from gateway.thing_model.properties import on_the_body, property_said, speaks_of_a_body

MAX_SUB_DEVICES = 100
MAX_SERVICES = 200
_PASSED_ON = frozenset({"events/up", "messages/up", "gateway/sub_devices/messages/up"})
_SILENT = (
    "commands/", "events/down", "messages/down", "properties/set", "properties/get", "shadow/", "gateway/sub_devices/c",
)  # fmt: skip
_CONNECTED = {"ONLINE": "on", "OFFLINE": "off"}
_MOST_CHARS = 96


class _Source(NamedTuple):
    name: str
    received_at_ms: int


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read a property report, or a message that is one; what else the cloud's devices say is not of the resident."""
    below = frame.route.partition("/sys/")[2]
    if below.startswith(_SILENT):
        return ()
    below, body = _told(frame, below)
    made = alarms_stand(tuple(_said_in(below, body, frame)))
    return flagged(made, Quality.RETAINED) if frame.retained else made


def salvage(frame: Frame) -> tuple[Observation, ...]:
    """Read each service of a refused report by itself: one that cannot be read must not cost the others."""
    body: Mapping[str, Any] = _told(frame)[1]
    made: list[Observation] = []
    for device in _devices(body):
        services = device.get("services") if isinstance(device, dict) else None
        for service in services[:MAX_SERVICES] if isinstance(services, list) else ():
            name = str(device.get("device_id") or "") if device is not body else ""
            with suppress(FieldError):
                made += _services({"services": [service]}, _Source(source_name(name), frame.received_at_ms), "services")
    return alarms_stand(made)


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return the properties of a report that nobody mapped."""
    body: Mapping[str, Any] = _told(frame)[1]
    found: list[str] = []
    for device in _devices(body):
        services = device.get("services") if isinstance(device, dict) else None
        for service in services[:MAX_SERVICES] if isinstance(services, list) else ():
            properties = service.get("properties") if isinstance(service, dict) else None
            for name, value in properties.items() if isinstance(properties, dict) else ():
                plain = names.plain(_meaning(str(service.get("service_id", "")), name))
                if plain not in names.NUMBER_OF and plain not in names.EVENT_OF and is_unmapped(name, value):
                    found.append(name)
    return tuple(found)


def _devices(body: Mapping[str, object]) -> Sequence[Any]:
    devices = body.get("devices")
    return devices if isinstance(devices, list) and devices else [body]


def _told(frame: Frame, below: str = "") -> tuple[str, Mapping[str, object]]:
    body = json_object(frame.payload)
    return _pushed(body) if frame.door is DoorKind.HTTP else (below, body)


def _pushed(note: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    """Return what the cloud's notification brings as if its device had said it: on which topic, and the body."""
    resource, data = str(note.get("resource")), as_object(note.get("notify_data"), "notify_data")
    body: Mapping[str, object] = as_object(data.get("body"), "notify_data.body")
    if resource == "device.status":
        header = as_object(data.get("header"), "notify_data.header")
        status = {"device_id": header.get("device_id"), "status": body.get("status")}
        return "events/up", {"services": [{"event_type": "status", "paras": {"device_statuses": [status]}}]}
    if isinstance(content := body.get("content"), str):
        body = _object_in(content)
    return "properties/report" if resource == "device.property" else "messages/up", body


def _object_in(content: str) -> Mapping[str, object]:
    """Return a message's content, which is a text whatever the device sent: the object in it, or its words."""
    try:
        return json_object(content.encode(errors="replace"))
    except FieldError:
        return {"content": content}


def _said_in(below: str, body: Mapping[str, object], frame: Frame) -> Sequence[Observation]:
    """Return what the body of a topic below ``sys/`` says; a report of which nothing is mapped is refused."""
    if below in _PASSED_ON:
        own = tuple(_services(body, _Source("", frame.received_at_ms), "services")) if "services" in body else ()
        made = (*own, *_free(body, frame.received_at_ms), *_there_or_gone(body, frame.received_at_ms))
        if not made and not _is_the_clouds_own(body):
            raise DecodeError("services", body.get("services"), "something that is mapped")
        return made
    if below == "gateway/sub_devices/properties/report":
        made = tuple(_sub_devices(body, frame.received_at_ms))
    elif below == "properties/report":
        made = tuple(_services(body, _Source("", frame.received_at_ms), "services"))
    else:
        raise DecodeError("topic", frame.route, "a property report")
    if not made:
        raise DecodeError("services", body.get("services", body.get("devices")), "at least one property that is mapped")
    return made


def _is_the_clouds_own(body: Mapping[str, object]) -> bool:
    """Tell whether a message is between the cloud and its SDK: ``$time_sync``, ``$ota``, ``$log``."""
    services = body.get("services")
    return isinstance(services, list) and all(
        isinstance(one, dict) and str(one.get("service_id", "")).startswith("$") for one in services
    )


def _there_or_gone(body: Mapping[str, object], at_ms: int) -> Iterator[Event]:
    """Yield which sub-devices a gateway says it has lost, or has again: nobody else knows."""
    services = body.get("services")
    for service in services[:MAX_SERVICES] if isinstance(services, list) else ():
        given = _paras(service).get("device_statuses") if isinstance(service, dict) else None
        for one in given[:MAX_SUB_DEVICES] if isinstance(given, list) else ():
            name, status = (one.get("device_id"), one.get("status")) if isinstance(one, dict) else (None, None)
            state = _CONNECTED.get(status.strip().upper()) if isinstance(status, str) else None
            if isinstance(name, str) and name and state is not None:
                yield Event("connection", at_ms, state, {}, TimeQuality.RECEIVED, 0, source_name(name))


def _free(body: Mapping[str, object], at_ms: int) -> Iterator[Observation]:
    """Yield the events of a message whose form is the vendor's own."""
    for name, value in body.items():
        found = understood(name, value, at_ms) if name != "services" else None
        if found is not None:
            yield msgspec.structs.replace(found, time_quality=TimeQuality.RECEIVED)


def _sub_devices(body: Mapping[str, object], received_at_ms: int) -> Iterator[Observation]:
    for i, given in enumerate(as_list(body.get("devices"), "devices", at_most=MAX_SUB_DEVICES)):
        device = as_object(given, f"devices.{i}")
        name = device.get("device_id")
        if not isinstance(name, str) or not name:
            raise DecodeError(f"devices.{i}.device_id", name, "the sub-device's identity")
        yield from _services(device, _Source(source_name(name), received_at_ms), f"devices.{i}.services")


def _services(body: Mapping[str, object], source: _Source, field: str) -> Iterator[Observation]:
    services = as_list(body.get("services"), field, at_most=MAX_SERVICES)
    worn = any(_is_worn(service) for service in services)
    for i, given in enumerate(services):
        service = as_object(given, f"{field}.{i}")
        if "properties" not in service and "event_type" in service:
            service = {"properties": {"event": service["event_type"], **_paras(service)}, **service}
        properties = as_object(service.get("properties"), f"{field}.{i}.properties")
        on_body = worn and not _is_of_the_room(service, properties)
        at_ms, quality = _event_time(service.get("event_time"), source.received_at_ms)
        for name, value in properties.items():
            meaning = _meaning(str(service.get("service_id", "")), name)
            found = property_said(on_the_body(meaning) if on_body else meaning, value, at_ms)
            if found is not None:
                yield msgspec.structs.replace(found, time_quality=quality, source=source.name)


def _paras(service: Mapping[str, object]) -> Mapping[str, object]:
    paras = service.get("paras")
    return paras if isinstance(paras, Mapping) else {}


def _is_worn(service: object) -> bool:
    """Tell whether a service speaks of a body: the same names mean something else on a watch and on a wall."""
    if not isinstance(service, Mapping):
        return False
    properties = service.get("properties")
    if speaks_of_a_body(str(service.get("service_id", ""))[:_MOST_CHARS]):
        return True
    for name in properties if isinstance(properties, dict) else ():  # noqa: SIM110 - a generator costs more
        if speaks_of_a_body(name[:_MOST_CHARS]):
            return True
    return False


def _is_of_the_room(service: Mapping[str, object], properties: Mapping[str, object]) -> bool:
    """Tell whether a service of something worn speaks of the air around it."""
    if not names.OF_THE_AIR.isdisjoint(words(str(service.get("service_id", "")))):
        return True
    return any(names.NUMBER_OF.get(names.plain(name)) == "room_humidity" for name in properties)


def _meaning(service_id: str, name: str) -> str:
    return service_id if names.plain(name) == "value" else name


def _event_time(value: object, received_at_ms: int) -> tuple[int, TimeQuality]:
    """Return the report's time: ``20151212T121212Z`` or ``2015-12-12T12:12:12.000Z``; else the received time."""
    if isinstance(value, str):
        try:
            compact = datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return time_ms(compact.isoformat(), "event_time"), TimeQuality.DEVICE
        except ValueError:
            pass
        try:
            return time_ms(value, "event_time"), TimeQuality.DEVICE
        except FieldError:
            pass  # a wrong clock must not cost an alarm
    return received_at_ms, TimeQuality.RECEIVED
