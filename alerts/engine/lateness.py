"""What becomes of a finding that comes long after it happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from alerts.engine.resident_finding import ResidentFinding
from alerts.finding import Condition
from alerts.kinds import KINDS, VITAL_LATE_H
from anhu.contract.clock import HOUR_MS
from anhu.contract.device_clock import SANE_MS
from anhu.contract.priority import Priority

CALLS = frozenset(
    {
        "sos",
        "fall",
        "fall_suspected",
        "fall_cancelled",
        "smoke",
        "carbon_monoxide",
        "gas",
        "unknown_vendor_event",
        "drill_call",
        "heartbeat_call",
    }
)
"""Events that are taken for something of now unless they are sure to be old: those of detectors without an order."""
STILL_URGENT_MS = HOUR_MS
"""Within this, help may still find somebody on the floor. [ms]"""


class Late:
    """The stage that lets a late finding page as far as it still can help.

    Parameters
    ----------
    counts : Counter
        ``findings`` that go on, and those ``too_late`` to be told.
    """

    due_ms: int | None = None

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts

    def pass_on(self, found: Sequence[ResidentFinding], now_ms: int) -> list[ResidentFinding]:
        """Return what is worth telling; what passing time decided is never late. [ms]."""
        out: list[ResidentFinding] = []
        for one in found:
            judged = (
                one._replace(by_time=False) if one.by_time else as_late_as(one._replace(received_ms=now_ms), now_ms)
            )
            self._counts["findings" if judged else "too_late"] += 1
            if judged:
                out.append(judged)
        return out


def as_late_as(found: ResidentFinding, now_ms: int) -> ResidentFinding | None:
    """Return what was found as it should be told now, or None if it should not be told at all. [ms].

    Up to ten minutes late nothing changes. A call for help, fall, smoke or gas keeps its urgency for an hour, is
    medium up to a day, and is shown without paging after that. A vital sign older than two hours is not told: its
    value is in the store, and the person has been measured or not since.
    """
    finding = found.finding
    age_ms = now_ms - finding.at_ms
    if now_ms - finding.decided_at_ms <= SANE_MS:
        return found
    late_h = KINDS[finding.kind].late_h
    if finding.condition is Condition.GONE:
        return found._replace(late=True)
    if age_ms > late_h * HOUR_MS:
        if late_h <= VITAL_LATE_H:
            return None
        finding = msgspec.structs.replace(finding, priority=Priority.INFO)
    elif age_ms > STILL_URGENT_MS:
        finding = msgspec.structs.replace(finding, priority=min(finding.priority, Priority.MEDIUM))
    return found._replace(finding=finding, late=True)


def too_old(kinds: tuple[str, ...], age_ms: int) -> bool:
    """Tell whether nothing that these kinds could find in data of this age would be told. [ms]."""
    return all(KINDS[k].late_h <= VITAL_LATE_H and age_ms > KINDS[k].late_h * HOUR_MS for k in kinds)
