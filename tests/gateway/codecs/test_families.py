"""What the conformance suite cannot see: the traps that need two messages, or another setting."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from anhu.contract.errors import FieldError
from anhu.contract.observation import Event, Observation, Quality, Scalar, one_by_one
from gateway.codec import Frame
from gateway.codecs import huawei_iotda, imede_watch, zigbee2mqtt
from gateway.door_specs import DoorKind

NOW_MS = 1_795_300_000_000


def frame(topic: str, payload: str, *, device_id: str = "dev-1", retained: bool = False, later_ms: int = 0) -> Frame:
    return Frame(
        door=DoorKind.MQTT,
        route=topic,
        payload=payload.encode(),
        device_id=device_id,
        received_at_ms=NOW_MS + later_ms,
        retained=retained,
    )


def kinds(observations: tuple[Observation, ...]) -> list[str]:
    return [o.quantity for o in observations]


def test_a_stuck_sos_is_an_sos_each_time_it_is_sent() -> None:
    first = zigbee2mqtt.decode(frame("zigbee2mqtt/button", '{"sos":true}'))
    again = zigbee2mqtt.decode(frame("zigbee2mqtt/button", '{"sos":true}', later_ms=60_000))
    assert kinds(first) == kinds(again) == ["sos"]
    assert again[0].observed_at_ms - first[0].observed_at_ms == 60_000


def test_a_retained_sos_is_marked_as_no_news() -> None:
    (one,) = zigbee2mqtt.decode(frame("zigbee2mqtt/button", '{"sos":true}', retained=True))
    assert one.quality & Quality.RETAINED


def test_a_friendly_name_may_hold_slashes() -> None:
    (one,) = zigbee2mqtt.decode(frame("zigbee2mqtt/flat 3/hall", '{"occupancy":true}'))
    assert one.source == "flat 3/hall"
    (state,) = zigbee2mqtt.decode(frame("zigbee2mqtt/flat 3/hall/availability", "offline"))
    assert (state.source, state.quantity) == ("flat 3/hall", "connection")


@pytest.mark.parametrize("topic", ["zigbee2mqtt/hall/set", "zigbee2mqtt/hall/get", "zigbee2mqtt/bridge/logging"])
def test_what_is_said_to_the_coordinator_says_nothing_of_the_home(topic: str) -> None:
    assert zigbee2mqtt.decode(frame(topic, '{"sos":true}')) == ()


def test_another_homes_base_topic_is_refused() -> None:
    with pytest.raises(FieldError, match="topic: got"):
        zigbee2mqtt.decode(frame("anhu/zigbee2mqtt/dev-2/hall", '{"occupancy":true}'))


@pytest.mark.parametrize("last_seen", [1_795_299_990, 1_795_299_990_000, '"2026-11-21T22:26:30Z"'])
def test_the_coordinators_time_comes_in_three_forms(last_seen: object) -> None:
    (one,) = zigbee2mqtt.decode(frame("zigbee2mqtt/hall", f'{{"occupancy":true,"last_seen":{last_seen}}}'))
    assert one.observed_at_ms == NOW_MS - 10_000


def test_settings_of_a_sensor_are_no_events() -> None:
    text = '{"alarm_volume":"high","alarm_switch":true,"child_lock":true,"fall_sensitivity":3,"linkquality":9}'
    assert zigbee2mqtt.decode(frame("zigbee2mqtt/hall", text)) == ()


def test_an_unmapped_flag_that_went_off_is_off() -> None:
    (one,) = zigbee2mqtt.decode(frame("zigbee2mqtt/hall", '{"alarm":false}'))
    assert isinstance(one, Event)
    assert (one.kind, one.state, one.attributes["urgent"]) == ("unknown_vendor_event", "off", True)


def test_a_watch_in_another_zone() -> None:
    bangkok = imede_watch.codec("imede_watch_bangkok", timezone(timedelta(hours=7)))
    text = '{"IMEI":"dev-1","battery":50,"timeStamps":"22/11/2026 05:26:40"}'
    (there,) = one_by_one(bangkok.decode(frame("iMEDE_watch/hb", text)))
    (here,) = one_by_one(imede_watch.CODEC.decode(frame("iMEDE_watch/hb", text)))
    assert there.observed_at_ms == NOW_MS
    assert here.observed_at_ms == NOW_MS - 3_600_000


def test_day_and_month_are_not_confused() -> None:
    (one,) = imede_watch.decode(frame("iMEDE_watch/hb", '{"battery":50,"timeStamps":"01/02/2026 08:00:00"}'))
    assert one.observed_at_ms == 1_769_904_000_000  # 2026-02-01T00:00:00Z


@pytest.mark.parametrize("topic", ["iMEDE_watch/sos", "iMEDE_watch/SOS", "imede_watch/sos", "IMEDE_WATCH/Sos"])
@pytest.mark.parametrize("body", ["{}", '{"status":"SOS"}', '{"IMEI":"dev-1","status":"sos"}'])
def test_an_sos_is_an_sos_however_it_is_written(topic: str, body: str) -> None:
    assert kinds(imede_watch.decode(frame(topic, body))) == ["sos"]


def test_an_unknown_word_on_the_sos_topic_is_urgent() -> None:
    (one,) = imede_watch.decode(frame("iMEDE_watch/sos", '{"status":"STRAP_CUT"}'))
    assert isinstance(one, Event)
    assert one.attributes["vendor_type"] == "sos:STRAP CUT"
    assert one.attributes["urgent"] is True


def test_one_unreadable_vital_does_not_cost_the_others() -> None:
    made = imede_watch.decode(frame("iMEDE_watch/VitalSign", '{"heartRate":"--","spO2":"97"}'))
    assert kinds(made) == ["unknown_vendor_event", "spo2"]
    assert isinstance(made[1], Scalar)
    assert made[1].value == 97.0


def test_a_gateway_may_carry_a_hundred_sub_devices_and_no_more() -> None:
    one = '{"device_id":"s","services":[{"service_id":"a","properties":{"sos":1}}]}'
    topic = "$oc/devices/dev-1/sys/gateway/sub_devices/properties/report"
    assert len(huawei_iotda.decode(frame(topic, f'{{"devices":[{",".join([one] * 100)}]}}'))) == 100
    with pytest.raises(FieldError, match="at most 100 elements"):
        huawei_iotda.decode(frame(topic, f'{{"devices":[{",".join([one] * 101)}]}}'))


def test_every_name_means_one_thing() -> None:
    names = [
        n for table in (huawei_iotda._NUMBERS, huawei_iotda._EVENTS) for names in table.values() for n in names.split()
    ]
    assert len(names) == len(set(names))
    assert all(huawei_iotda._plain(name) == name for name in names)
