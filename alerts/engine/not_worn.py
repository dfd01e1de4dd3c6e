"""What counts while a wearable says that nobody wears it: an empty strap must not look like a dying resident."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from alerts.engine.resident_finding import ResidentFinding
from alerts.finding import Condition
from alerts.kinds import KINDS
from alerts.kinds.sheet import level
from alerts.rules.threshold import CONFIRMED_CONTEXTS

ON_BODY = frozenset(
    {
        "heart_rate", "pulse_rate", "rr_interval", "respiration_rate", "spo2", "perfusion_index", "body_temperature",
        "skin_temperature", "systolic_pressure", "diastolic_pressure", "mean_pressure", "ecg", "ppg",
    }
)  # fmt: skip
"""Quantities that only a body can give: those of a device that is not worn are stored, and no rule sees them."""

NOTE = "alert.note.not_worn"


class NotWorn:
    """The stage that makes a fall less urgent when the device that tells it says that nobody wears it."""

    due_ms: int | None = None

    def pass_on(self, found: Sequence[ResidentFinding], now_ms: int) -> list[ResidentFinding]:  # noqa: ARG002 - a stage's
        """Return all, the doubtful falls less urgent."""
        return [less_urgent(one._replace(off_body=False)) if one.off_body else one for one in found]


def less_urgent(found: ResidentFinding) -> ResidentFinding:
    """Return a fall told by a device that says it is not worn: less urgent, with the reason; anything else as it is.

    A watch dropped on the floor also lies still. Which kinds are so, and how urgent they stay, says `AlertKind.unworn`.

    It is never held back: whether a strap is on is guessed by devices, and a fall of which nobody hears is worse than a
    call about a dropped watch. A confirmed one still rings at the desk.
    """
    finding = found.finding
    kind = KINDS.get(finding.kind)
    if kind is None or kind.unworn is None or finding.condition is Condition.GONE:
        return found
    evidence = msgspec.structs.replace(finding.evidence, note=NOTE)
    lowered = msgspec.structs.replace(finding, priority=min(finding.priority, level(kind.unworn)), evidence=evidence)
    return found._replace(finding=lowered)


def is_held(quantity: str, context: str) -> bool:
    """Tell whether a number of a device that is not worn is kept from the rules; not one that a person confirmed."""
    return quantity in ON_BODY and context not in CONFIRMED_CONTEXTS
