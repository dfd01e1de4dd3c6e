"""Discovery of Home Assistant, from the configuration on: what is learnt, what is said by name, what never calls."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from anhu.contract.observation import Event, Observation, Quality
from tests.gateway.codecs.announcing_home import Home


def kinds(observations: Sequence[Observation]) -> list[tuple[str, object]]:
    return [(one.quantity, one.state if isinstance(one, Event) else getattr(one, "value", 0)) for one in observations]


SMOKE = {"stat_t": "a/smoke", "dev_cla": "smoke", "dev": {"ids": ["detector-1"]}}


def test_a_state_means_nothing_before_it_is_announced_and_smoke_afterwards() -> None:
    home = Home()
    assert home.says("a/smoke", "ON") == [] or home.readings  # its topic says smoke
    home.announces("binary_sensor/detector-1/smoke", SMOKE)
    assert kinds(home.says("a/smoke", "ON")) == [("smoke", "on")]
    assert home.readings[-1].device_id == "home-1:detector-1"
    assert home.counters.announced == 1


def test_what_is_announced_again_and_is_the_same_is_nothing_new() -> None:
    home = Home()
    for _ in range(3):
        home.announces("binary_sensor/detector-1/smoke", SMOKE)
    assert home.counters.announced == 1


def test_an_empty_configuration_takes_it_back() -> None:
    home = Home()
    home.announces("binary_sensor/detector-1/x", {**SMOKE, "stat_t": "a/b"})
    assert kinds(home.says("a/b", "ON")) == [("smoke", "on")]
    home.announces("binary_sensor/detector-1/x", "")
    assert home.says("a/b", "ON") == []
    assert home.says("a/c", "ON") == []
    assert home.letters[-1].reason == "needs mapping: nothing was announced of a/c"


def test_a_new_configuration_stands_in_place_of_the_old_one() -> None:
    home = Home()
    home.announces("binary_sensor/detector-1/x", {**SMOKE, "stat_t": "a/b"})
    home.announces("binary_sensor/detector-1/x", {**SMOKE, "stat_t": "a/c", "dev_cla": "moisture"})
    assert home.says("a/b", "ON") == []
    assert kinds(home.says("a/c", "ON")) == [("water_leak", "on")]


def test_a_component_with_its_platform_alone_is_taken_out() -> None:
    home = Home()
    part = {"p": "binary_sensor", "dev_cla": "gas", "stat_t": "a/gas"}
    home.announces("device/kitchen", {"dev": {"ids": "k"}, "o": {"name": "x"}, "cmps": {"g": part, "h": part}})
    assert kinds(home.says("a/gas", "ON")) == [("gas", "on"), ("gas", "on")]
    home.announces(
        "device/kitchen", {"dev": {"ids": "k"}, "cmps": {"g": part, "h": {"p": "binary_sensor"}}}, retained=True
    )
    assert kinds(home.says("a/gas", "ON")) == [("gas", "on")]


def test_a_configuration_that_cannot_be_read_calls_nobody_whatever_it_is_named() -> None:
    home = Home()
    assert home.says("homeassistant/binary_sensor/x/sos/config", '{"name":"SOS help alarm","dev_cla":') == []
    assert home.letters[-1].reason.startswith("payload: got")


@pytest.mark.parametrize("place", ["sos_button", "fall"])
def test_a_configuration_that_names_help_calls_nobody(place: str) -> None:
    home = Home()
    home.announces(f"binary_sensor/x/{place}", {"name": "SOS fall alarm", "stat_t": "a/b", "pl_on": "fall"})
    assert home.readings == []


@pytest.mark.parametrize(
    ("said", "on", "off"),
    [
        ({"pl_on": True, "pl_off": False, "val_tpl": "{{ value_json.x }}"}, {"x": True}, {"x": False}),
        ({"pl_on": "true", "pl_off": "false", "val_tpl": "{{ value_json.x }}"}, {"x": True}, {"x": False}),
        ({"pl_on": True, "pl_off": False, "val_tpl": "{{ value_json.x }}"}, {"x": "TRUE"}, {"x": "False"}),
        ({"val_tpl": "{{ value_json.x }}"}, {"x": "on"}, {"x": "off"}),
        ({"val_tpl": "{{ value_json.x }}"}, {"x": 1}, {"x": 0}),
        ({"pl_on": "0", "pl_off": "1"}, "0", "1"),
        ({"payload_on": "open", "payload_off": "closed"}, "open", "closed"),
        ({}, " ON\r\n", "off"),
        ({"val_tpl": "{{ 'ON' if value_json.x == 0 else 'OFF' }}"}, {"x": 0}, {"x": 1}),
        ({"val_tpl": "{{ value_json['x'] | lower | iif('ON', 'OFF') }}"}, {"x": "y"}, {"x": ""}),
    ],
)
def test_the_two_states_of_a_sensor_as_firmware_spells_them(said: dict[str, object], on: object, off: object) -> None:
    home = Home()
    home.announces("binary_sensor/d/leak", {"stat_t": "a/b", "dev_cla": "moisture", **said})
    assert kinds(home.says("a/b", on)) == [("water_leak", "on")]
    assert kinds(home.says("a/b", off)) == [("water_leak", "off")]


@pytest.mark.parametrize(
    ("device_class", "kind"),
    [
        ("smoke", "smoke"), ("carbon_monoxide", "carbon_monoxide"), ("gas", "gas"), ("moisture", "water_leak"),
        ("occupancy", "presence"), ("motion", "motion"), ("door", "contact"), ("problem", "sensor_fault"),
        ("battery", "battery_low"), ("tamper", "tamper"), ("vibration", "vibration"),
        ("safety", "unknown_vendor_event"),
    ],
)  # fmt: skip
def test_a_class_of_two_states_is_an_event(device_class: str, kind: str) -> None:
    home = Home()
    home.announces("binary_sensor/d/thing", {"stat_t": "a/b", "dev_cla": device_class})
    [found] = home.says("a/b", "ON")
    assert found.quantity == kind
    assert isinstance(found, Event)
    assert found.attributes.get("urgent", False) is (device_class == "safety")


@pytest.mark.parametrize(
    ("said", "value", "expected"),
    [
        ({"dev_cla": "temperature", "unit_of_meas": "°F"}, "68", ("room_temperature", 20.0)),
        ({"dev_cla": "humidity", "unit_of_meas": "%"}, "48", ("room_humidity", 48.0)),
        ({"dev_cla": "battery", "unit_of_meas": "%"}, "12", ("battery", 12.0)),
        ({"dev_cla": "signal_strength", "unit_of_meas": "dBm"}, "-63", ("signal_strength", -63.0)),
        ({"name": "Heart rate", "unit_of_meas": "bpm"}, "71", ("heart_rate", 71.0)),
        ({"name": "SpO2", "unit_of_meas": "%"}, "96", ("spo2", 96.0)),
        ({"name": "Breathing rate", "unit_of_meas": "/min"}, "14", ("respiration_rate", 14.0)),
        ({"name": "Body temperature", "dev_cla": "temperature", "unit_of_meas": "°C"}, "36.6",
         ("body_temperature", 36.6)),
        ({"dev_cla": "weight", "unit_of_meas": "kg"}, "61.5", ("weight", 61.5)),
        ({"dev_cla": "carbon_monoxide", "name": "carbon_monoxide"}, "180", ("carbon_monoxide", "on")),
        ({"name": "Fall state"}, "fall detected", ("fall", "on")),
    ],
)  # fmt: skip
def test_a_number_by_its_class_or_by_name_and_unit(said: dict[str, object], value: str, expected: object) -> None:
    home = Home()
    home.announces("sensor/d/thing", {"stat_t": "a/b", **said})
    [found] = kinds(home.says("a/b", value))
    assert found[0] == expected[0]  # type: ignore[index]
    assert found[1] == pytest.approx(expected[1]) if isinstance(found[1], float) else found == expected  # type: ignore[index]


def test_a_chips_temperature_is_no_rooms_and_a_heart_rate_of_nobody_is_none() -> None:
    home = Home()
    home.announces("sensor/d/t", {"stat_t": "a/t", "dev_cla": "temperature", "ent_cat": "diagnostic"})
    home.announces("sensor/d/hr", {"stat_t": "a/h", "name": "Heart rate", "unit_of_meas": "bpm"})
    assert home.says("a/t", "61") == []
    assert home.says("a/h", "0") == []


@pytest.mark.parametrize("said", ["unknown", "unavailable", "None", "nan", ""])
def test_a_sensor_that_knows_nothing_says_nothing(said: str) -> None:
    home = Home()
    home.announces("binary_sensor/d/thing", SMOKE)
    home.announces("sensor/d/t", {"stat_t": "a/t", "dev_cla": "temperature"})
    assert home.says("a/smoke", said) == []
    assert home.says("a/t", said) == []
    assert home.letters == []


def test_a_number_that_nobody_mapped_is_kept_raw_once_by_name() -> None:
    home = Home()
    home.announces("sensor/d/lux", {"stat_t": "a/lux", "dev_cla": "illuminance", "unit_of_meas": "lx"})
    for value in range(5):
        assert home.says("a/lux", str(value)) == []
    assert [one.reason for one in home.letters] == ["needs mapping: d/lux lux"]


def test_a_template_that_is_not_understood_is_said_by_name_and_the_call_is_heard_all_the_same() -> None:
    home = Home()
    said = {**SMOKE, "val_tpl": "{% set x = value_json.smoke %}{{ x }}"}
    home.says("homeassistant/binary_sensor/detector-1/smoke/config", said)
    assert "needs mapping: smoke value_template: got '{% set x" in home.letters[-1].reason
    assert kinds(home.says("a/smoke", {"smoke": True})) == [("smoke", "on")]


def test_a_message_in_parts_does_not_end_what_it_does_not_name() -> None:
    """Zigbee2MQTT says what changed: an else in a template must not read as "no smoke"."""
    home = Home()
    home.announces(
        "binary_sensor/d/smoke", {**SMOKE, "val_tpl": "{{ 'ON' if value_json.smoke | default(false) else 'OFF' }}"}
    )
    assert kinds(home.says("a/smoke", {"smoke": True})) == [("smoke", "on")]
    assert home.says("a/smoke", {"battery": 50}) == []


def test_a_retained_state_is_no_news_and_a_retained_press_is_none_at_all() -> None:
    home = Home()
    home.announces("binary_sensor/d/smoke", SMOKE, retained=True)
    home.announces("device_automation/b/p", {"t": "a/press", "pl": "P", "type": "button_short_press", "stype": "sos"})
    home.announces("sensor/d/t", {"stat_t": "a/t", "dev_cla": "temperature", "unit_of_meas": "°C"})
    for topic, value in (("a/smoke", "ON"), ("a/t", "21")):
        [found] = home.says(topic, value, retained=True)
        assert found.quality & Quality.RETAINED
    assert home.says("a/press", "P", retained=True) == []
    assert kinds(home.says("a/press", "P")) == [("sos", "on")]


def test_a_button_is_a_call_where_its_product_says_so_and_never_silent() -> None:
    home = Home()
    for device, model in (("b1", "TS0215A_sos"), ("b2", "TRADFRI remote")):
        config = {"t": f"{device}/press", "type": "button_short_press", "stype": "button_1"}
        home.announces(f"device_automation/{device}/p", {**config, "pl": "P", "dev": {"ids": device, "mdl": model}})
    assert kinds(home.says("b1/press", "P")) == [("sos", "on")]
    [found] = home.says("b2/press", "P")
    assert isinstance(found, Event)
    assert found.kind == "unknown_vendor_event"
    assert "urgent" not in found.attributes
    assert "needs mapping" in home.letters[-1].reason


@pytest.mark.parametrize("payload", ['{"event_type":"press"}', '{"event_type":"hold","duration":2}'])
def test_an_event_of_a_button_for_help_is_a_call(payload: str) -> None:
    home = Home()
    said = {"stat_t": "esp/event/x/state", "evt_typ": ["press", "hold"], "dev_cla": "button", "name": "求助按钮"}
    home.announces("event/esp/x", said)
    assert kinds(home.says("esp/event/x/state", payload)) == [("sos", "on")]


@pytest.mark.parametrize("name", ["sos", "fall", "alarm", "help", "跌倒", "求助"])
@pytest.mark.parametrize("announced", [False, True])
def test_what_sounds_like_help_is_a_call_whether_or_not_it_was_announced(name: str, *, announced: bool) -> None:
    home = Home()
    route = f"esp/binary_sensor/{name}/state"
    if announced:
        home.announces("binary_sensor/esp/x", {"stat_t": route, "name": name})
    [found] = home.says(route, "ON")
    assert isinstance(found, Event)
    assert found.kind in {"sos", "fall"} or found.attributes["urgent"] is True


def test_two_doors_of_one_device_stay_two_and_its_battery_is_the_devices() -> None:
    home = Home()
    device = {"ids": ["shelly-plus-1"]}
    for door in ("front", "back"):
        home.announces(f"binary_sensor/s/{door}", {"stat_t": f"s/{door}", "dev_cla": "door", "dev": device})
    home.announces("sensor/s/battery", {"stat_t": "s/battery", "dev_cla": "battery", "dev": device})
    for topic in ("s/front", "s/back"):
        home.says(topic, "ON")
    home.says("s/battery", "50")
    names = [one.device_id for one in home.readings]
    assert len(set(names)) == 3
    assert names[2] == "home-1:shelly-plus-1"


def test_what_a_radio_hears_is_nobodys_until_it_is_registered() -> None:
    home = Home()
    topic = "home/OMG/BTtoMQTT/C0FFEE000001"
    device = {"ids": ["neighbour"], "mf": "OMG_community"}
    said = {"stat_t": topic, "dev_cla": "weight", "unit_of_meas": "kg", "val_tpl": "{{ value_json.weight }}"}
    home.announces("sensor/n-weight", {**said, "dev": device})
    home.announces("sensor/s-weight", {**said, "stat_t": f"{topic}2", "dev": {"ids": ["stranger"]}})
    home.says(topic, {"weight": 60})
    home.says(f"{topic}2", {"weight": 70})
    assert [one.resident_id for one in home.readings] == ["r-2", ""]


def test_offline_is_told_of_the_device_and_a_bridge_once_for_fifty_sensors() -> None:
    home = Home()
    for n in range(50):
        said = {"stat_t": f"z/s{n}", "avty": [{"t": "z/bridge/state", "val_tpl": "{{ value_json.state }}"}]}
        home.announces(f"binary_sensor/s{n}/contact", {**said, "dev_cla": "door", "dev": {"ids": [f"s{n}"]}})
    home.announces("sensor/n/t", {"stat_t": "n/sensor/t", "avty_t": "n/status", "dev": {"ids": ["n"]}})
    assert kinds(home.says("z/bridge/state", {"state": "offline"})) == [("connection", "off")]
    assert home.readings[-1].device_id == "home-1"
    assert kinds(home.says("n/status", "offline")) == [("connection", "off")]
    assert home.readings[-1].device_id == "home-1:n"
    assert home.says("n/status", "online", retained=True) == []


def test_one_flaw_costs_only_its_own_sensor() -> None:
    home = Home()
    for field, device_class in (("t", "temperature"), ("smoke", "smoke")):
        component = "sensor" if field == "t" else "binary_sensor"
        template = f"{{{{ value_json.{field} }}}}"
        home.announces(f"{component}/d/{field}", {"stat_t": "a/b", "dev_cla": device_class, "val_tpl": template})
    found = home.says("a/b", {"t": "broken", "smoke": "ON"})
    assert ("smoke", "on") in kinds(found)
    assert ("unknown_vendor_event", "on") in kinds(found)


def test_a_home_behind_a_broker_says_its_own_prefix() -> None:
    home = Home()
    prefix = "anhu/home_assistant_discovery/home-1/"
    assert home.says(f"{prefix}homeassistant/binary_sensor/d/smoke/config", json.dumps(SMOKE)) == []
    assert kinds(home.says(f"{prefix}a/smoke", "ON")) == [("smoke", "on")]
    assert home.says("a/other", "ON") == []


def test_a_lamp_is_known_and_of_no_interest_and_a_call_beside_its_state_is_heard() -> None:
    home = Home()
    home.announces("light/d/lamp", {"stat_t": "a/lamp", "cmd_t": "a/lamp/set", "dev": {"ids": ["lamp-1"]}})
    assert home.says("a/lamp", "ON") == []
    assert home.says("a/lamp", {"state": "ON", "brightness": 3}) == []
    assert home.letters == []
    assert kinds(home.says("a/lamp", {"state": "ON", "sos": True})) == [("sos", "on")]
