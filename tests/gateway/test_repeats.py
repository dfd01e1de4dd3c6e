"""A message that came before is left out, except where that could cost a call."""

from __future__ import annotations

import msgspec

from anhu.contract.observation import Event, Observation
from anhu.contract.record import Undecoded, decode_entry
from gateway.codec import Codec, Frame
from gateway.codecs import chirpstack, dusun_ble, theengs, vayyar_care
from gateway.command_answers import CommandAnswers
from gateway.counters import IntakeCounters
from gateway.decoding import FrameDecoder
from gateway.directory import DeviceEntry
from gateway.door_specs import DoorKind

NOW_MS = 1_795_300_000_000
ROUTE = "home/gw/BTtoMQTT/3C2EF5AABBCC"
OPEN = '{"model_id":"SBDW-002C","type":"CTMO","packet":93,"open":true}'
PRESSED = '{"model_id":"SBBT-002C","type":"BTN","packet":29,"button":1}'


class Door:
    """A decoder with one device of one family behind it."""

    def __init__(self, codec: Codec) -> None:
        self.counters = IntakeCounters()
        self._decoder = FrameDecoder({codec.name: codec}, self.counters, CommandAnswers())
        self._device = DeviceEntry(device_id="gw", secret_sha256=b"", codec=codec.name, partition_key="c")

    def told(self, route: str, payload: str | bytes, later_ms: int = 0, *, retained: bool = False) -> list[str]:
        raw = payload.encode() if isinstance(payload, str) else payload
        frame = Frame(door=DoorKind.MQTT, route=route, payload=raw, device_id="gw", received_at_ms=NOW_MS + later_ms)
        frame = msgspec.structs.replace(frame, retained=retained)
        records = [one for _, raw in self._decoder.records_of(frame, self._device) for one in decode_entry(raw)]
        readings = [one.reading() for one in records if not isinstance(one, Undecoded)]
        return [_word(one) for reading in readings for one in reading.observations]


def _word(one: Observation) -> str:
    return f"{one.kind} {one.state}" if isinstance(one, Event) else one.quantity


def test_an_advertisement_heard_five_times_is_told_once() -> None:
    door = Door(theengs.CODEC)
    assert [door.told(ROUTE, OPEN, n * 300) for n in range(5)] == [["contact on"], [], [], [], []]
    assert door.counters.repeats == 4


def test_another_packet_another_sensor_and_another_hour_are_news() -> None:
    door = Door(theengs.CODEC)
    door.told(ROUTE, OPEN)
    assert door.told(ROUTE, OPEN.replace("93", "94"))
    assert door.told(ROUTE.replace("CC", "DD"), OPEN)
    assert door.told(ROUTE, OPEN, 3_600_000)


def test_a_call_is_never_left_out_for_being_the_same() -> None:
    door = Door(theengs.CODEC)
    assert [door.told(ROUTE, PRESSED, n * 300) for n in range(3)] == [["sos on"]] * 3
    assert door.counters.repeats == 0


def test_what_the_log_refused_counts_as_new() -> None:
    door = Door(theengs.CODEC)
    door.told(ROUTE, OPEN)
    door.counters.log_failures += 1
    assert door.told(ROUTE, OPEN, 300) == ["contact on"]


def test_a_brokers_old_copy_hides_no_news() -> None:
    door = Door(theengs.CODEC)
    door.told(ROUTE, OPEN, retained=True)
    assert door.told(ROUTE, OPEN, 300) == ["contact on"]


def test_an_uplink_delivered_twice_is_one() -> None:
    door = Door(chirpstack.CODEC)
    (example,) = [e for e in chirpstack.CODEC.examples if e.name.startswith("WS202")]
    assert door.told(example.route, example.payload)
    assert door.told(example.route, example.payload, 2_000) == []


def test_a_gateway_whose_clock_stands_still_has_another_reading_heard() -> None:
    door = Door(dusun_ble.CODEC)
    example = dusun_ble.CODEC.examples[0]
    assert door.told("dusun_pub", example.payload)
    assert door.told("dusun_pub", example.payload, 1_000) == []
    assert door.told("dusun_pub", example.payload.replace(b"137", b"181"), 2_000)


def fall(status: str, told_ms: int, began_ms: int = NOW_MS - 60_000) -> str:
    about = {"status": status, "timestamp": began_ms, "statusUpdateTimestamp": told_ms}
    return msgspec.json.encode({"type": 5, "payload": about}).decode()


def test_an_older_state_of_a_fall_is_left_out_and_the_next_fall_is_not() -> None:
    door, route = Door(vayyar_care.CODEC), "/devices/gw/events"
    assert door.told(route, fall("fall_detected", NOW_MS - 60_000)) == ["fall_suspected on"]
    assert door.told(route, fall("fall_exit", NOW_MS)) == ["fall_suspected off", "fall off"]
    assert door.told(route, fall("fall_confirmed", NOW_MS - 8_000), 1_000) == []
    assert door.counters.repeats == 1
    assert door.told(route, fall("fall_confirmed", NOW_MS + 90_000, NOW_MS + 38_000), 90_000) == ["fall on"]


def test_a_radar_that_tells_no_time_of_its_states_is_followed_by_their_order() -> None:
    door, route = Door(vayyar_care.CODEC), "/devices/gw/events"
    told = [door.told(route, fall(one, 0), n) for n, one in enumerate(("fall_suspected", "fall_exit", "calling"))]
    assert told == [["fall_suspected on"], ["fall_suspected off", "fall off"], []]


def test_all_states_of_one_fall_are_one_event_in_the_store() -> None:
    states = ("fall_detected", "fall_confirmed", "calling", "on_call", "finished")
    made = [
        vayyar_care.CODEC.decode(
            Frame(
                door=DoorKind.MQTT,
                route="/devices/gw/events",
                payload=fall(status, NOW_MS + n).encode(),
                device_id="gw",
                received_at_ms=NOW_MS + n,
            )
        )
        for n, status in enumerate(states)
    ]
    assert len(set(map(repr, made))) == 2, "a suspicion, and the fall"
