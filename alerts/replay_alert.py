"""What a detector decided, decided again: from the store, by the version that decided it then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.engine.watched_device import WatchedDevice
from alerts.finding import Condition, Evidence, Finding
from alerts.replay import replay_resident
from alerts.rules.decided_by import model_digest
from alerts.rules.detector import Detector
from alerts.tables import AlertEvent
from anhu.contract.clock import DAY_MS, MINUTE_MS
from ingest.store.port import Range, StoreQuery

USUAL_BEFORE_MS = 2 * DAY_MS
"""So much history before the alarm: rules of a habit need their weeks. [ms]"""
_AFTER_MS = MINUTE_MS


class Verdict(StrEnum):
    """What became of deciding again."""

    SAME = "same"
    OTHERWISE = "otherwise"
    """The same kind was found at another time, or as another priority."""
    NOTHING = "nothing"
    NO_DETECTOR = "no_detector"
    """No detector decided, or nobody wrote down which."""
    NO_VERSION = "no_version"
    """This release no longer has that version."""
    OTHER_MODEL = "other_model"
    """It has the version, with another model: its author forgot to number it."""


class Replayed(NamedTuple):
    """A decision and its repetition.

    Attributes
    ----------
    decided : Finding or None
        As it was stored when the alert was raised.
    again : Finding or None
        The nearest of the same kind that was found now.
    """

    verdict: Verdict
    decided: Finding | None
    again: Finding | None = None


def decision_of(session: Session, alert_id: str) -> Finding | None:
    """Return what raised an alert, as its history holds it."""
    lines = select(AlertEvent.data).where(AlertEvent.alert_id == alert_id, AlertEvent.what == "raised")
    data = session.scalars(lines.order_by(AlertEvent.id)).first()
    return msgspec.convert(data["finding"], Finding, strict=False) if data and "finding" in data else None


def replay_decision(
    store: StoreQuery,
    resident_id: str,
    decided: Finding | None,
    versions: Mapping[tuple[str, int], type[Detector]],
    *,
    roster: Iterable[WatchedDevice] = (),
    before_ms: int = USUAL_BEFORE_MS,
) -> Replayed:
    """Decide again what a detector decided, with what is stored of the resident.

    Parameters
    ----------
    versions : mapping
        Name and version -> detector (`alerts.rules.decided_by.by_version`).
    before_ms : int
        How much history before the alarm is read. [ms]

    Notes
    -----
    Stored readings come in the order of their time; what came late, or was repeated, came otherwise then.
    """
    evidence = decided.evidence if decided is not None else Evidence()
    if decided is None or not evidence.detector:
        return Replayed(Verdict.NO_DETECTOR, decided)
    detector = versions.get((evidence.detector, evidence.version))
    if detector is None:
        return Replayed(Verdict.NO_VERSION, decided)
    if model_digest(detector.models) != evidence.model:
        return Replayed(Verdict.OTHER_MODEL, decided)
    within = Range(max(0, min(decided.at_ms, decided.decided_at_ms) - before_ms), decided.decided_at_ms + _AFTER_MS)
    found = [
        one.finding
        for one in replay_resident(store, resident_id, within, [detector], roster=roster)
        if (one.finding.kind, one.finding.condition) == (decided.kind, Condition.PRESENT)
    ]
    if not found:
        return Replayed(Verdict.NOTHING, decided)
    again = min(found, key=lambda one: (abs(one.at_ms - decided.at_ms), one.priority != decided.priority))
    return Replayed(Verdict.SAME if _is_same(decided, again) else Verdict.OTHERWISE, decided, again)


def _is_same(decided: Finding, again: Finding) -> bool:
    """Tell whether both say the same, of the same moment, for the same reason."""
    moments = (again.at_ms, again.decided_at_ms) == (decided.at_ms, decided.decided_at_ms)
    return moments and again.priority == decided.priority and again.evidence.features == decided.evidence.features
