"""Handing an alert to a colleague by name: it changes hands when the colleague says yes, never before.

Until then it stays with whoever had it: an alert that was given to somebody who has gone home would be nobody's.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import NotNowError, Response
from alerts.episodes.messages import page_ways
from alerts.episodes.policies.who import House, Way
from alerts.tables import Alert, AlertEvent
from anhu.registry.call_list import CALL_ONLY
from anhu.registry.rows import existing
from anhu.registry.tables import Contact, User

OFFERED = "offered"
"""Line of history, and the beginning of a message's reason."""


def offer(session: Session, alert_id: str, to: str, *, actor: str, now_ms: int, note: str = "") -> Alert:
    """Ask a colleague to take an alert over, and tell him over his own contacts. [ms].

    Raises
    ------
    NotNowError
        If it is over, nobody has answered it yet, or the colleague has it already.
    """
    alert = existing(session, Alert, alert_id, lock=True)
    if not alert.is_open or alert.response == Response.UNACKED:
        raise NotNowError("only an open alert that somebody answers can be handed over")
    if to == alert.assignee:
        raise NotNowError("that colleague has it already")
    alert.offered_to, alert.offered_at_ms = to, now_ms
    data = {"to": to, "name": existing(session, User, to).name}
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what=OFFERED, actor=actor, text=note, data=data))
    session.flush()
    _tell(session, alert, now_ms)
    return alert


def take_over(session: Session, alert_id: str, *, actor: str, now_ms: int) -> Alert:
    """Say yes: the alert is the caller's from now on. [ms]."""
    alert = _offered(session, alert_id)
    if alert.offered_to != actor:
        raise NotNowError("it is not offered to you")
    had = alert.assignee
    alert.assignee, alert.offered_to, alert.offered_at_ms = actor, "", None
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what="taken_over", actor=actor, data={"from": had}))
    session.flush()
    return alert


def call_off(session: Session, alert_id: str, *, actor: str, now_ms: int) -> Alert:
    """Say no, or take the question back: the alert stays with whoever had it. [ms]."""
    alert = _offered(session, alert_id)
    asked = alert.offered_to
    alert.offered_to, alert.offered_at_ms = "", None
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what="offer_ended", actor=actor, data={"to": asked}))
    session.flush()
    return alert


def _offered(session: Session, alert_id: str) -> Alert:
    alert = existing(session, Alert, alert_id, lock=True)
    if not alert.is_open or not alert.offered_to:
        raise NotNowError("it is not offered to anybody")
    return alert


def _tell(session: Session, alert: Alert, now_ms: int) -> None:
    """Write to the colleague's own contacts; each time it is offered is told."""
    mine = Contact.owner_kind == "user", Contact.owner_id == alert.offered_to
    contacts = session.scalars(select(Contact).where(*mine, Contact.enabled, Contact.channel != CALL_ONLY))
    of_this = AlertEvent.alert_id == alert.id, AlertEvent.what == OFFERED
    times = session.scalar(select(func.count()).select_from(AlertEvent).where(*of_this)) or 0
    ways = [Way(one.id, one.channel, one.owner_kind, one.owner_id, House.CENTRE) for one in contacts]
    page_ways(session, alert, ways, number=0, reason=f"{OFFERED}-{times}", now_ms=now_ms)
