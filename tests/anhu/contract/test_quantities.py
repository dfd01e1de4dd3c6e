from __future__ import annotations

import re

import pytest

from anhu.contract.errors import FieldError
from anhu.contract.quantities import QUANTITIES, Kind, Quantity, _table, of_kind, quantity

# Term code and partition from the tables of IEEE 11073-10101 and 11073-10471; MDC = partition * 65536 + term.
TERMS = {
    "heart_rate": (2, 16770),
    "pulse_rate": (2, 18458),
    "respiration_rate": (2, 20490),
    "spo2": (2, 19384),
    "systolic_pressure": (2, 18949),
    "diastolic_pressure": (2, 18950),
    "mean_pressure": (2, 18951),
    "body_temperature": (2, 19292),
    "glucose": (2, 29112),
    "weight": (2, 57664),
    "height": (2, 57668),
    "bmi": (2, 57680),
    "fall": (130, 1),
    "sos": (130, 2),
    "smoke": (130, 3),
    "carbon_monoxide": (130, 4),
    "water_leak": (130, 5),
    "gas": (130, 6),
    "motion": (130, 7),
    "property_exit": (130, 8),
    "enuresis": (130, 9),
    "contact": (130, 10),
    "bed": (130, 11),
    "switch": (130, 12),
    "medication": (130, 13),
    "room_temperature": (130, 14),
}


@pytest.mark.parametrize("row", QUANTITIES.values(), ids=lambda r: r.code)
def test_row(row: Quantity) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", row.code)
    assert row.en
    assert re.search(r"[\u4e00-\u9fff]", row.zh) or row.code == "ecg"
    assert bool(row.unit) is (row.kind is not Kind.EVENT)
    assert row.low < row.high
    assert re.fullmatch(r"(\d+-\d)?", row.loinc)
    if row.kind is Kind.EVENT:
        assert row.mdc == 0 or row.mdc // 65_536 == 130


@pytest.mark.parametrize("code", TERMS)
def test_mdc_is_partition_and_term(code: str) -> None:
    partition, term = TERMS[code]
    assert QUANTITIES[code].mdc == partition * 65_536 + term


@pytest.mark.parametrize("row", [r for r in QUANTITIES.values() if r.loinc], ids=lambda r: r.code)
def test_loinc_check_digit(row: Quantity) -> None:
    """LOINC numbers end in a mod-10 (Luhn) check digit."""
    number, _, check = row.loinc.partition("-")
    doubled = "".join(str(int(d) * 2) if i % 2 == 0 else d for i, d in enumerate(reversed(number)))
    assert -sum(map(int, doubled)) % 10 == int(check)


def test_names_are_unique() -> None:
    for names in ([r.en for r in QUANTITIES.values()], [r.zh for r in QUANTITIES.values()]):
        assert len(set(names)) == len(names)


def test_a_code_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="'heart_rate' stands in the table twice"):
        _table([QUANTITIES["heart_rate"], QUANTITIES["heart_rate"]])


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        QUANTITIES["x"] = QUANTITIES["spo2"]  # type: ignore[index]


def test_look_up() -> None:
    assert quantity("spo2").unit == "%"
    with pytest.raises(FieldError, match="quantity: got 'spO2', expected a code of the quantity table"):
        quantity("spO2")
    with pytest.raises(FieldError, match=r"events\.0\.kind: got 'spo2', expected an event of the quantity table"):
        quantity("spo2", kind=Kind.EVENT, field="events.0.kind")


def test_every_row_is_of_one_kind() -> None:
    assert sum(len(of_kind(kind)) for kind in Kind) == len(QUANTITIES)
