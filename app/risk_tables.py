"""The curves of risk against coverage, for the documents: what is told at each share of what could be told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from alerts.accuracy.published import FOLDER
from alerts.accuracy.risk_coverage import RiskCurve, RiskPoint
from app.markdown import table

_SHOWN = (0.5, 0.7, 0.8, 0.9, 0.95, 1.0)


def risk_section() -> str:
    """Return the curves now and of the release before, one under the other, question by question."""
    now, before = curves(FOLDER / "risk"), curves(FOLDER / "before" / "risk")
    lines = sorted([*_rows(before, "before"), *_rows(now, "now")])
    head = ("detector", "set", "of what", "", "people", *(f"{100 * share:.0f} %" for share in _SHOWN))
    return table(head, lines)


def curves(folder: Path) -> list[RiskCurve]:
    """Return the curves that `anhu accuracy --risk-coverage` wrote into a folder."""
    return [
        curve
        for file in sorted(folder.glob("*.json"))
        for curve in msgspec.json.decode(file.read_bytes(), type=list[RiskCurve])
    ]


def _rows(several: list[RiskCurve], when: str) -> Iterator[list[str]]:
    for curve in several:
        if curve.points:
            shown = [_at(curve, share) for share in _SHOWN]
            people = str(max(point.people for point in curve.points))
            yield [f"`{curve.detector}`", curve.dataset, curve.group, when, people, *shown]


def _at(curve: RiskCurve, share: float) -> str:
    """Return the risk at the first point that tells so much; nothing where so much cannot be told."""
    reached: list[RiskPoint] = [point for point in curve.points if point.coverage >= share - 1e-9]
    return f"{reached[0].risk:.2g} (worst {reached[0].worst:.2g})" if reached else ""
