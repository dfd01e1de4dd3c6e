"""Units at the edge: whatever a device sends becomes the one unit that the quantity is kept in.

Units are UCUM codes (https://ucum.org). Factors: 1 kPa = 7.50062 mmHg; glucose 18.0182 g/mol/10 for mg/dL to
mmol/L; 1 lb = 0.45359237 kg exactly.
"""

from __future__ import annotations

from anhu.contract.errors import FieldError

MMHG_PER_KPA = 7.50062
GLUCOSE_MG_DL_PER_MMOL_L = 18.0182
KG_PER_LB = 0.45359237
STANDARD_GRAVITY_M_S2 = 9.80665

# (from, to): (scale, offset), value_to = value_from * scale + offset.
_CONVERSIONS: dict[tuple[str, str], tuple[float, float]] = {
    ("kPa", "mm[Hg]"): (MMHG_PER_KPA, 0.0),
    ("mg/dL", "mmol/L"): (1.0 / GLUCOSE_MG_DL_PER_MMOL_L, 0.0),
    ("[degF]", "Cel"): (1.0 / 1.8, -32.0 / 1.8),
    ("K", "Cel"): (1.0, -273.15),
    ("[lb_av]", "kg"): (KG_PER_LB, 0.0),
    ("g", "kg"): (0.001, 0.0),
    ("m", "cm"): (100.0, 0.0),
    ("[in_i]", "cm"): (2.54, 0.0),
    ("m/s2", "[g]"): (1.0 / STANDARD_GRAVITY_M_S2, 0.0),
    ("rad/s", "deg/s"): (57.29577951308232, 0.0),
    ("uV", "mV"): (0.001, 0.0),
    ("min", "h"): (1.0 / 60.0, 0.0),
    ("s", "ms"): (1_000.0, 0.0),
}

# What vendors write, and the UCUM code it means.
_ALIASES: dict[str, str] = {
    "bpm": "/min",
    "rpm": "/min",
    "{beats}/min": "/min",
    "次/min": "/min",
    "次/分": "/min",
    "mmHg": "mm[Hg]",
    "℃": "Cel",
    "°C": "Cel",
    "C": "Cel",
    "°F": "[degF]",
    "℉": "[degF]",
    "F": "[degF]",
    "lb": "[lb_av]",
    "lbs": "[lb_av]",
    "mg/dl": "mg/dL",
    "mmol/l": "mmol/L",
    "m/s^2": "m/s2",
    "m/s²": "m/s2",
    "°/s": "deg/s",
    "dps": "deg/s",
    "steps": "{steps}",
    "percent": "%",
}


def ucum(unit: str) -> str:
    """Return the UCUM code for a unit as vendors write it; an unknown text is returned as it is."""
    return _ALIASES.get(unit, unit)


def accepted_units(to: str) -> tuple[str, ...]:
    """Return every text that is understood as a unit of values kept in this one: UCUM codes, then vendors' words."""
    codes = [to, *(a for a, b in _CONVERSIONS if b == to)]
    return (*codes, *(word for word, code in _ALIASES.items() if code in codes))


def conversion(unit: str, to: str, *, field: str = "unit") -> tuple[float, float]:
    """Return scale and offset that bring a value from one unit to another.

    Raises
    ------
    FieldError
        If there is no such conversion; the text lists the units that would have been accepted.
    """
    code = ucum(unit)
    if code == to:
        return 1.0, 0.0
    try:
        return _CONVERSIONS[code, to]
    except KeyError:
        known = ", ".join(u for u in accepted_units(to) if u not in _ALIASES)
        raise FieldError(field, unit, f"one of {known}") from None


def convert(value: float, unit: str, to: str, *, field: str = "unit") -> float:
    """Return the value in another unit. Raises `FieldError` where there is no conversion."""
    scale, offset = conversion(unit, to, field=field)
    return value * scale + offset
