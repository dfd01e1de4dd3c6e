"""One named case per detector that must fire: what comes in, and what must be said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from alerts.rules.detector import HEARD, Profile, Window
from anhu.contract.observation import AttributeValue

T0 = 1_795_300_000_000
MINUTELY = Profile(report_period_s=60.0)
Said = tuple[str, str, str, float]
"""Kind, condition, priority, when decided since the start. [s]"""


class Case(NamedTuple):
    name: str
    windows: Sequence[Window]
    expected: Sequence[Said]
    profile: Profile = MINUTELY
    until_s: float = 0.0


def at(quantity: str, second: float, *values: float, context: str = "", **attributes: AttributeValue) -> Window:
    """Readings a minute apart from a second on."""
    t = T0 + round(second * 1_000) + np.arange(len(values), dtype=np.int64) * 60_000
    return Window(
        quantity=quantity,
        device_id="dev-1",
        t_ms=t,
        values=np.array(values, dtype=np.float64).reshape(-1, 1),
        quality=np.zeros(len(values), dtype=np.int32),
        context=context,
        received_at_ms=int(t[-1]),
        attributes=attributes,
    )


def each(quantity: str, *values: float) -> list[Window]:
    return [at(quantity, 60.0 * i, value) for i, value in enumerate(values)]


CASES: dict[str, Sequence[Case]] = {
    "sos": [
        Case("a button that repeats itself", [at("sos", s, 1) for s in (0, 0.5, 1.9)], [("sos", "present", "HIGH", 0)]),
        Case(
            "pressed again after a minute",
            [at("sos", s, 1) for s in (0, 60)],
            [("sos", "present", "HIGH", 0), ("sos", "present", "HIGH", 60)],
        ),
    ],
    "smoke_and_gas": [
        Case(
            "smoke that clears",
            [at("smoke", 0, 1), at("smoke", 90, 0)],
            [("smoke", "present", "HIGH", 0), ("smoke", "gone", "HIGH", 90)],
        ),
        Case("gas", [at("gas", 0, 1)], [("gas", "present", "HIGH", 0)]),
        Case("carbon monoxide", [at("carbon_monoxide", 0, 1)], [("carbon_monoxide", "present", "HIGH", 0)]),
    ],
    "reported_fall": [
        Case("the device is sure", [at("fall", 0, 1)], [("fall", "present", "HIGH", 0)]),
        Case(
            "a suspicion that nothing takes back",
            [at("fall_suspected", 0, 1)],
            [("fall_suspected", "present", "MEDIUM", 0), ("fall_suspected", "present", "HIGH", 60)],
            until_s=120,
        ),
        Case(
            "I am OK",
            [at("fall_suspected", 0, 1), at("fall_cancelled", 20, 1)],
            [("fall_suspected", "present", "MEDIUM", 0), ("fall_suspected", "gone", "LOW", 20)],
            until_s=120,
        ),
    ],
    "water_leak": [
        Case(
            "a leak, mopped up",
            [at("water_leak", 0, 1), at("water_leak", 300, 0)],
            [("water_leak", "present", "MEDIUM", 10), ("water_leak", "gone", "MEDIUM", 900)],
            until_s=1_000,
        ),
        Case("a splash", [at("water_leak", 0, 1), at("water_leak", 8, 0)], [], until_s=600),
    ],
    "unknown_event": [
        Case(
            "an event that nobody mapped",
            [at("unknown_vendor_event", 0, 1, vendor_type="X17")],
            [("unknown_event", "present", "MEDIUM", 0)],
        ),
        Case(
            "an unmapped call for help",
            [at("unknown_vendor_event", 0, 1, vendor_type="SOS_2", urgent=True)],
            [("unknown_alarm", "present", "HIGH", 0)],
        ),
    ],
    "sensor_fault": [
        Case(
            "broken, then replaced",
            [at("sensor_fault", 0, 1), at("sensor_fault", 600, 0)],
            [("sensor_fault", "present", "MEDIUM", 0), ("sensor_fault", "gone", "MEDIUM", 600)],
        )
    ],
    "implausible_value": [
        Case(
            "a heart rate that nobody has, then one",
            each("heart_rate", 17, 17, 17, 70),
            [("sensor_fault", "present", "MEDIUM", 120), ("sensor_fault", "gone", "MEDIUM", 180)],
        ),
        Case("one knock", each("heart_rate", 70, 17, 70), []),
    ],
    "position_fault": [
        Case(
            "a receiver without a fix for half an hour",
            [at("position", 60.0 * i, 1, latitude_deg=0.0, longitude_deg=0.0) for i in range(31)],
            [("sensor_fault", "present", "MEDIUM", 1_800)],
            profile=Profile(flags=frozenset({"dementia"})),
        )
    ],
    "not_worn": [
        Case(
            "on the bedside table",
            [at("worn", 0, 0), at("worn", 9_000, 1)],
            [("not_worn", "present", "LOW", 7_200), ("not_worn", "gone", "LOW", 9_000)],
        ),
        Case("washing", [at("worn", 0, 0), at("worn", 1_800, 1)], [], until_s=9_000),
    ],
    "battery_low": [
        Case(
            "runs down, is charged",
            each("battery", 25, 20, 12, 5, 40),
            [
                ("battery_low", "present", "LOW", 60),
                ("battery_low", "present", "MEDIUM", 180),
                ("battery_low", "gone", "MEDIUM", 240),
            ],
        )
    ],
    "device_silent": [
        Case("never heard after enrolment", [at(HEARD, 0, 1)], [("device_silent", "present", "LOW", 600)], until_s=900),
        Case(
            "a wearable that reports on events, its connection lost",
            [at(HEARD, 0, 1), at("connection", 60, 0)],
            [("device_silent", "present", "LOW", 660)],
            profile=Profile(),
            until_s=900,
        ),
    ],
    "spo2_low": [
        Case(
            "a desaturation that recovers",
            each("spo2", 96, 87, 86, 90, *[95] * 6),
            [("spo2_low", "present", "HIGH", 120), ("spo2_low", "gone", "HIGH", 540)],
        ),
        Case("90 for three minutes", each("spo2", *[90] * 4), [("spo2_low", "present", "MEDIUM", 180)]),
        Case(
            "89 with COPD", each("spo2", *[89] * 20), [], profile=Profile(report_period_s=60, flags=frozenset({"copd"}))
        ),
        Case(
            "one spot check, then nothing",
            [at("spo2", 0, 85)],
            [("spo2_low", "present", "MEDIUM", 600)],
            profile=Profile(),
            until_s=3_600,
        ),
    ],
    "respiration_low": [
        Case("7 for two minutes", each("respiration_rate", *[7] * 3), [("respiration_low", "present", "HIGH", 120)])
    ],
    "respiration_high": [
        Case("27 for five minutes", each("respiration_rate", *[27] * 6), [("respiration_high", "present", "HIGH", 300)])
    ],
    "pressure_crisis": [
        Case(
            "two readings five minutes apart",
            [at("systolic_pressure", 0, 188), at("systolic_pressure", 300, 184)],
            [("pressure_crisis", "present", "HIGH", 300)],
        ),
        Case(
            "the diastolic alone",
            [at("diastolic_pressure", 0, 112), at("diastolic_pressure", 300, 111)],
            [("pressure_crisis", "present", "HIGH", 300)],
        ),
        Case(
            "one reading, with symptoms",
            [at("systolic_pressure", 0, 188, context="symptoms")],
            [("pressure_crisis", "present", "HIGH", 0)],
        ),
        Case("right after the stairs", [at("systolic_pressure", 0, 182), at("systolic_pressure", 300, 150)], []),
    ],
    "pressure_low": [
        Case("two low readings", each("systolic_pressure", 88, 86), [("pressure_low", "present", "HIGH", 60)])
    ],
    "temperature_high": [
        Case(
            "a fever that rises",
            each("body_temperature", 38.4, 39.2, 39.3),
            [("temperature_high", "present", "MEDIUM", 0), ("temperature_high", "present", "HIGH", 120)],
        ),
        Case("a warm wrist", [at("body_temperature", 0, 39.5, context="wrist")], []),
    ],
    "temperature_low": [
        Case(
            "cold twice",
            each("body_temperature", 34.6, 34.7),
            [("temperature_low", "present", "MEDIUM", 0), ("temperature_low", "present", "HIGH", 60)],
        )
    ],
    "room_temperature": [
        Case("a cold room", each("room_temperature", *[10] * 31), [("room_temperature", "present", "MEDIUM", 1_800)]),
        Case("a hot room", each("room_temperature", *[36] * 31), [("room_temperature", "present", "MEDIUM", 1_800)]),
    ],
}
