"""What a description makes of messages: written as makers write them, and never in silence."""

from __future__ import annotations

import msgspec
import pytest

from anhu.contract.errors import FieldError
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality, one_by_one
from gateway.codec import Codec, Example
from gateway.mapping.loading import mapped_from

AT_MS = 1_795_300_000_000


def codec(rules: str, *, payload: str = "json") -> Codec:
    head = (
        f"codec: box\ntitle: t\ndata_sheet: d\npayload: {payload}\nmqtt: {{publish: 'box/{{device_id}}/+'}}\n{rules}\n"
    )
    example = "examples: [{name: x, topic: box/dev-1/up, payload: '{}', error: x}]\n"
    return mapped_from(head + example, "box.yaml").codec


def read(rules: str, message: object, *, payload: str = "json", retained: bool = False) -> tuple[Observation, ...]:
    raw = message if isinstance(message, bytes) else msgspec.json.encode(message)
    frame = Example(name="x", payload=raw, route="box/dev-1/up", retained=retained).frame()
    return one_by_one(codec(rules, payload=payload).decode(frame))


def short(found: tuple[Observation, ...]) -> list[tuple[str, object]]:
    return [(one.quantity, one.value if isinstance(one, Scalar) else getattr(one, "state", "")) for one in found]


STATE = "events: [{path: s, values: {on: contact, off: contact off, no: contact off, 1: smoke, TRUE: motion}}]"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("on", ("contact", "on")),
        ("ON ", ("contact", "on")),
        ("off", ("contact", "off")),
        ("No", ("contact", "off")),
        (True, ("motion", "on")),
        ("true", ("motion", "on")),
        (1, ("smoke", "on")),
        (1.0, ("smoke", "on")),
        ("1", ("smoke", "on")),
    ],
)
def test_a_value_is_compared_as_it_is_written(value: object, said: tuple[str, str]) -> None:
    assert short(read(STATE, {"s": value})) == [said]


def test_a_missing_field_costs_no_other() -> None:
    rules = "numbers: [{path: hr, quantity: heart_rate}, {path: o2, quantity: spo2}]"
    assert short(read(rules, {"o2": 97})) == [("spo2", 97)]
    assert short(read(rules, {"hr": None, "o2": "97"})) == [("spo2", 97)]
    assert short(read(rules, {"hr": "warm", "o2": 97})) == [("unknown_vendor_event", "on"), ("spo2", 97)]


def test_scale_offset_and_unit_are_applied_in_this_order() -> None:
    rules = "numbers: [{path: t, quantity: body_temperature, scale: 0.1, offset: 1, unit: ℉, absent: [0, 32767]}]"
    assert short(read(rules, {"t": 976})) == [("body_temperature", 37.0)]
    assert read(rules, {"t": 32767}) == ()
    assert read(rules, {"t": "0"}) == ()


def test_a_number_may_be_told_by_code_or_range() -> None:
    rules = "numbers: [{path: b, quantity: battery, values: {0: 5, 1: 30, 2..: 90}}]"
    assert [short(read(rules, {"b": one}))[0][1] for one in (0, "1", 2, 7)] == [5, 30, 90, 90]
    assert short(read(rules, {"b": -1})) == [("unknown_vendor_event", "on")]


def test_every_bit_is_said_and_one_that_nobody_mapped_too() -> None:
    rules = "events: [{path: alarm, bits: {0: sos, 16: [fall, presence], 20: nothing}}]"
    assert short(read(rules, {"alarm": 0x10001})) == [("sos", "on"), ("fall", "on"), ("presence", "on")]
    assert short(read(rules, {"alarm": "0x10000"})) == [("fall", "on"), ("presence", "on")]
    assert read(rules, {"alarm": 0}) == ()
    assert read(rules, {"alarm": 1 << 20}) == ()
    found = read(rules, {"alarm": 2})
    assert isinstance(found[0], Event)
    assert found[0].attributes["urgent"] is True
    assert short(read(rules, {"alarm": "?"})) == [("unknown_vendor_event", "on")]


def test_a_code_that_nobody_mapped_is_urgent_beside_a_call_and_else_by_its_words() -> None:
    def urgent(rules: str, value: object) -> object:
        (found,) = read(rules, {"s": value})
        assert isinstance(found, Event)
        assert found.kind == "unknown_vendor_event"
        return found.attributes.get("urgent", False)

    assert urgent("events: [{path: s, values: {1: fall}}]", 7) is True
    assert urgent("events: [{path: s, values: {1: fall}}]", "normal") is False
    assert urgent("events: [{path: s, values: {1: motion}}]", 7) is False
    assert urgent("events: [{path: s, values: {1: motion}}]", "need help") is True


@pytest.mark.parametrize("value", [{"x": 1}, [1], "y" * 2_000, 1e300])
def test_a_value_that_is_no_word_is_not_taken_for_an_absent_one(value: object) -> None:
    found = read("events: [{path: s, values: {1: fall}}]\nnumbers: [{path: hr, quantity: heart_rate}]", {"s": value})
    assert short(found) == [("unknown_vendor_event", "on")]
    found = read("numbers: [{path: hr, quantity: heart_rate}]", {"hr": {"v": 60}})
    assert short(found) == [("unknown_vendor_event", "on")]


def test_a_call_beside_what_was_described_is_heard() -> None:
    rules = "numbers: [{path: d.hr, quantity: heart_rate}]\nignore: [id]"
    assert short(read(rules, {"id": 1, "d": {"hr": 60}, "sos": True})) == [("heart_rate", 60), ("sos", "on")]
    assert short(read(rules, {"d": {"hr": 60, "fall": 1}})) == [("heart_rate", 60), ("fall", "on")]


def test_what_is_no_message_of_the_description_is_refused() -> None:
    rules = "numbers: [{path: d.hr, quantity: heart_rate}]\nignore: [id]"
    for message in ({}, {"other": 1}, {"id": 1, "payload": {"d": {"hr": 60}}}):
        with pytest.raises(FieldError, match=r"expected one of the fields d\.hr"):
            read(rules, message)
    assert read(rules, {"id": 1}) == ()


def test_a_batch_has_its_own_times_sensors_and_conditions() -> None:
    rules = """
source: mac
messages:
  - each: rows[*]
    where: {k: hr}
    time: {path: t, form: epoch_ms}
    numbers: [{path: v, quantity: heart_rate}]
  - each: rows[*]
    where: {k: [o2, spo2]}
    numbers: [{path: v, quantity: spo2}]
"""
    rows = [
        {"k": "hr", "v": 60, "t": AT_MS - 5, "mac": "aa"},
        {"k": "O2", "v": 97},
        {"k": "alarm_sos"},
    ]
    found = read(rules, {"rows": rows})
    assert found[:2] == (
        Scalar("heart_rate", 60, AT_MS - 5, TimeQuality.DEVICE, source="aa"),
        Scalar("spo2", 97, AT_MS, TimeQuality.RECEIVED),
    )
    assert short(found[2:]) == [("unknown_vendor_event", "on")]
    assert isinstance(found[2], Event)
    assert found[2].attributes["urgent"] is True


def test_a_list_at_the_top_and_a_list_in_a_list() -> None:
    rules = "each: '[*].rows[*]'\nnumbers: [{path: hr, quantity: heart_rate}]"
    assert short(read(rules, [{"rows": [{"hr": 1}, {"hr": 2}]}, {"rows": [{"hr": 3}]}])) == [
        ("heart_rate", 1),
        ("heart_rate", 2),
        ("heart_rate", 3),
    ]


def test_alarms_in_a_list_are_all_said() -> None:
    rules = "events: [{path: 'alarms[*]', values: {SOS: sos, FALL: fall}}]"
    assert short(read(rules, {"alarms": ["SOS", "fall", "x"]})) == [
        ("sos", "on"),
        ("fall", "on"),
        ("unknown_vendor_event", "on"),
    ]


@pytest.mark.parametrize(
    ("form", "value", "at_ms"),
    [
        ("{path: t, form: epoch_s}", "1795300000", AT_MS),
        ("{path: t, form: epoch_ms}", 1_795_300_000_000, AT_MS),
        ("t", "2026-11-22T06:26:40+08:00", AT_MS),
        ("t", 1_795_300_000_000_000, AT_MS),
        ("{path: t, form: iso, zone: '+08:00'}", "2026-11-22 06:26:40", AT_MS),
        ("{path: t, form: iso, zone: '+08:00'}", "2026-11-21T22:26:40Z", AT_MS),
        ("{path: t, form: '%d/%m/%Y %H:%M:%S', zone: Asia/Shanghai}", "22/11/2026 06:26:40", AT_MS),
        ("{path: t, form: '%Y%m%dT%H%M%S', zone: '-05:30'}", "20261121T165640", AT_MS),
    ],
)
def test_times_as_makers_write_them(form: str, value: object, at_ms: int) -> None:
    (found,) = read(f"time: {form}\nnumbers: [{{path: hr, quantity: heart_rate}}]", {"hr": 60, "t": value})
    assert (found.observed_at_ms, found.time_quality) == (at_ms, TimeQuality.DEVICE)


@pytest.mark.parametrize("value", ["", "soon", None, 0, -1, 1e40, True, {}, "1970-01-01 00:00:00", "99999"])
def test_a_time_that_cannot_be_is_the_received_one_and_is_shown(value: object) -> None:
    rules = "time: {path: t, form: iso, zone: '+08:00'}\nevents: [{path: s, values: {1: sos}}]"
    (found,) = read(rules, {"s": 1, "t": value})
    assert (found.observed_at_ms, found.time_quality) == (AT_MS, TimeQuality.RECEIVED)
    family = codec(rules)
    frame = Example(name="x", payload=msgspec.json.encode({"s": 1, "t": value, "y": 3}), route="box/dev-1/up").frame()
    assert family.unmapped is not None
    assert family.unmapped(frame) == (("y",) if value is None else ("y", f"t={value}"))


def test_a_number_may_have_a_time_and_a_quality_of_its_own() -> None:
    rules = "numbers: [{path: hr.v, quantity: heart_rate, time: {path: hr.t, form: epoch_s}, poor: {hr.q: [0, bad]}}]"
    (found,) = read(rules, {"hr": {"v": 60, "t": 1_795_300_000, "q": "BAD"}})
    assert found == Scalar("heart_rate", 60, AT_MS, TimeQuality.DEVICE, int(Quality.DEVICE_POOR))


def test_an_odd_name_is_quoted() -> None:
    assert short(read("numbers: [{path: '[\"heart.rate\"][0]', quantity: heart_rate}]", {"heart.rate": [61]})) == [
        ("heart_rate", 61)
    ]


def test_a_retained_copy_is_state() -> None:
    (found,) = read("events: [{path: s, values: {1: sos}}]", {"s": 1}, retained=True)
    assert found.quality == Quality.RETAINED


def test_a_bare_word_is_read_where_the_description_says_so() -> None:
    rules = "events: [{path: text, values: {ON: motion, OFF: motion off}}]"
    assert short(read(rules, b"ON", payload="text")) == [("motion", "on")]
    assert short(read(rules, b"off\r\n", payload="any")) == [("motion", "off")]
    with pytest.raises(FieldError):
        read(rules, b"ON", payload="json")


def test_more_than_can_be_is_refused_not_left_out() -> None:
    rules = "each: '[*]'\nnumbers: [{path: hr, quantity: heart_rate}]"
    assert len(read(rules, [{"hr": 60}] * 2_000)) == 2_000
    with pytest.raises(FieldError, match="at most 2000 in one message"):
        read(rules, [{"hr": 60}] * 2_001)


def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.raises(FieldError, match="each name once"):
        read("numbers: [{path: hr, quantity: heart_rate}]", b'{"hr":1,"hr":2}')
