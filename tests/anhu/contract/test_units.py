from __future__ import annotations

import pytest

from anhu.contract.errors import FieldError
from anhu.contract.units import accepted_units, conversion, convert, ucum


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (18.3, "kPa", "mm[Hg]", 137.261),
        (16.0, "kPa", "mm[Hg]", 120.010),
        (108, "mg/dL", "mmol/L", 5.994),
        (300, "mg/dl", "mmol/L", 16.650),
        (99.1, "°F", "Cel", 37.278),
        (98.6, "[degF]", "Cel", 37.0),
        (32, "℉", "Cel", 0.0),
        (310.15, "K", "Cel", 37.0),
        (154, "lb", "kg", 69.853),
        (61_750, "g", "kg", 61.75),
        (1.65, "m", "cm", 165.0),
        (9.80665, "m/s^2", "[g]", 1.0),
        (450, "min", "h", 7.5),
        (72, "次/分", "/min", 72.0),
        (72, "bpm", "/min", 72.0),
    ],
)
def test_conversion(value: float, unit: str, to: str, expected: float) -> None:
    assert convert(value, unit, to) == pytest.approx(expected, abs=5e-4)


def test_same_unit_is_untouched() -> None:
    assert conversion("mmHg", "mm[Hg]") == (1.0, 0.0)


def test_unknown_unit_stays_as_it_is() -> None:
    assert ucum("furlong") == "furlong"


def test_refusal_lists_what_is_accepted() -> None:
    with pytest.raises(FieldError, match=r"values\.glucose\.unit: got 'kPa', expected one of mmol/L, mg/dL"):
        conversion("kPa", "mmol/L", field="values.glucose.unit")


def test_accepted_units_hold_vendors_words() -> None:
    assert accepted_units("mmol/L") == ("mmol/L", "mg/dL", "mg/dl", "mmol/l")
