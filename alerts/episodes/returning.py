"""What ended by itself and comes back: one episode, not one page for each time.

Within ten minutes of its end a condition is the same episode again. Who was paged is not paged for it a second time;
what nobody answered goes on where its ladder stood, and what had not left yet is sent after all. Later than that
it is news, also while somebody's answer to the first time stands.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.lifecycle import Outcome, Response
from alerts.episodes.members import Members, known_as, others_of
from alerts.episodes.paging import plan_step
from alerts.finding import Condition
from alerts.kinds import KINDS
from alerts.subject import subject_of
from alerts.tables import Alert, AlertEvent, Escalation
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.priority import Priority
from anhu.outbox.writing import revive

SAME_EPISODE_MS = 10 * MINUTE_MS
_TOLD_AGAIN_S = 60.0
"""At most so often a call that was answered makes a line of its history. [s]"""


def reopened(session: Session, near: Sequence[Alert], one: ResidentFinding) -> Alert | None:
    """Open the resident's alert again that went away a moment ago, before anybody had answered it; None if none did.

    What a person closed is never opened again: its outcome stands.

    Parameters
    ----------
    near : sequence of Alert
        What ended around then, locked.
    """
    kind, at_ms = one.finding.kind, one.finding.at_ms
    ended = [row for row in near if row.kind == kind and not row.is_open and row.outcome == Outcome.RESOLVED]
    found = [row for row in ended if abs(row.last_at_ms - at_ms) <= SAME_EPISODE_MS]
    if not found:
        return None
    alert = max(found, key=lambda row: row.last_at_ms)
    try:
        with session.begin_nested():
            alert.is_open = True
            alert.response = Response.UNACKED
            alert.outcome = ""
            alert.closed_at_ms = None
    except IntegrityError:  # another engine was faster, and has raised it anew
        return None
    return alert


def is_news(session: Session, alert: Alert, members: Members, one: ResidentFinding) -> bool:
    """Tell whether something that somebody has acknowledged has come back so late that the answer is stale.

    Of a kind that latches the condition never goes: each new event counts. Of several devices each counts by itself.
    A call that a person makes is news a minute after the answer (`AlertKind.asks_anew_s`).
    """
    if alert.response != Response.ACKNOWLEDGED:
        return False
    at_ms, kind = one.finding.at_ms, KINDS.get(alert.kind)
    if kind is not None and kind.asks_anew_s and _is_after_answer(session, alert, one, kind.asks_anew_s):
        return True
    known = known_as(members, one)
    said = [row.recovered_at_ms for row in (*others_of(members, one), *([known] if known else []))]
    if said and None not in said:
        return at_ms > max(t or 0 for t in said) + SAME_EPISODE_MS
    again = alert.condition == Condition.GONE or (kind is not None and kind.latches)
    return again and at_ms > alert.last_at_ms + SAME_EPISODE_MS


def is_told_again(session: Session, alert: Alert, one: ResidentFinding) -> bool:
    """Tell whether somebody who has answered a call should read that it came again, though nobody is paged for it."""
    kind = KINDS.get(alert.kind)
    if kind is None or not kind.latches or alert.response == Response.UNACKED:
        return False
    is_fresh = one.finding.at_ms >= alert.last_at_ms + _TOLD_AGAIN_S * SECOND_MS
    return is_fresh and _is_after_answer(session, alert, one, _TOLD_AGAIN_S)


def _is_after_answer(session: Session, alert: Alert, one: ResidentFinding, seconds: float) -> bool:
    at_ms = one.finding.at_ms
    if at_ms <= alert.last_at_ms:
        return False  # read again, or late
    answers = select(func.max(AlertEvent.at_ms)).where(
        AlertEvent.alert_id == alert.id, AlertEvent.what.in_(tuple(Response))
    )
    return at_ms >= (session.scalar(answers) or 0) + seconds * SECOND_MS


def resume_paging(session: Session, alert: Alert, *, now_ms: int) -> None:
    """Go on where the ladder stood when the condition went away. [ms]."""
    if session.get(Escalation, alert.id) is not None:
        return
    told = revive(session, subject_of(alert.id), Priority(alert.priority), now_ms=now_ms)
    step = max((row.data.get("step", 0) for row in told), default=-1)
    plan_step(session, alert, step + 1, since_ms=alert.raised_at_ms)
