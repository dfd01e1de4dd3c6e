"""A resident's own limits beside the chart that they are drawn on: what is in force, who set it, and the form."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from alerts.limits import LIMITS
from anhu.contract.errors import FieldError
from api.schemas.limits import LimitView, NewLimit
from api.web.admin.forms import Typed
from api.web.evidence.features import feature_name, feature_unit
from api.web.limits import limit_for
from api.web.marks import Marks
from api.web.trend import chart_codes
from api.web.wording import Wording

_MOST_DAYS = 3_650


class LimitChoice(NamedTuple):
    """One limit that is drawn on a chart.

    Attributes
    ----------
    in_force : str
        The resident's own, or what the rule uses.
    own : LimitView or None
        The resident's own; None: the rule's counts.
    """

    name: str
    words: str
    unit: str
    in_force: str
    low: str
    high: str
    own: LimitView | None


def limit_choices(
    charts: Sequence[str], own: Sequence[LimitView], marks: Marks, wording: Wording
) -> Mapping[str, list[LimitChoice]]:
    """Return chart -> its limits."""
    by_name = {limit.name: limit for limit in own}
    return {chart: _of_chart(chart, by_name, marks, wording) for chart in charts}


def _of_chart(chart: str, own: Mapping[str, LimitView], marks: Marks, wording: Wording) -> list[LimitChoice]:
    codes = set(chart_codes(chart))
    found = []
    for name, limit in LIMITS.items():
        if limit.drawn is None or not codes.intersection(limit.drawn.on):
            continue
        kind, _, parameter = name.partition(".")
        choice = LimitChoice(
            name=name,
            words=f"{wording.kind(kind)} · {feature_name(parameter, wording)}",
            unit=feature_unit(parameter, wording),
            in_force=f"{limit_for(name, limit.drawn.on[0], marks):g}",
            low=f"{limit.low:g}",
            high=f"{limit.high:g}",
            own=own.get(name),
        )
        found.append(choice)
    return found


def new_limit(fields: Typed) -> NewLimit:
    """Return the limit that a form asks for. Raises `FieldError` beside the field that is wrong."""
    value, days, reason = fields.get("value", ""), fields.get("days", ""), fields.get("reason", "")
    try:
        number = float(value.replace(",", "."))
    except ValueError:
        raise FieldError("value", value, "a number", zh="数字") from None
    if not reason:
        raise FieldError("reason", "", "why it differs for this resident", zh="为何与他人不同")
    if days and not (days.isascii() and days.isdigit() and 1 <= int(days) <= _MOST_DAYS):
        expected = f"1 to {_MOST_DAYS} days, or nothing: it holds until it is ended"
        raise FieldError("days", days, expected, zh=f"1 至 {_MOST_DAYS} 天，或留空（直到手动结束）")
    if not math.isfinite(number):
        raise FieldError("value", value, "a number", zh="数字")
    return NewLimit(name=fields.get("name", ""), value=number, reason=reason[:300], days=int(days) if days else None)
