"""Answers that come by a message: a link, a reply, a key pressed, a button on a card. One way for all of them.

It is the step, the line of history and the audit row of the desk, with the contact's owner as who did it. The same
answer twice is one; after the end it changes nothing, and whoever answers is told what became of the alarm.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.episodes import responses
from alerts.episodes.lifecycle import ALLOWED_FROM, MOST_MINUTES, Response, Wanted
from alerts.episodes.paging import start_paging
from alerts.episodes.reaching import reach_further
from alerts.episodes.relatives import Answer, answer_of_relative, is_relative
from alerts.subject import subject_of
from alerts.tables import Alert, AlertEvent
from anhu.outbox.tables import REACHED, UNDECIDED, Outbox
from anhu.outbox.writing import about
from anhu.registry.rows import existing
from anhu.registry.tables import Audit, Contact

DECLINED = "declined"
"""The history's word for "I cannot", and the reason of messages that go out because of it."""
ALSO = "also_answered"
"""Somebody answers whose step is no step any more: another has taken it. The desk sees that he comes, too."""
_FROM_RESIDENT = "resident_answered"
_STEPS = {"acknowledge": Response.ACKNOWLEDGED, "on_the_way": Response.ON_THE_WAY}
_ORDER = list(Response)


class Became(StrEnum):
    """What became of an answer."""

    DONE = "done"
    """It counts."""
    ALREADY = "already"
    """The same was said before: once is enough."""
    ALSO = "also"
    """Somebody else has the alarm; that this one answers, too, is written down."""
    OVER = "over"
    """The alarm is closed."""


def answer(
    session: Session,
    alert_id: str,
    *,
    by: Contact,
    via: str,
    what: Wanted,
    now_ms: int,
    minutes: int | None = None,
    address: str = "",
    heard: int | None = None,
    event: str = "",
) -> Became:
    """Do what somebody answered from a message. [ms].

    Parameters
    ----------
    by : Contact
        Where the message went; its owner is who answers.
    via : str
        ``link``, or the channel.
    minutes : int, optional
        On the way: how long it will take. [min]
    address : str
        Where the answer came from, for the audit.
    heard : int, optional
        The priority that the message said: an answer to something milder is no answer to what it became.
    event : str
        What the provider calls this very answer: said again, even hours later, it is none.

    Raises
    ------
    MissingRowError
        For an alert that there is not.
    """
    alert = existing(session, Alert, alert_id, lock=True)
    told: dict[str, Any] = {"via": via, "contact_id": by.id, "owner_kind": by.owner_kind}
    if minutes is not None:
        told["minutes"] = max(0, min(minutes, MOST_MINUTES))
    if event:
        told["event"] = event[:200]
    if event and _was_said(session, alert, by, told["event"]):
        return Became.ALREADY
    saying = _Saying(by, what, told, now_ms, is_milder=heard is not None and alert.priority > heard)
    became = _become(session, alert, saying)
    _record(session, alert, saying, address=address, became=became)
    session.flush()
    return became


def has_it(session: Session, alert: Alert, contact: Contact) -> bool:
    """Tell whether who is behind a contact has taken an alarm: of a centre's numbers only the one that did."""
    if not alert.is_open or alert.response == Response.UNACKED or alert.assignee != contact.owner_id:
        return False
    if contact.owner_kind == "user":
        return True
    steps = (AlertEvent.what.in_((*_STEPS.values(), Response.ON_SCENE)), AlertEvent.actor == contact.owner_id)
    mine = select(AlertEvent).where(AlertEvent.alert_id == alert.id, *steps)
    last = session.scalar(mine.order_by(AlertEvent.id.desc()).limit(1))
    return last is not None and last.data.get("contact_id") == contact.id


class _Saying(NamedTuple):
    by: Contact
    what: Wanted
    told: dict[str, Any]
    now_ms: int
    is_milder: bool
    """The message said less than the alarm has become."""


def _become(session: Session, alert: Alert, saying: _Saying) -> Became:
    if not alert.is_open:
        return Became.OVER
    if (
        saying.by.owner_kind == "resident"
    ):  # who may lie on a floor ends no alarm with a key: people judge what it means
        return _note(session, alert, saying, _FROM_RESIDENT, said=saying.what)
    if is_relative(session, saying.by):  # a relative is not the desk: paging goes on
        return _relative(session, alert, saying)
    return _decline(session, alert, saying) if saying.what is Wanted.CANNOT else _take(session, alert, saying)


def _take(session: Session, alert: Alert, saying: _Saying) -> Became:
    by, what = saying.by, saying.what
    step = _STEPS[what]
    present = Response(alert.response)
    if has_it(session, alert, by) and _ORDER.index(present) >= _ORDER.index(step):
        return Became.ALREADY
    if saying.is_milder or present not in ALLOWED_FROM[step]:
        note = _note(session, alert, saying, ALSO, said=what)
        return Became.ALSO if note is Became.DONE else note
    do = responses.acknowledge if what is Wanted.ACKNOWLEDGE else responses.on_the_way
    do(session, alert.id, actor=by.owner_id, now_ms=saying.now_ms, told=saying.told)
    return Became.DONE


def _relative(session: Session, alert: Alert, saying: _Saying) -> Became:
    said = Answer(saying.by, saying.what, saying.now_ms, saying.told, saying.told.get("minutes"))
    if not answer_of_relative(session, alert, said):
        return Became.ALREADY
    return Became.ALSO if saying.what is not Wanted.CANNOT else _decline(session, alert, saying)


def _decline(session: Session, alert: Alert, saying: _Saying) -> Became:
    """Write down that somebody cannot; who had taken it hands it back, and everybody is told again."""
    if not has_it(session, alert, saying.by) or alert.response == Response.ON_SCENE:
        if _note(session, alert, saying, DECLINED) is Became.ALREADY:
            return Became.ALREADY
        if alert.response == Response.UNACKED and _nobody_is_left(session, alert):
            reach_further(session, alert, saying.now_ms)
        return Became.DONE
    alert.response, alert.assignee = Response.UNACKED, ""
    session.add(_line(alert, saying, DECLINED, handed_back=True))
    session.flush()
    times = len(_lines(session, alert, DECLINED))
    start_paging(session, alert, reason=f"{DECLINED}-{times}", now_ms=saying.now_ms)
    return Became.DONE


def _nobody_is_left(session: Session, alert: Alert) -> bool:
    """Tell whether everybody who was told, or still will be, has said that he cannot."""
    hopeful = select(Outbox.contact_id).where(about(subject_of(alert.id)), Outbox.state.in_((*REACHED, *UNDECIDED)))
    declined = {line.data.get("contact_id") for line in _lines(session, alert, DECLINED)}
    return set(session.scalars(hopeful)) <= declined


def _was_said(session: Session, alert: Alert, by: Contact, event: str) -> bool:
    mine = select(AlertEvent.data).where(AlertEvent.alert_id == alert.id, AlertEvent.actor == by.owner_id)
    return any(data.get("event") == event for data in session.scalars(mine))


def _note(session: Session, alert: Alert, saying: _Saying, what: str, **data: str) -> Became:
    """Write a line, unless it is the last that this one said of it."""
    mine = [line for line in _lines(session, alert, what) if line.actor == saying.by.owner_id]
    if mine and mine[-1].data.get("said") == data.get("said"):
        return Became.ALREADY
    session.add(_line(alert, saying, what, **data))
    session.flush()
    return Became.DONE


def _lines(session: Session, alert: Alert, what: str) -> list[AlertEvent]:
    of_alert = select(AlertEvent).where(AlertEvent.alert_id == alert.id, AlertEvent.what == what)
    return list(session.scalars(of_alert.order_by(AlertEvent.id)))


def _line(alert: Alert, saying: _Saying, what: str, **data: object) -> AlertEvent:
    told = {**saying.told, **data}
    return AlertEvent(alert_id=alert.id, at_ms=saying.now_ms, what=what, actor=saying.by.owner_id, data=told)


def _record(session: Session, alert: Alert, saying: _Saying, *, address: str, became: Became) -> None:
    row = Audit(
        at_ms=saying.now_ms,
        user_id=saying.by.owner_id,
        action=f"alert.{saying.what}",
        resident_id=alert.resident_id,
        object_id=alert.id,
        address=address[:64],
        detail={**saying.told, "became": became},
    )
    session.add(row)
