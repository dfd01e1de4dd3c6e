"""What people do about an alert. Answering ends all paging of it, in the same transaction, while the answer stands.

Each function returns the alert after the step, raises `MissingRowError` for an unknown alert and
`alerts.episodes.lifecycle.IllegalStepError` for a step that its present response does not allow. `told` is what its
line of history says besides: how the answer came, in how many minutes somebody is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from alerts.episodes.following_up import plan_following_up, somebody_is_at_it
from alerts.episodes.lifecycle import HUMAN_OUTCOMES, Found, Outcome, Response, check_step
from alerts.episodes.paging import stop_paging
from alerts.tables import Alert, AlertEvent
from anhu.contract.errors import FieldError
from anhu.registry.rows import existing

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def acknowledge(
    session: Session,
    alert_id: str,
    *,
    actor: str,
    now_ms: int,
    note: str = "",
    told: Mapping[str, Any] = _NOTHING,
) -> Alert:
    """Take an alert over: "I have seen it and deal with it"."""
    return _answer(session, alert_id, Response.ACKNOWLEDGED, actor=actor, now_ms=now_ms, note=note, **told)


def on_the_way(
    session: Session,
    alert_id: str,
    *,
    actor: str,
    now_ms: int,
    note: str = "",
    told: Mapping[str, Any] = _NOTHING,
) -> Alert:
    """Say that somebody has left for the resident."""
    return _answer(session, alert_id, Response.ON_THE_WAY, actor=actor, now_ms=now_ms, note=note, **told)


def on_scene(session: Session, alert_id: str, *, actor: str, now_ms: int, note: str = "") -> Alert:
    """Say that somebody is with the resident."""
    return _answer(session, alert_id, Response.ON_SCENE, actor=actor, now_ms=now_ms, note=note)


def close(
    session: Session,
    alert_id: str,
    outcome: str,
    *,
    actor: str,
    now_ms: int,
    note: str = "",
    found: str = "",
    family_note: str = "",
) -> Alert:
    """End an alert with its outcome: ``true``, ``false``, ``test``, ``drill``, ``device_fault``.

    Parameters
    ----------
    found : str
        Of a real one: one of `Found`; empty where it is not said.
    family_note : str
        What relatives are told of it, beside the outcome; the note is the desk's own.

    Raises
    ------
    FieldError
        If the outcome is not one of these, or something was found at an alert that was not real.
    """
    _check_ending(outcome, found)
    said = {"outcome": str(outcome)} | {
        name: value for name, value in (("found", found), ("family_note", family_note)) if value
    }
    alert = _answer(session, alert_id, Response.CLOSED, actor=actor, now_ms=now_ms, note=note, **said)
    alert.closed_at_ms = now_ms
    alert.outcome = Outcome(outcome)
    alert.found = found
    alert.is_open = False
    session.execute(update(Alert).where(Alert.merged_into == alert.id).values(outcome=outcome, found=found))
    session.flush()
    return alert


def _check_ending(outcome: str, found: str) -> None:
    if outcome not in HUMAN_OUTCOMES:
        raise FieldError("outcome", outcome, "one of " + ", ".join(sorted(HUMAN_OUTCOMES)))
    if found and found not in set(Found):
        raise FieldError("found", found, "one of " + ", ".join(sorted(Found)))
    if found and outcome != Outcome.TRUE:
        expected = "nothing: only where the outcome is `true`"
        raise FieldError("found", found, expected, zh="留空：只有结果为“真实”时才填写")


def comment(session: Session, alert_id: str, text: str, *, actor: str, now_ms: int) -> Alert:
    """Add a remark to an alert, open or closed; it answers nothing, but lets an answer stand longer."""
    alert = existing(session, Alert, alert_id, lock=True)
    somebody_is_at_it(session, alert, now_ms)
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what="comment", actor=actor, text=text, data={}))
    session.flush()
    return alert


def _answer(
    session: Session, alert_id: str, wanted: Response, *, actor: str, now_ms: int, note: str, **data: object
) -> Alert:
    alert = existing(session, Alert, alert_id, lock=True)
    check_step(Response(alert.response), wanted, alert.assignee)
    alert.response = wanted
    if alert.offered_to == actor or wanted is Response.CLOSED:
        alert.offered_to, alert.offered_at_ms = "", None  # what was asked of a colleague is done, or is over
    alert.assignee = actor
    if alert.acknowledged_at_ms is None:
        alert.acknowledged_at_ms = now_ms
    stop_paging(session, alert.id)
    plan_following_up(session, alert, now_ms)
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what=wanted, actor=actor, text=note, data=dict(data)))
    session.flush()
    return alert
