"""Findings become alerts: one open episode per resident and kind, repeats counted, worsening paged again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.following_up import call_again, plan_following_up
from alerts.episodes.history import plain, write_line
from alerts.episodes.lifecycle import Response
from alerts.episodes.locking import lock_alerts
from alerts.episodes.members import Joining, Members, as_before, join, list_first, members_of
from alerts.episodes.messages import RAISED
from alerts.episodes.nobodys_calls import write_down_found
from alerts.episodes.paging import start_paging
from alerts.episodes.recovery import well_again
from alerts.episodes.returning import SAME_EPISODE_MS, is_news, is_told_again, reopened, resume_paging
from alerts.finding import Condition
from alerts.kinds import KINDS, kinds_of_episode, stage
from alerts.tables import Alert
from alerts.words import with_words
from anhu.contract.identity import new_id
from anhu.registry.tables import Device, Resident


def _never() -> bool:
    return False


def apply_findings(
    session: Session, detected: Sequence[ResidentFinding], *, now_ms: int, enough: Callable[[], bool] = _never
) -> Mapping[str, int]:
    """Store what was found, in the caller's transaction: alerts, history, escalation and outbox rows. [ms].

    Parameters
    ----------
    enough : callable
        Asked after each finding; True leaves the rest to another transaction. Each one taken counts once in the answer.

    Returns
    -------
    mapping
        How many findings were ``raised``, ``repeated`` (or grown), ``again`` (a call that was answered), ``joined``
        (another device reports it too), ``worsened``, ``returned`` (it had gone away, or asks for an answer anew),
        ``recovered`` (one device is well, others are not), ``gone``, ``nobodys`` (a call of a resident who is not
        registered or not active), ``ignored`` (anything else of such a resident, a condition ended that nobody had
        been told of, or it was read before: stored already, or within an episode that a person has closed).
    """
    residents = {d.resident_id for d in detected}
    rows = session.scalars(select(Resident).where(Resident.id.in_(residents), Resident.active))
    known = {resident.id: resident for resident in rows}  # held, so that paging finds them in the session
    if len(detected) > 1:  # one alone locks what it needs
        lock_alerts(session, Alert.resident_id.in_(known), Alert.is_open)
    counts: Counter[str] = Counter()
    for one in detected:
        counts[_apply(session, one, now_ms) if one.resident_id in known else _of_nobody(session, one, now_ms)] += 1
        if enough():
            break
    return counts


def _of_nobody(session: Session, one: ResidentFinding, now_ms: int) -> str:
    return "nobodys" if write_down_found(session, one, now_ms) else "ignored"


def _apply(session: Session, one: ResidentFinding, now_ms: int) -> str:
    near = _near(session, one)
    alert = _open_one(near)
    if one.finding.condition is Condition.GONE:
        return well_again(session, alert, one, now_ms) if alert else "ignored"
    if one.finding.condition is Condition.GROWN:
        return _grown(alert, one) if alert else "ignored"
    if alert is None and _is_history(near, one):
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
            list_first(session, alert, one)
            write_line(session, alert, "raised", one, now_ms)
            start_paging(session, alert, reason=RAISED, now_ms=now_ms, received_ms=one.received_ms)
            return "raised"
    return _again(session, alert, one, now_ms)


def _near(session: Session, one: ResidentFinding) -> Sequence[Alert]:
    """Return, locked, the resident's alerts that a finding may belong to: the open one, and what ended around then.

    One statement: each costs an alarm half a millisecond.
    """
    kind, at_ms = one.finding.kind, one.finding.at_ms
    kinds = kinds_of_episode(kind)
    if one.finding.condition is Condition.GONE:
        return lock_alerts(session, Alert.resident_id == one.resident_id, Alert.kind.in_(kinds), Alert.is_open)
    around = and_(Alert.started_at_ms <= at_ms + SAME_EPISODE_MS, Alert.last_at_ms >= at_ms - SAME_EPISODE_MS)
    return lock_alerts(session, Alert.resident_id == one.resident_id, Alert.kind.in_(kinds), or_(Alert.is_open, around))


def _open_one(near: Sequence[Alert]) -> Alert | None:
    return max((row for row in near if row.is_open), key=lambda row: stage(row.kind), default=None)


def _is_history(near: Sequence[Alert], one: ResidentFinding) -> bool:
    """Tell whether this is part of an episode that a person has ended: read again, or reported late.

    What says that it is of this moment, and came after the end, is not: its device's clock is some minutes slow.
    """
    kind, at_ms = one.finding.kind, one.finding.at_ms
    if kind not in KINDS or not KINDS[kind].latches:
        return False
    is_of_now = one.finding.decided_at_ms == at_ms and not one.late
    return any(
        row.started_at_ms <= at_ms <= row.last_at_ms
        for row in near
        if not row.is_open and not (is_of_now and one.received_ms > (row.closed_at_ms or 0))
    )


def _insert(session: Session, one: ResidentFinding, now_ms: int) -> Alert:
    finding = one.finding
    resident = session.get_one(Resident, one.resident_id)  # held by the session
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
        last_at_ms=one.newest_ms,
        late=one.late,
        repeats=one.times - 1,
        unlisted=0,
        evidence=plain(finding.evidence),
        detector=finding.evidence.detector,
        detector_version=finding.evidence.version,
        firmware=_firmware_of(one.device_id),
        centre_id=resident.centre_id or "",
        team_id=resident.team_id or "",
    )
    with session.begin_nested():
        session.add(alert)
    return alert


def _firmware_of(device_id: str) -> ColumnElement[str]:
    """Return a device's firmware as a part of the statement that inserts: a further one would hold up an alarm."""
    return func.coalesce(select(Device.firmware).where(Device.id == device_id).scalar_subquery(), "")


def _grown(alert: Alert, one: ResidentFinding) -> str:
    """Show the larger count; nobody is called for it."""
    if one.newest_ms <= alert.last_at_ms:
        return "ignored"  # read again
    alert.evidence = plain(one.finding.evidence)
    alert.repeats += one.times
    alert.last_at_ms = one.newest_ms
    return "repeated"


def _again(session: Session, alert: Alert, one: ResidentFinding, now_ms: int) -> str:
    members = members_of(session, alert)
    if as_before(members, one):
        return "ignored"
    told = _Told.of(session, alert, members, one)
    finding = one.finding
    advanced = stage(finding.kind) > stage(alert.kind)
    worse = finding.priority > alert.priority or advanced
    alert.repeats += one.times
    alert.last_at_ms = max(alert.last_at_ms, one.newest_ms)
    alert.condition = Condition.PRESENT
    if finding.evidence.residents:
        alert.evidence = plain(finding.evidence)  # a storm goes on: whom it is about by now
    if finding.evidence.words:
        words = with_words(alert.evidence.get("words", ()), finding.evidence.words)
        alert.evidence = alert.evidence | {"words": words}
    session.flush()
    if not worse:
        return _as_news(session, alert, one, told, now_ms)
    if advanced:
        alert.kind = finding.kind
    alert.priority = max(alert.priority, int(finding.priority))
    alert.evidence = plain(finding.evidence)
    alert.device_id = one.device_id or alert.device_id
    if alert.response == Response.ACKNOWLEDGED:
        alert.response = Response.UNACKED  # the answer was to something milder
    write_line(session, alert, "worsened", one, now_ms)
    start_paging(session, alert, reason=f"worsened-{finding.kind}", now_ms=now_ms)
    return "worsened"


class _Told(NamedTuple):
    """What a report is to those who know of the alert."""

    what: str
    """``repeated``, ``again`` (after an answer that stands), ``returned``, ``joined``."""
    pages: bool
    """Nobody has answered for this yet, though somebody answered, or it was over."""
    resumes: bool
    """It was over, and nobody had answered it."""

    @classmethod
    def of(cls, session: Session, alert: Alert, members: Members, one: ResidentFinding) -> _Told:
        """Decide it, and list whoever reports."""
        was_gone, stale = alert.condition == Condition.GONE, is_news(session, alert, members, one)
        first_unlisted = alert.unlisted == 0
        joining = join(session, alert, members, one)
        if joining is Joining.NEW or (joining is Joining.UNLISTED and first_unlisted):
            return cls("joined", was_gone or alert.response != Response.UNACKED, resumes=False)
        if was_gone or stale or joining is Joining.BACK:
            return cls("returned", stale, resumes=was_gone and alert.response == Response.UNACKED)
        what = "again" if is_told_again(session, alert, one) else "repeated"
        return cls(what, pages=False, resumes=False)


def _as_news(session: Session, alert: Alert, one: ResidentFinding, told: _Told, now_ms: int) -> str:
    """Write down what is no mere repeat; tell somebody again where the answer was to something else."""
    if told.what != "repeated":
        write_line(session, alert, told.what, one, now_ms)
    if told.pages:
        if alert.response == Response.ACKNOWLEDGED:
            alert.response = Response.UNACKED  # the answer was to another time, or another device
        start_paging(session, alert, reason=f"{told.what}-{alert.repeats}", now_ms=now_ms)
    elif told.resumes:
        resume_paging(session, alert, now_ms=now_ms)
    elif told.what == "returned":
        plan_following_up(session, alert, now_ms)
    elif told.what == "again":
        call_again(session, alert, now_ms)
    session.flush()
    return told.what
