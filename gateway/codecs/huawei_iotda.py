"""Devices built for Huawei Cloud IoTDA: property reports of a device, and of the sub-devices behind a gateway.

Vendors name properties freely, so a property is found by its name without case, dashes and underscores in the table
below; one that is only called ``value`` goes by its service. Values may be texts, ``event_time`` comes in two formats
or not at all. A property that nobody mapped is kept as ``unknown_vendor_event`` when it is a flag or speaks of an
alarm; a report of which nothing was understood is refused, so that its raw bytes are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import (
    as_list,
    as_object,
    flagged,
    is_urgent,
    json_object,
    number,
    time_ms,
    truth,
    unknown_event,
)
from gateway.codec import Codec, Command, Example, Frame
from gateway.door_specs import MqttSpec

MAX_SUB_DEVICES = 100
MAX_SERVICES = 200
_ROOT = "$oc/devices/{device_id}/sys/"

# Quantity: the names vendors give it, as `_plain` leaves them. Numbers are in the quantity's unit.
_NUMBERS: Mapping[str, str] = {
    "heart_rate": "heartrate hr bpm heartbeat 心率",
    "pulse_rate": "pulserate pulse pr 脉率",
    "respiration_rate": "respirationrate respiratoryrate breathrate breath rr 呼吸 呼吸频率",
    "spo2": "spo2 bloodoxygen oxygensaturation bloodoxygensaturation oxygen 血氧",
    "systolic_pressure": "systolicpressure systolic sbp bphigh bpsys sys highpressure 收缩压 高压",
    "diastolic_pressure": "diastolicpressure diastolic dbp bplow bpdia dia lowpressure 舒张压 低压",
    "body_temperature": "bodytemperature bodytemp 体温",
    "glucose": "glucose bloodglucose bloodsugar glu 血糖",
    "weight": "weight bodyweight 体重",
    "steps": "steps step stepcount stepnumber 步数",
    "room_temperature": "temperature temp roomtemperature ambienttemperature 温度 室温",
    "room_humidity": "humidity roomhumidity ambienthumidity 湿度",
    "battery": "battery batterylevel batterypercentage batterypercent power 电量",
    "signal_strength": "rssi rsrp signalstrength",
}
_EVENTS: Mapping[str, str] = {
    "sos": "sos sosalarm emergency emergencycall help 求助 紧急呼叫",
    "fall": "fall fallalarm falldetected falldown 跌倒",
    "smoke": "smoke smokealarm smokestate 烟雾",
    "gas": "gas gasalarm gasstate gasleak 燃气",
    "carbon_monoxide": "carbonmonoxide co coalarm 一氧化碳",
    "water_leak": "waterleak waterleakage waterleakalarm waterimmersion 漏水 水浸",
    "motion": "motion occupancy pir humandetected infrared 人体感应",
    "presence": "presence 有人",
    "contact": "contact doorstate doorstatus dooropen door 门磁",
    "bed": "bed inbed bedoccupied onbed 在床",
    "worn": "worn wearstate wearing 佩戴",
    "tamper": "tamper tamperalarm 拆动",
    "battery_low": "batterylow lowbattery lowpower 电量低",
}


def _by_name(table: Mapping[str, str]) -> dict[str, str]:
    return {name: code for code, names in table.items() for name in names.split()}


_NUMBER_OF = _by_name(_NUMBERS)
_EVENT_OF = _by_name(_EVENTS)
_NOT_A_NAME = re.compile(r"[\s_\-.:]+")


class _Source(NamedTuple):
    name: str
    received_at_ms: int


def _plain(name: str) -> str:
    return _NOT_A_NAME.sub("", name).lower()


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read a property report; a command's response says nothing of the resident."""
    if "/sys/commands/response/" in frame.route:
        return ()
    body = json_object(frame.payload)
    if frame.route.endswith("/sys/gateway/sub_devices/properties/report"):
        made = tuple(_sub_devices(body, frame.received_at_ms))
    elif frame.route.endswith("/sys/properties/report"):
        made = tuple(_services(body, _Source("", frame.received_at_ms), "services"))
    else:
        raise DecodeError("topic", frame.route, "a property report")
    if not made:
        raise DecodeError("services", body.get("services", body.get("devices")), "at least one property that is mapped")
    return flagged(made, Quality.RETAINED) if frame.retained else made


def _sub_devices(body: Mapping[str, object], received_at_ms: int) -> Iterator[Observation]:
    for i, given in enumerate(as_list(body.get("devices"), "devices", at_most=MAX_SUB_DEVICES)):
        device = as_object(given, f"devices.{i}")
        name = device.get("device_id")
        if not isinstance(name, str) or not name:
            raise DecodeError(f"devices.{i}.device_id", name, "the sub-device's identity")
        yield from _services(device, _Source(name, received_at_ms), f"devices.{i}.services")


def _services(body: Mapping[str, object], source: _Source, field: str) -> Iterator[Observation]:
    for i, given in enumerate(as_list(body.get("services"), field, at_most=MAX_SERVICES)):
        service = as_object(given, f"{field}.{i}")
        properties = as_object(service.get("properties"), f"{field}.{i}.properties")
        at_ms, quality = _event_time(service.get("event_time"), source.received_at_ms)
        for name, value in properties.items():
            found = _property(_meaning(str(service.get("service_id", "")), name), value, at_ms)
            if found is not None:
                yield msgspec.structs.replace(found, time_quality=quality, source=source.name)


def _meaning(service_id: str, name: str) -> str:
    return service_id if _plain(name) == "value" else name


def _property(name: str, value: object, at_ms: int) -> Observation | None:
    if value is None:
        return None
    plain = _plain(name)
    try:
        if plain in _NUMBER_OF:
            return Scalar(_NUMBER_OF[plain], number(value, name), at_ms)
    except FieldError:  # one unreadable property must not cost the report's other properties
        return unknown_event(name, at_ms=at_ms, details={"value": value})
    said = truth(value)
    if plain in _EVENT_OF and said is not None:
        return Event(_EVENT_OF[plain], at_ms, "on" if said else "off")
    if plain in _EVENT_OF or isinstance(value, bool) or is_urgent(name):
        return unknown_event(name, at_ms=at_ms, state="off" if said is False else "on", details={"value": value})
    return None


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


def encode(command: Command) -> bytes:
    """Return a platform command; the device answers with ``result_code`` on its response topic."""
    if command.name not in {"ask_ok", "measure", "locate", "find", "configure"}:
        raise FieldError("command", command.name, "one of ask_ok, configure, find, locate, measure")
    return msgspec.json.encode(
        {"service_id": "Anhu", "command_name": command.name, "paras": {"id": command.command_id, **command.arguments}}
    )


_AT_MS = 1_795_300_000_000
_RECEIVED = TimeQuality.RECEIVED
_REPORT = "$oc/devices/dev-1/sys/properties/report"
_SUB = "$oc/devices/dev-1/sys/gateway/sub_devices/properties/report"


def _example(name: str, payload: str, *observations: Observation, route: str = _REPORT) -> Example:
    return Example(name=name, route=route, payload=payload.encode(), observations=observations)


_EXAMPLES = (
    _example(
        "the manufacturer's sample: value goes by its service, time without punctuation",
        '{"services":[{"service_id":"Temperature","properties":{"value":57,"value2":60},'
        '"event_time":"20151212T121212Z"}]}',
        Scalar("room_temperature", 57.0, 1_449_922_332_000),
    ),
    _example(
        "the second time format",
        '{"services":[{"service_id":"Vital","properties":{"heartRate":72},"event_time":"2026-11-21T22:26:40.000Z"}]}',
        Scalar("heart_rate", 72.0, _AT_MS),
    ),
    _example(
        "values as texts, no time, names in other dress",
        '{"services":[{"service_id":"bp","properties":{"Blood_Oxygen":"97","SBP":"137","dbp":"95"}}]}',
        Scalar("spo2", 97.0, _AT_MS, _RECEIVED),
        Scalar("systolic_pressure", 137.0, _AT_MS, _RECEIVED),
        Scalar("diastolic_pressure", 95.0, _AT_MS, _RECEIVED),
    ),
    _example(
        "sub-devices of a gateway",
        '{"devices":[{"device_id":"smoke-1","services":[{"service_id":"Alarm","properties":{"smokeAlarm":1}}]},'
        '{"device_id":"door-1","services":[{"service_id":"Door","properties":{"doorState":"0"}}]}]}',
        Event("smoke", _AT_MS, "on", {}, _RECEIVED, 0, "smoke-1"),
        Event("contact", _AT_MS, "off", {}, _RECEIVED, 0, "door-1"),
        route=_SUB,
    ),
    _example(
        "SOS",
        '{"services":[{"service_id":"Button","properties":{"SOS":"1","batteryLevel":"80"}}]}',
        Event("sos", _AT_MS, "on", {}, _RECEIVED),
        Scalar("battery", 80.0, _AT_MS, _RECEIVED),
    ),
    _example(
        "an unmapped alarm is kept, and urgent",
        '{"services":[{"service_id":"Radar","properties":{"跌倒报警":2}}]}',
        Event("unknown_vendor_event", _AT_MS, "on", {"value": 2, "vendor_type": "跌倒报警", "urgent": True}, _RECEIVED),
    ),
    _example(
        "an unset clock: the received time counts",
        '{"services":[{"service_id":"Vital","properties":{"hr":70},"event_time":"19700101T000003Z"}]}',
        Scalar("heart_rate", 70.0, _AT_MS, _RECEIVED),
    ),
    _example(
        "a response to a command",
        '{"result_code":0,"response_name":"ask_ok","paras":{"answer":"ok"}}',
        route="$oc/devices/dev-1/sys/commands/response/request_id=7",
    ),
    Example(
        name="nothing of it is mapped",
        route=_REPORT,
        payload=b'{"services":[{"service_id":"Meter","properties":{"flow":3.2}}]}',
        error="at least one property that is mapped",
    ),
    Example(name="no services", route=_REPORT, payload=b'{"foo":1}', error="services: got None"),
    Example(name="not JSON", route=_REPORT, payload=b"\x00\x01", error="expected a JSON object"),
)

CODEC = Codec(
    name="huawei_iotda",
    title="Devices and gateways built for Huawei Cloud IoTDA",
    data_sheet="https://support.huaweicloud.com/api-iothub/iot_06_v5_3010.html",
    mqtt=MqttSpec(
        publish=(
            f"{_ROOT}properties/report",
            f"{_ROOT}gateway/sub_devices/properties/report",
            f"{_ROOT}commands/response/+",
        ),
        commands=f"{_ROOT}commands/request_id={{command_id}}",
    ),
    decode=decode,
    encode=encode,
    examples=_EXAMPLES,
)
