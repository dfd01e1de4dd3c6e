"""China's urgent-referral table, the part that a device can measure. Pure; the symptoms in it are a person's to see.

Source: 国家基本公共卫生服务规范 (第三版, 2017), flow charts of hypertension and type 2 diabetes: systolic >= 180 or
diastolic >= 110 mmHg; glucose >= 16.7 or <= 3.9 mmol/L; body temperature > 39 Cel; a heart rate that stays over
100 /min (diabetes).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class ReferralRow(NamedTuple):
    """One condition of the table.

    Attributes
    ----------
    feature : str
        Its name in the evidence, with unit.
    above : bool
        Met at or above the limit; else at or below.
    only_flag : str
        For residents with this flag only; empty for all.
    """

    quantity: str
    feature: str
    limit: float
    above: bool = True
    only_flag: str = ""


TABLE = (
    ReferralRow("systolic_pressure", "referral_systolic_mmhg", 180.0),
    ReferralRow("diastolic_pressure", "referral_diastolic_mmhg", 110.0),
    ReferralRow("glucose", "referral_glucose_mmol", 16.7),
    ReferralRow("glucose", "referral_low_glucose_mmol", 3.9, above=False),
    ReferralRow("body_temperature", "referral_temperature_cel", 39.1),
    ReferralRow("heart_rate", "referral_heart_rate_bpm", 101.0, only_flag="diabetes"),
)


def rows_met(values: Mapping[str, float], flags: Iterable[str]) -> tuple[ReferralRow, ...]:
    """Return the conditions that present values meet: quantity -> value in its unit."""
    known = frozenset(flags)
    return tuple(
        row
        for row in TABLE
        if row.quantity in values
        and (not row.only_flag or row.only_flag in known)
        and (values[row.quantity] >= row.limit if row.above else values[row.quantity] <= row.limit)
    )
