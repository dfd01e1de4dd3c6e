"""What ended by itself and comes back: one episode, not one page for each time.

Within ten minutes of its end a condition is the same episode again. Who was paged is not paged for it a second time;
what nobody answered goes on where its ladder stood, and what had not left yet is sent after all. Later than that
it is news, also while somebody's answer to the first time stands.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.lifecycle import Outcome, Response
from alerts.episodes.members import Members, member_of
from alerts.episodes.paging import plan_step
from alerts.finding import Condition
from alerts.kinds import KINDS
from alerts.subject import subject_of
from alerts.tables import Alert, Escalation
from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority
from anhu.outbox.writing import revive

SAME_EPISODE_MS = 10 * MINUTE_MS


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


def is_news(alert: Alert, members: Members, one: ResidentFinding) -> bool:
    """Tell whether something that somebody has acknowledged has come back so late that the answer is stale.

    Of a kind that latches the condition never goes: each new event counts. Of several devices each counts by itself.
    """
    if alert.response != Response.ACKNOWLEDGED:
        return False
    at_ms, kind, known = one.finding.at_ms, KINDS.get(alert.kind), members.get(member_of(one))
    if known is not None and known.recovered_at_ms is not None:
        return at_ms > known.recovered_at_ms + SAME_EPISODE_MS
    again = alert.condition == Condition.GONE or (kind is not None and kind.latches)
    return again and at_ms > alert.last_at_ms + SAME_EPISODE_MS


def resume_paging(session: Session, alert: Alert, *, now_ms: int) -> None:
    """Go on where the ladder stood when the condition went away. [ms]."""
    if session.get(Escalation, alert.id) is not None:
        return
    told = revive(session, subject_of(alert.id), Priority(alert.priority), now_ms=now_ms)
    step = max((row.data.get("step", 0) for row in told), default=-1)
    plan_step(session, alert, step + 1, since_ms=alert.raised_at_ms)
