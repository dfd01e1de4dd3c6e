"""Cuffs, scales, oximeters, thermometers, glucose meters and heart straps with the standard Bluetooth profiles.

A gateway connects to them and hands each notified value on: ``{"address":"D6:16:F9:64:16:22","characteristic":"2A35",
"value":"1E89…"}``, or several under ``values``. OpenMQTTGateway's answer to a read (``id``, ``read``) is the same
thing by other names. A cuff or scale that tells its user's slot speaks for ``d616f9641622.user-1``: register the slot,
not the cuff. What nobody registered goes to nobody. A device's clock has no zone: China's is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.meaning import alarms_stand, is_call, is_unmapped, understood
from anhu.contract.observation import Event, Observation, Quality, TimeQuality
from anhu.contract.payload import as_list, as_object, flagged, json_object
from gateway.codec import Codec, Frame, Sources
from gateway.codecs.ble_gatt.examples import EXAMPLES
from gateway.door_specs import MqttSpec
from gateway.gatt.handed_on import is_handed_on, value_in

_MOST_VALUES = 500
_OF_THE_RADIO = frozenset(
    {"address", "id", "mac", "ble_addr", "device", "characteristic", "char", "uuid", "value", "read", "hex", "values"}
    | {"service", "success", "rssi", "name", "gateway", "time"}
)
_THERE = {"online": "on", "offline": "off"}


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read one notified value or several, or whether the gateway is there."""
    if frame.route.endswith("/LWT"):
        made: tuple[Observation, ...] = (_presence(frame),)
    else:
        made = tuple(_said(json_object(frame.payload), frame))
    return flagged(made, Quality.RETAINED) if frame.retained else made


def _said(body: Mapping[str, object], frame: Frame) -> Iterator[Observation]:
    calls = alarms_stand(tuple(_calls(body, frame.received_at_ms)))
    yield from calls
    try:
        if "values" in body:
            for i, given in enumerate(as_list(body["values"], "values", at_most=_MOST_VALUES)):
                yield from value_in({**body, **as_object(given, f"values.{i}")}, frame.received_at_ms)
        elif is_handed_on(body) or not calls:
            yield from value_in(body, frame.received_at_ms)
    except FieldError:
        if not calls:
            raise


def _calls(body: Mapping[str, object], at_ms: int) -> Iterator[Event]:
    """Yield what else stands in the message and may be a call for help."""
    for name, value in body.items():
        found = understood(name, value, at_ms) if name not in _OF_THE_RADIO else None
        if found is not None and is_call(found):
            yield Event(found.kind, at_ms, found.state, found.attributes, TimeQuality.RECEIVED)


def salvage(frame: Frame) -> tuple[Observation, ...]:
    """Read each of several values by itself: one that is cut short must not cost the others."""
    body = json_object(frame.payload)
    made: list[Observation] = []
    given = body.get("values")
    for one in given[:_MOST_VALUES] if isinstance(given, list) else ():
        try:
            made += value_in({**body, **as_object(one, "values")}, frame.received_at_ms)
        except FieldError:
            continue
    return tuple(made)


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return the fields beside the value that nobody mapped."""
    if frame.route.endswith("/LWT"):
        return ()
    body = json_object(frame.payload).items()
    return tuple(name for name, value in body if name not in _OF_THE_RADIO and is_unmapped(name, value))


def _presence(frame: Frame) -> Event:
    word = frame.payload.decode("utf-8", "replace").strip().lower()
    if word not in _THERE:
        raise DecodeError("payload", word, "online or offline")
    return Event("connection", frame.received_at_ms, _THERE[word], {}, TimeQuality.RECEIVED)


CODEC = Codec(
    name="ble_gatt",
    title="Bluetooth health devices (GATT profiles) behind a gateway",
    data_sheet="https://www.bluetooth.com/specifications/gss/",
    mqtt=MqttSpec(publish=("anhu/ble_gatt/{device_id}/up", "anhu/ble_gatt/{device_id}/LWT", "home/+/BTtoMQTT/+")),
    decode=decode,
    salvage=salvage,
    unmapped=unmapped,
    sources=Sources.HEARD,
    examples=EXAMPLES,
)
