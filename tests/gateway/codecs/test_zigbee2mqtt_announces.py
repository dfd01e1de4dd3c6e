"""What Zigbee2MQTT 2.14.1 itself announces for real sensors, and then their states as it publishes them.

``zigbee2mqtt_2_14_1.json`` is the output of its extension for Home Assistant for these models: topic -> payload.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from anhu.contract.identity import child_device_id
from tests.gateway.codecs.announcing_home import Home
from tests.gateway.codecs.test_home_assistant_discovery import kinds

ANNOUNCED = json.loads(Path(__file__).with_name("zigbee2mqtt_2_14_1.json").read_text(encoding="utf-8"))
STATES: list[tuple[str, str, list[tuple[str, object]]]] = [
    ("bedside", '{"action":"emergency","battery":100,"voltage":3000,"linkquality":120}',
     [("sos", "on"), ("battery", 100.0)]),
    ("front door", '{"contact":false,"battery":91,"device_temperature":23,"voltage":2995,"trigger_count":3}',
     [("contact", "on"), ("battery", 91.0)]),
    ("hall", '{"occupancy":true,"illuminance":14,"battery":88,"linkquality":60}',
     [("presence", "on"), ("battery", 88.0)]),
    ("厨房水浸", '{"water_leak":true,"battery_low":false,"battery":100}',
     [("water_leak", "on"), ("battery_low", "off"), ("battery", 100.0)]),
    ("co", '{"carbon_monoxide":true,"battery_low":false}', [("carbon_monoxide", "on"), ("battery_low", "off")]),
    ("gas", '{"gas":true,"tamper":false}', [("gas", "on"), ("tamper", "off")]),
    ("weather", '{"temperature":21.4,"humidity":48.2,"pressure":1003,"battery":70}',
     [("room_temperature", 21.4), ("room_humidity", 48.2), ("battery", 70.0)]),
    ("mmwave", '{"presence":true,"target_distance":1.2,"illuminance":3}', [("presence", "on")]),
    ("remote", '{"action":"arrow_left_click","battery":60}', [("unknown_vendor_event", "on"), ("battery", 60.0)]),
    ("x", '{"program":"fall detected","local_temperature":21}', [("unknown_vendor_event", "on")]),
]  # fmt: skip


@pytest.fixture
def home() -> Home:
    made = Home(apart_ms=100)
    for topic, payload in ANNOUNCED.items():
        assert made.says(topic, payload, retained=True) == []
    return made


def test_all_that_it_announces_can_be_read_and_what_is_not_understood_is_the_template_of_its_buttons(
    home: Home,
) -> None:
    assert home.counters.announced == len(ANNOUNCED)
    assert {one.reason.partition("got")[0] for one in home.letters} == {"needs mapping: action value_template: "}


@pytest.mark.parametrize(("name", "state", "expected"), STATES)
def test_a_state_as_it_publishes_it(home: Home, name: str, state: str, expected: list[tuple[str, object]]) -> None:
    found = home.says(f"zigbee2mqtt/{name}", state)
    assert sorted(map(str, kinds(found))) == sorted(map(str, expected))


def test_the_trigger_of_the_button_is_the_same_call(home: Home) -> None:
    assert kinds(home.says("zigbee2mqtt/bedside/action", "emergency")) == [("sos", "on")]
    assert home.readings[-1].device_id == child_device_id("home-1", "zigbee2mqtt_0xa4c1380000000001")


def test_its_bridge_is_gone_and_that_is_told_once(home: Home) -> None:
    assert kinds(home.says("zigbee2mqtt/bridge/state", '{"state":"offline"}')) == [("connection", "off")]


def test_what_it_says_of_itself_is_neither_a_call_nor_a_letter(home: Home) -> None:
    letters = len(home.letters)
    for topic in ("info", "devices", "logging", "event", "definitions", "response/device/rename"):
        assert home.says(f"zigbee2mqtt/bridge/{topic}", '{"message":"SOS alarm","alarm":true}') == []
    assert len(home.letters) == letters
