"""What counts while a wearable says that nobody wears it: an empty strap must not look like a dying resident. Pure."""

from __future__ import annotations

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


def less_urgent(detected: ResidentFinding) -> ResidentFinding:
    """Return a fall told by a device that says it is not worn: less urgent, with the reason; anything else as it is.

    A watch dropped on the floor also lies still. Which kinds are so, and how urgent they stay, says `AlertKind.unworn`.

    It is never held back: whether a strap is on is guessed by devices, and a fall of which nobody hears is worse than a
    call about a dropped watch. A confirmed one still rings at the desk.
    """
    finding = detected.finding
    kind = KINDS.get(finding.kind)
    if kind is None or kind.unworn is None or finding.condition is Condition.GONE:
        return detected
    evidence = msgspec.structs.replace(finding.evidence, note=NOTE)
    lowered = msgspec.structs.replace(finding, priority=min(finding.priority, level(kind.unworn)), evidence=evidence)
    return detected._replace(finding=lowered)


def is_held(quantity: str, context: str) -> bool:
    """Tell whether a number of a device that is not worn is kept from the rules; not one that a person confirmed."""
    return quantity in ON_BODY and context not in CONFIRMED_CONTEXTS
