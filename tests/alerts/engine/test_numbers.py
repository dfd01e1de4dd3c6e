"""Plain numbers, taken as they lie in the LOG, find exactly what the same reading finds."""

from __future__ import annotations

import random

import pytest

from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile
from anhu.contract.clock import MINUTE_MS
from anhu.contract.observation import Event, TimeQuality
from anhu.contract.record import Numbers, Reading

_T0 = 1_795_300_000_000
_USUAL = {
    "heart_rate": (66.0, 74.0),
    "spo2": (95.0, 98.0),
    "respiration_rate": (13.0, 17.0),
    "temperature": (36.2, 36.9),
}
_ODD = {
    "heart_rate": (135.0, 190.0),
    "spo2": (70.0, 85.0),
    "respiration_rate": (27.0, 34.0),
    "temperature": (39.0, 40.0),
}


def _stream(seed: int) -> list[Numbers | Reading]:
    """Make hours of two devices: usual numbers, ill hours, repetitions, late and wrong times, and a watch taken off."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    sent: list[Numbers | Reading] = []
    for minute in range(400):
        now_ms = _T0 + minute * MINUTE_MS
        ill = 100 <= minute % 200 < 130
        table = _ODD if ill and chance.random() < 0.9 else _USUAL
        values = {code: round(chance.uniform(*table[code]), 1) for code in table if chance.random() < 0.8}
        behind_ms = chance.choices((0, 3 * MINUTE_MS, -30 * MINUTE_MS, MINUTE_MS), (90, 4, 3, 3))[0]
        quality = TimeQuality.RECEIVED if chance.random() < 0.03 else TimeQuality.DEVICE
        device = f"dev-{chance.choice('12')}"
        if values:
            sent.append(Numbers(device, "r-1", now_ms, now_ms - behind_ms, quality, values))
        if chance.random() < 0.02:
            worn = Event("worn", now_ms, chance.choice(("on", "off")))
            sent.append(Reading(device, "r-1", now_ms, (worn,)))
    return sent


def _engine() -> Engine:
    engine = Engine(discover())
    engine.update_roster(
        [WatchedDevice(f"dev-{n}", "r-1", Profile(report_period_s=60.0), enrolled_at_ms=_T0) for n in "12"]
    )
    return engine


@pytest.mark.parametrize("seed", range(6))
def test_numbers_and_readings_find_the_same(seed: int) -> None:
    as_written, as_readings = _engine(), _engine()
    found: list[ResidentFinding] = []
    for record in _stream(seed):
        plain = record.reading() if isinstance(record, Numbers) else record
        expected = as_readings.feed(plain)
        assert as_written.feed(record) == expected
        found += expected
    assert as_written.snapshot() == as_readings.snapshot()
    assert {one.finding.kind for one in found} >= {"spo2_low"}
