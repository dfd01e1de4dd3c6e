"""Findings become alerts: one open episode per resident and kind, repeats counted, worsening paged again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import and_, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.lifecycle import Outcome, Response
from alerts.episodes.locking import lock_alerts
from alerts.episodes.paging import RAISED, plan_step, start_paging, stop_paging
from alerts.episodes.returning import SAME_EPISODE_MS, is_news, reopened, resume_paging
from alerts.finding import Condition, Finding
from alerts.kinds import KINDS, kinds_of_episode, stage
from alerts.tables import Alert, AlertEvent
from anhu.contract.identity import new_id
from anhu.contract.priority import Priority
from anhu.registry.tables import Resident


def apply_findings(session: Session, detected: Sequence[ResidentFinding], *, now_ms: int) -> Mapping[str, int]:
    """Store what was found, in the caller's transaction: alerts, history, escalation and outbox rows. [ms].

    Returns
    -------
    mapping
        How many findings were ``raised``, ``repeated``, ``worsened``, ``returned`` (it had gone away), ``gone``,
        ``ignored`` (the resident is not registered, a condition ended that nobody had been told of, or it is an event
        that was read before: the last one of an open alert, or within an episode that a person has closed).
    """
    residents = {d.resident_id for d in detected}
    rows = session.scalars(select(Resident).where(Resident.id.in_(residents), Resident.active))
    known = {resident.id: resident for resident in rows}  # held, so that paging finds them in the session
    if len(detected) > 1:  # one alone locks what it needs
        lock_alerts(session, Alert.resident_id.in_(known), Alert.is_open)
    counts: Counter[str] = Counter()
    for one in detected:
        counts[_apply(session, one, now_ms) if one.resident_id in known else "ignored"] += 1
    return counts


def _apply(session: Session, one: ResidentFinding, now_ms: int) -> str:
    near = _near(session, one)
    alert = _open_one(near)
    if one.finding.condition is Condition.GONE:
        return _gone(session, alert, one.finding, now_ms) if alert else "ignored"
    if _is_read_again(alert, one) if alert else _is_history(near, one):
        return "ignored"
    if alert is None:
        alert = reopened(session, near, one)
    if alert is None:
        try:
            alert = _insert(session, one, now_ms)
        except IntegrityError:
            alert = _open_one(_near(session, one))
            if alert is None:
                raise  # not another engine that was faster: the database refuses the row itself
        else:
            _log(session, alert, "raised", one.finding, now_ms)
            start_paging(session, alert, reason=RAISED, now_ms=now_ms)
            return "raised"
    return _again(session, alert, one, now_ms)


def _near(session: Session, one: ResidentFinding) -> Sequence[Alert]:
    """Return, locked, the resident's alerts that a finding may belong to: the open one, and what ended around then.

    One statement: each costs an alarm half a millisecond.
    """
    kind, at_ms = one.finding.kind, one.finding.at_ms
    if one.finding.condition is Condition.GONE:
        return lock_alerts(session, Alert.resident_id == one.resident_id, Alert.kind == kind, Alert.is_open)
    around = and_(Alert.started_at_ms <= at_ms + SAME_EPISODE_MS, Alert.last_at_ms >= at_ms - SAME_EPISODE_MS)
    kinds = kinds_of_episode(kind)
    return lock_alerts(session, Alert.resident_id == one.resident_id, Alert.kind.in_(kinds), or_(Alert.is_open, around))


def _open_one(near: Sequence[Alert]) -> Alert | None:
    return max((row for row in near if row.is_open), key=lambda row: stage(row.kind), default=None)


def _is_history(near: Sequence[Alert], one: ResidentFinding) -> bool:
    """Tell whether this is part of an episode that a person has ended: read again, or reported late."""
    kind, at_ms = one.finding.kind, one.finding.at_ms
    if kind not in KINDS or not KINDS[kind].latches:
        return False
    return any(row.started_at_ms <= at_ms <= row.last_at_ms for row in near if not row.is_open)


def _is_read_again(alert: Alert, one: ResidentFinding) -> bool:
    """Tell whether an open alert knows this very finding: reading ahead was there before the engine."""
    finding = one.finding
    same = (alert.kind, alert.device_id, alert.priority) == (finding.kind, one.device_id, finding.priority)
    return same and alert.condition == Condition.PRESENT and alert.last_at_ms == finding.at_ms


def _insert(session: Session, one: ResidentFinding, now_ms: int) -> Alert:
    finding = one.finding
    alert = Alert(
        id=new_id("a"),
        resident_id=one.resident_id,
        device_id=one.device_id,
        kind=finding.kind,
        priority=int(finding.priority),
        condition=Condition.PRESENT,
        response=Response.UNACKED,
        started_at_ms=finding.at_ms,
        raised_at_ms=now_ms,
        last_at_ms=finding.at_ms,
        late=one.late,
        evidence=_plain(finding.evidence),
    )
    with session.begin_nested():
        session.add(alert)
    return alert


def _again(session: Session, alert: Alert, one: ResidentFinding, now_ms: int) -> str:
    finding = one.finding
    advanced = stage(finding.kind) > stage(alert.kind)
    worse = finding.priority > alert.priority or advanced
    was_gone, news = alert.condition == Condition.GONE, is_news(alert, one)
    alert.repeats += 1
    alert.last_at_ms = max(alert.last_at_ms, finding.at_ms)
    alert.condition = Condition.PRESENT
    session.flush()
    if not worse:
        return _returned(session, alert, finding, now_ms, news=news) if was_gone or news else "repeated"
    if advanced:
        alert.kind = finding.kind
    alert.priority = max(alert.priority, int(finding.priority))
    alert.evidence = _plain(finding.evidence)
    alert.device_id = one.device_id or alert.device_id
    if alert.response == Response.ACKNOWLEDGED:
        alert.response = Response.UNACKED  # the answer was to something milder
    _log(session, alert, "worsened", finding, now_ms)
    start_paging(session, alert, reason=f"worsened-{finding.kind}", now_ms=now_ms)
    return "worsened"


def _returned(session: Session, alert: Alert, finding: Finding, now_ms: int, *, news: bool) -> str:
    _log(session, alert, "returned", finding, now_ms)
    if news:
        alert.response = Response.UNACKED  # the answer was to another time
        start_paging(session, alert, reason=f"returned-{alert.repeats}", now_ms=now_ms)
    elif alert.response == Response.UNACKED:
        resume_paging(session, alert, now_ms=now_ms)
    session.flush()
    return "returned"


def _gone(session: Session, alert: Alert, finding: Finding, now_ms: int) -> str:
    if alert.condition == Condition.GONE and finding.priority >= alert.priority:
        return "ignored"
    alert.condition = Condition.GONE
    alert.last_at_ms = max(alert.last_at_ms, finding.decided_at_ms)
    _log(session, alert, "gone", finding, now_ms)
    kind = KINDS.get(alert.kind)
    if kind is not None and kind.latches:
        _lower(session, alert, finding.priority, now_ms)
    elif alert.response == Response.UNACKED:
        stop_paging(session, alert.id)
        if alert.priority < Priority.HIGH:
            _resolve(alert, now_ms)
    session.flush()
    return "gone"


def _lower(session: Session, alert: Alert, priority: Priority, now_ms: int) -> None:
    """Only a person ends it, but the wearer's own "I'm OK" makes it less urgent."""
    if priority >= alert.priority:
        return
    alert.priority = int(priority)
    stop_paging(session, alert.id)
    if alert.response == Response.UNACKED:
        plan_step(session, alert, 1, since_ms=now_ms)


def _resolve(alert: Alert, now_ms: int) -> None:
    alert.response = Response.CLOSED
    alert.outcome = Outcome.RESOLVED
    alert.closed_at_ms = now_ms
    alert.is_open = False


def _log(session: Session, alert: Alert, what: str, finding: Finding, now_ms: int) -> None:
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what=what, data={"finding": _plain(finding)}))


def _plain(struct: msgspec.Struct) -> dict[str, Any]:
    """Return a struct as JSON that any database takes: a number that is not finite becomes null."""
    built: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(struct))
    return built
