"""Devices built for Huawei Cloud IoTDA: property reports of a device, and of the sub-devices behind a gateway.

Vendors name properties freely, so a property is found by its name without case, dashes and underscores in the table
below; one that is only called ``value`` goes by its service. Values may be texts, ``event_time`` comes in two formats
or not at all. A property that nobody mapped is kept as ``unknown_vendor_event`` when it is a flag or speaks of an
alarm; a report of which nothing was understood is refused, so that its raw bytes are kept.
"""

from __future__ import annotations

import msgspec

from anhu.contract.errors import FieldError
from anhu.contract.observation import Event, Observation, Scalar, TimeQuality
from gateway.codec import COMMANDS, Answer, Codec, Command, Example, Frame
from gateway.codecs.huawei_iotda.login import LOGINS
from gateway.codecs.huawei_iotda.pushing import HTTP
from gateway.codecs.huawei_iotda.reading import decode, salvage, unmapped
from gateway.door_specs import DoorKind, MqttSpec

_ROOT = "$oc/devices/{device_id}/sys/"


_RESPONSE = "/sys/commands/response/request_id="


def answer(frame: Frame) -> Answer | None:
    """Return what a response says: ``result_code`` 0 is yes, anything else is no."""
    _, found, command_id = frame.route.partition(_RESPONSE)
    if not found or not command_id:
        return None
    try:
        said = msgspec.json.decode(frame.payload, type=_Response)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FieldError("payload", frame.payload[:80], f"a response to a command ({error})") from None
    words = ", ".join(f"{name}: {value}" for name, value in said.paras.items()) or said.response_name
    return Answer(
        command_id=command_id, text=words or f"result_code {said.result_code}", is_refusal=said.result_code != 0
    )


class _Response(msgspec.Struct):
    """A response as the cloud's SDK sends it."""

    result_code: int = 0
    response_name: str = ""
    paras: dict[str, object] = {}


def encode(command: Command) -> bytes:
    """Return a platform command; the device answers with ``result_code`` on its response topic."""
    if command.name not in COMMANDS:
        raise FieldError("command", command.name, f"one of {', '.join(sorted(COMMANDS))}")
    return msgspec.json.encode(
        {"service_id": "Anhu", "command_name": command.name, "paras": {"id": command.command_id, **command.arguments}}
    )


_AT_MS = 1_795_300_000_000
_RECEIVED = TimeQuality.RECEIVED
_REPORT = "$oc/devices/dev-1/sys/properties/report"
_SUB = "$oc/devices/dev-1/sys/gateway/sub_devices/properties/report"


def _example(name: str, payload: str, *observations: Observation, route: str = _REPORT) -> Example:
    return Example(name=name, route=route, payload=payload.encode(), observations=observations)


def _pushed(name: str, payload: str, *observations: Observation) -> Example:
    return Example(
        name=name,
        door=DoorKind.HTTP,
        route="/push/huawei-button",
        payload=payload.encode(),
        observations=observations,
    )


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
        "a watch's temperature is its wearer's, its power is its battery",
        '{"services":[{"service_id":"Vital","properties":{"heartRate":80,"temperature":39.6,"power":72}}]}',
        Scalar("heart_rate", 80.0, _AT_MS, _RECEIVED),
        Scalar("body_temperature", 39.6, _AT_MS, _RECEIVED),
        Scalar("battery", 72.0, _AT_MS, _RECEIVED),
    ),
    _example(
        "limits are no alarms, a level of gas is none, and a socket's watts are no battery",
        '{"services":[{"service_id":"S","properties":{"heartRateAlarmHigh":120,"gas":0.3,"power":3.2,"humidity":40}}]}',
        Scalar("room_humidity", 40.0, _AT_MS, _RECEIVED),
    ),
    _example(
        "an event of the cloud's own kind",
        '{"services":[{"service_id":"$sdk","event_type":"fall_detected","paras":{}}]}',
        Event("fall", _AT_MS, "on", {}, _RECEIVED),
        route="$oc/devices/dev-1/sys/events/up",
    ),
    _example(
        "a free message",
        '{"content":{"msg":"SOS"}}',
        Event("sos", _AT_MS, "on", {}, _RECEIVED),
        route="$oc/devices/dev-1/sys/messages/up",
    ),
    _example(
        "the cloud's time, asked for by its SDK",
        '{"services":[{"service_id":"$time_sync","event_type":"time_sync_request","paras":{"device_send_time":1}}]}',
        route="$oc/devices/dev-1/sys/events/up",
    ),
    _example(
        "a response to a command",
        '{"result_code":0,"response_name":"ask_ok","paras":{"answer":"ok"}}',
        route="$oc/devices/dev-1/sys/commands/response/request_id=7",
    ),
    _pushed(
        "the cloud's notification of a property report",
        '{"resource":"device.property","event":"report","event_time":"20261121T222640Z","notify_data":{"header":'
        '{"device_id":"dev-1"},"body":{"services":[{"service_id":"Button","properties":{"SOS":"1"},'
        '"event_time":"20261121T222640Z"}]}}}',
        Event("sos", _AT_MS, "on"),
    ),
    _pushed(
        "the cloud's notification of a message, whose content is a text",
        '{"resource":"device.message","event":"report","notify_data":{"header":{"device_id":"dev-1"},"body":'
        '{"topic":"x","content":"{\\"msg\\":\\"SOS\\"}"}}}',
        Event("sos", _AT_MS, "on", {}, _RECEIVED),
    ),
    _pushed(
        "the cloud's notification that a device is gone",
        '{"resource":"device.status","event":"update","notify_data":{"header":{"device_id":"dev-1"},"body":'
        '{"status":"OFFLINE"}}}',
        Event("connection", _AT_MS, "off", {}, _RECEIVED, 0, "dev-1"),
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

__all__ = ["CODEC", "decode", "encode"]

CODEC = Codec(
    name="huawei_iotda",
    title="Devices and gateways built for Huawei Cloud IoTDA",
    data_sheet="https://support.huaweicloud.com/api-iothub/iot_06_v5_3010.html",
    mqtt=MqttSpec(
        publish=(
            f"{_ROOT}properties/report",
            f"{_ROOT}gateway/sub_devices/properties/report",
            f"{_ROOT}commands/response/+",
            f"{_ROOT}#",
        ),
        commands=f"{_ROOT}commands/request_id={{command_id}}",
        commands_unasked=True,
        signed=LOGINS,
    ),
    http=HTTP,
    decode=decode,
    encode=encode,
    answer=answer,
    salvage=salvage,
    unmapped=unmapped,
    examples=_EXAMPLES,
)
