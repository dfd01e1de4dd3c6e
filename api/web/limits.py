"""Limits as lines on a chart: the resident's own where there are, else those of the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alerts.limits import LIMITS, in_force
from api.web.evidence.features import feature_name
from api.web.wording import Wording


def limit_lines(quantities: Sequence[str], own: Mapping[str, float], wording: Wording) -> list[dict[str, Any]]:
    """Return the lines of a chart of some quantities: value, its text, and whether it is an upper or a lower limit.

    A chart of several says in the label which of them a line is for.
    """
    lines = []
    for name, limit in LIMITS.items():
        if limit.drawn is None or not set(limit.drawn.on) & set(quantities):
            continue
        value = in_force(own, name)
        label = wording.t(f"chart.{limit.drawn.side}")
        if len(quantities) > 1:
            label = f"{feature_name(name.rpartition('.')[2], wording)} {label}"
        lines.append({"value": value, "text": f"{value:g}", "label": label})
    return lines
