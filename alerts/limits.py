"""Which limits a resident may have of one's own, and within which bounds a rule may be set: from the data sheets."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alerts.kinds import SHEETS
from alerts.kinds.sheet import Limit
from anhu.contract.errors import FieldError

LIMITS: Mapping[str, Limit] = MappingProxyType(
    {f"{sheet.name}.{parameter}": limit for sheet in SHEETS.values() for parameter, limit in sheet.limits.items()}
)
"""Detector, dot, parameter -> the limit, in the unit of the name's last part."""


def check_limit(name: str, value: float) -> None:
    """Raise `FieldError` unless there is such a limit and the value is within its bounds."""
    if name not in LIMITS:
        raise FieldError("name", name, "one of " + ", ".join(sorted(LIMITS)))
    limit = LIMITS[name]
    if not limit.low <= value <= limit.high:
        raise FieldError("value", value, f"{limit.low:g} to {limit.high:g}", zh=f"{limit.low:g} 至 {limit.high:g}")


def in_force(own: Mapping[str, float], name: str) -> float:
    """Return the resident's own limit, else the one for everybody. [the unit of the name's last part].

    Raises
    ------
    KeyError
        If no rule has such a limit, or it has none for everybody.
    """
    if name in own:
        return own[name]
    usual = LIMITS[name].default
    if usual == "none":
        raise KeyError(name)
    return usual
