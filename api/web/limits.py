"""Limits as lines on a chart: the resident's own where there are, else those of the rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alerts.bounds import bounds_of
from alerts.limits import LIMITS, in_force
from api.web.evidence.features import feature_name
from api.web.marks import Marks
from api.web.wording import Wording


def limit_lines(quantities: Sequence[str], own: Marks, wording: Wording) -> list[dict[str, Any]]:
    """Return the lines of a chart of some quantities: value, its text, and whether it is an upper or a lower limit.

    A chart of several says in the label which of them a line is for.
    """
    lines = []
    for name, limit in LIMITS.items():
        if limit.drawn is None or not set(limit.drawn.on) & set(quantities):
            continue
        value = limit_for(name, limit.drawn.on[0], own)
        label = wording.t(f"chart.{limit.drawn.side}")
        if len(quantities) > 1:
            label = f"{feature_name(name.rpartition('.')[2], wording)} {label}"
        lines.append({"value": value, "text": f"{value:g}", "label": label})
    return lines


def limit_for(name: str, code: str, own: Marks) -> float:
    """Return a limit as the rule has it for this resident: one's own, else what flags make of the usual one."""
    value = in_force(own.limits, name)
    if name in own.limits:
        return value
    usual, here = (bounds_of(code, limits={}, flags=flags) for flags in ((), own.flags))
    levels = [one[:3] for one in usual if one.value == value and name.startswith(f"{one.kind}.")]
    return next((one.value for one in here if one[:3] in levels), value)
