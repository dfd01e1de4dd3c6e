"""What the conformance suite cannot see: the traps that need two messages, or another setting."""

from __future__ import annotations

from datetime import timedelta, timezone

import msgspec
import pytest

from anhu.contract.errors import FieldError
from anhu.contract.identity import checked_id, child_device_id
from anhu.contract.observation import Event, Observation, Quality, Scalar, one_by_one
from gateway.codec import Frame
from gateway.codecs import huawei_iotda, imede_watch, zigbee2mqtt
from gateway.door_specs import DoorKind
from gateway.thing_model import names as property_names

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
        n
        for table in (property_names.NUMBERS, property_names.EVENTS)
        for names in table.values()
        for n in names.split()
    ]
    assert len(names) == len(set(names))
    assert all(property_names.plain(name) == name for name in names)


@pytest.mark.parametrize("said", ["offline", '{"state":"offline"}', '"offline"', "OFFLINE", '{"state":"Offline"}'])
@pytest.mark.parametrize("retained", [False, True])
def test_a_coordinator_that_is_off_is_a_lost_gateway(said: str, *, retained: bool) -> None:
    (gone,) = zigbee2mqtt.decode(frame("zigbee2mqtt/bridge/state", said, retained=retained))
    assert (gone.quantity, gone.source) == ("connection", "")
    assert isinstance(gone, Event)
    assert gone.state == "off"
    (back,) = zigbee2mqtt.decode(frame("zigbee2mqtt/bridge/state", said.lower().replace("ff", "n"), retained=False))
    assert isinstance(back, Event)
    assert back.state == "on"


def test_a_sensor_that_is_gone_is_so_in_an_old_copy_too_but_not_one_that_was_there() -> None:
    topic = "zigbee2mqtt/hall/availability"
    (gone,) = zigbee2mqtt.decode(frame(topic, '{"state":"offline"}', retained=True))
    assert (gone.quantity, gone.source) == ("connection", "hall")
    assert zigbee2mqtt.decode(frame(topic, '{"state":"online"}', retained=True)) == ()


def test_a_topic_that_is_cleared_says_nothing() -> None:
    assert zigbee2mqtt.decode(frame("zigbee2mqtt/sos", "")) == ()


def test_the_air_around_a_watch_is_not_its_wearer() -> None:
    body = (
        '{"services":[{"service_id":"Vital","properties":{"heartRate":80}},'
        '{"service_id":"Env","properties":{"temperature":25}},'
        '{"service_id":"Temperature","properties":{"temperature":39.6}}]}'
    )
    made = huawei_iotda.decode(frame("$oc/devices/dev-1/sys/properties/report", body))
    assert kinds(made) == ["heart_rate", "room_temperature", "body_temperature"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [("SOS", "sos"), ("sos", "sos"), (None, "sos"), ("FALL DOWN", "fall"), ("help", "sos"), ("SOS CANCEL", "")],
)
def test_the_sos_topic_of_a_watch_says_other_things_too(status: str | None, kind: str) -> None:
    payload = msgspec.json.encode({"IMEI": "dev-1", "status": status}).decode()
    (one,) = imede_watch.decode(frame("iMEDE_watch/sos", payload))
    assert isinstance(one, Event)
    assert one.quantity == (kind or "unknown_vendor_event")
    assert "urgent" not in one.attributes


LONG = "x" * 70_000


@pytest.mark.parametrize(
    "names",
    [
        ("厨房水浸", "阳台水浸"), ("💧1", "💧2"), ("hall", "Hall"), ("hall", " hall"), ("hall", "hall "),
        ("a/b", "a-b"), ("a/b", "a.b"), ("a b", "a-b"), ("unnamed", "厨房"), ("sensor", "💧"), (LONG + "1", LONG + "2"),
        ("x" * 40 + "1", "x" * 40 + "2"), ("a:b", "a-b"), ("é", "e"), ("-", "--"), ("0", "00"), ("ß", "ss"),
        ("\u200bhall", "hall"), ("ｈａｌｌ", "hall"),
    ],
)  # fmt: skip
def test_two_sensors_never_become_one(names: tuple[str, str]) -> None:
    sources = [zigbee2mqtt.decode(frame(f"zigbee2mqtt/{name}", '{"water_leak":true}'))[0].source for name in names]
    made = {child_device_id("home-1", source) for source in sources}
    assert len(made) == 2
    assert {checked_id(one, field="id") for one in made} == made
    assert all(len(source) <= 100 for source in sources)


def test_one_name_in_two_spellings_is_one_sensor() -> None:
    assert child_device_id("home-1", "Caf\u00e9") == child_device_id("home-1", "Cafe\u0301")


def test_gateways_whose_names_begin_alike_have_sensors_of_their_own() -> None:
    gateways = ["g" * 31 + end for end in ("", "1", "2", "1" * 33)]
    assert len({child_device_id(one, "hall") for one in gateways}) == 4
    assert child_device_id("a", "b-c") != child_device_id("a:b", "c") != child_device_id("a-b", "c")


@pytest.mark.parametrize("field", ["presence", "occupancy", "vibration"])
def test_a_flag_of_the_room_whose_word_is_a_call_is_that_call(field: str) -> None:
    assert kinds(zigbee2mqtt.decode(frame("zigbee2mqtt/radar", f'{{"{field}":"fall"}}'))) == ["fall"]


@pytest.mark.parametrize(
    ("action", "urgent"),
    [("panic_hold", True), ("fire", True), ("medical", True), ("emergency_test", False), ("arm_all_zones", False)],
)
def test_a_keypads_action_calls_when_its_word_does(action: str, *, urgent: bool) -> None:
    (one,) = zigbee2mqtt.decode(frame("zigbee2mqtt/keypad", f'{{"action":"{action}"}}'))
    assert isinstance(one, Event)
    assert one.attributes.get("urgent", False) is urgent


@pytest.mark.parametrize("last", ["VitalSign", "hb", "ap55", "location", "onlineTrigger"])
@pytest.mark.parametrize("said", ['"status":"SOS"', '"sos":1', '"alarm":"SOS"'])
def test_a_watchs_call_is_one_in_whatever_message_it_stands(last: str, said: str) -> None:
    body = f'{{"IMEI":"dev-1","heartRate":80,"data":[],{said}}}'
    assert "sos" in kinds(imede_watch.decode(frame(f"iMEDE_watch/{last}", body)))


def test_a_radars_presence_report_may_be_a_fall() -> None:
    text = '{"services":[{"service_id":"Radar","properties":{"presence":"fall"}}]}'
    assert kinds(huawei_iotda.decode(frame("$oc/devices/dev-1/sys/properties/report", text))) == ["fall"]


@pytest.mark.parametrize(("said", "state"), [("OFFLINE", "off"), ("ONLINE", "on"), ("offline", "off")])
def test_a_gateway_says_which_sub_device_it_lost(said: str, state: str) -> None:
    paras = f'{{"device_statuses":[{{"device_id":"smoke-1","status":"{said}"}},{{"device_id":5}},null]}}'
    about = f'"service_id":"$sub_device_manager","event_type":"sub_device_update_status","paras":{paras}'
    text = f'{{"services":[{{{about}}}]}}'
    (one,) = huawei_iotda.decode(frame("$oc/devices/dev-1/sys/events/up", text))
    assert isinstance(one, Event)
    assert (one.kind, one.state, one.source) == ("connection", state, "smoke-1")
