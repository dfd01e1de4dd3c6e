"""What a gateway hears by radio of sensors that nobody registered: whose it is, how much of it, what is told at once.

A street with iBeacons that change their address once filled another gateway's home with 32,000 sensors.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from anhu.contract.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from anhu.contract.observation import Event, Observation, Quality, Scalar
from anhu.contract.record import LogRecord, Reading, Undecoded, decode_entry
from gateway.codec import Frame
from gateway.codecs import theengs
from gateway.command_answers import CommandAnswers
from gateway.counters import IntakeCounters
from gateway.decoding import FrameDecoder
from gateway.device_limits import MOST_NAMES, OTHER
from gateway.directory import DeviceEntry, Owner
from gateway.door_specs import DoorKind
from gateway.heard_sensors import MEASURED, OF_SENSOR, OTHERWISE

NOW_MS = 1_795_300_000_000


class Home:
    """A gateway of a resident, in a street full of radio."""

    def __init__(self, **children: Owner) -> None:
        self.counters = IntakeCounters()
        self._said: tuple[Observation, ...] = ()
        codec = replace(theengs.CODEC, decode=lambda _: self._said, same=None, unmapped=None)
        self._decoder = FrameDecoder({codec.name: codec}, self.counters, CommandAnswers())
        self._device = DeviceEntry(
            device_id="gw", secret_sha256=b"", codec=codec.name, partition_key="c", resident_id="r-home",
            children=children,
        )  # fmt: skip

    def hears(self, *said: Observation, at_ms: int = NOW_MS, retained: bool = False) -> list[LogRecord]:
        self._said = said
        frame = Frame(
            door=DoorKind.MQTT, route="home/gw/BTtoMQTT/x", payload=b"{}", device_id="gw", received_at_ms=at_ms,
            retained=retained,
        )  # fmt: skip
        return [one for _, raw in self._decoder.records_of(frame, self._device) for one in decode_entry(raw)]


def told(records: list[LogRecord]) -> list[tuple[str, str, str, str]]:
    """Return device, resident, quantity and source of everything that was said."""
    readings = [one for one in records if not isinstance(one, Undecoded)]
    return [
        (r.device_id, r.resident_id, one.quantity, one.source) for r in readings for one in r.reading().observations
    ]


def number(quantity: str, source: str, value: float = 120.0, at_ms: int = NOW_MS) -> Scalar:
    return Scalar(quantity, value, at_ms, source=source)


def sos(source: str, at_ms: int = NOW_MS) -> Event:
    return Event("sos", at_ms, "on", source=source)


def test_health_of_an_unknown_sensor_waits_under_its_name_and_the_rest_is_only_kept() -> None:
    said = told(Home().hears(number("systolic_pressure", "cuff"), number("battery", "cuff"), number("steps", "band")))
    assert sorted(said) == [
        ("gw", "", "systolic_pressure", "cuff"),
        ("gw:band", "", "steps", ""),
        ("gw:cuff", "", "battery", ""),
    ]


def test_what_is_registered_or_said_of_the_gateway_itself_is_its_resident_s_as_ever() -> None:
    home = Home(cuff=Owner("cuff-1", "r-wang", "c"))
    said = told(home.hears(number("systolic_pressure", "cuff"), number("room_temperature", ""), number("weight", "gw")))
    assert sorted(said) == [
        ("cuff-1", "r-wang", "systolic_pressure", ""),
        ("gw", "r-home", "room_temperature", ""),
        ("gw", "r-home", "weight", ""),
    ]


def test_an_unknown_pendant_is_heard_at_once_and_never_by_a_default_resident() -> None:
    assert told(Home().hears(sos("pendant"))) == [("gw", "", "sos", "pendant")]


def test_a_broker_s_old_copy_is_no_news_to_anybody() -> None:
    (found,) = Home().hears(sos("pendant"), retained=True)
    assert isinstance(found, Reading)
    assert (found.device_id, found.observations[0].source) == ("gw:pendant", "")
    assert found.observations[0].quality & Quality.RETAINED


@pytest.mark.parametrize("quantity", ["battery", "heart_rate"])
def test_ten_thousand_beacons_fill_nothing_raise_no_fault_and_cost_a_cuff_nothing_after(quantity: str) -> None:
    home = Home()
    kept: Counter[str] = Counter()
    for n in range(10_000):
        kept.update(name for *_, name, _ in told(home.hears(number(quantity, f"beacon-{n}", 70), at_ms=NOW_MS + n)))
    rate = MEASURED if quantity == "heart_rate" else OTHERWISE
    assert kept[quantity] <= rate.burst + rate.a_minute
    assert "sensor_fault" not in kept, "a street is no fault of the gateway"
    assert home.counters.heard_let_go == 10_000 - kept[quantity]
    later_ms = NOW_MS + MINUTE_MS
    assert told(home.hears(number("systolic_pressure", "cuff", at_ms=later_ms), at_ms=later_ms))


def test_the_beacons_of_a_street_do_not_take_the_room_of_those_who_measure() -> None:
    home = Home()
    for n in range(1_000):
        home.hears(number("battery", f"beacon-{n}"))
    whole = [number(one, "cuff") for one in ("systolic_pressure", "diastolic_pressure", "pulse_rate")]
    assert len(told(home.hears(*whole))) == len(whole), "a measurement goes on whole"


def test_a_strap_that_passes_by_once_a_second_is_a_few_readings() -> None:
    home = Home()
    hour = range(0, HOUR_MS, SECOND_MS)
    kept = sum(len(told(home.hears(number("heart_rate", "strap", 150), at_ms=NOW_MS + t))) for t in hour)
    assert kept <= OF_SENSOR.burst + OF_SENSOR.a_minute * HOUR_MS // MINUTE_MS


def test_a_thousand_invented_pendants_are_bounded_and_a_real_one_is_still_heard() -> None:
    home = Home()
    said = [one for n in range(1_000) for one in told(home.hears(sos(f"invented-{n}"), at_ms=NOW_MS + n))]
    assert len({source for *_, kind, source in said if kind == "sos"}) == MOST_NAMES + 1
    later_ms = NOW_MS + MINUTE_MS
    assert ("gw", "", "sos", OTHER) in told(home.hears(sos("pendant", later_ms), at_ms=later_ms))
