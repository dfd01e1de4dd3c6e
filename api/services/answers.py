"""Answers from a message's link: who has the link was told of the alarm, and may say what he does about it.

A link is a right of its own: it shows and does no more than its message said, about one alarm, for one contact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.episodes.answer_links import Asked, asked
from alerts.episodes.answering import ALSO, DECLINED, Became, answer, has_it
from alerts.episodes.lifecycle import Response, Wanted
from alerts.episodes.relatives import GOING, NOT_GOING, is_relative
from alerts.kinds import DRILLS
from alerts.tables import Alert, AlertEvent
from anhu.contract.masking import masked
from anhu.registry.contacts import owner_names
from anhu.registry.database import reading
from anhu.registry.tables import Audit, Resident
from anhu.registry.time_zones import zone_of_resident
from api.dependencies import Dependencies

_STEPS = (Response.ACKNOWLEDGED, Response.ON_THE_WAY, Response.ON_SCENE, Response.CLOSED)
_ANSWERS = (*_STEPS, ALSO, DECLINED, GOING, NOT_GOING)


class Said(NamedTuple):
    """Who answered what, when."""

    at_ms: int
    what: str
    who: str
    minutes: int | None


class AnswerPage(NamedTuple):
    """What a link shows.

    Attributes
    ----------
    name : str
        Of the resident, masked as in messages.
    zone : str
        Where the resident lives.
    offered : tuple of str
        What may be said with this link now.
    is_expired : bool
        Its time is over: nothing else is shown.
    """

    kind: str
    priority: int
    name: str
    language: str
    zone: str
    started_at_ms: int
    response: str
    outcome: str
    is_open: bool
    is_drill: bool
    is_mine: bool
    is_expired: bool
    said: Sequence[Said]
    offered: tuple[str, ...]


def look(deps: Dependencies, token: str, *, address: str) -> AnswerPage | None:
    """Return what a link shows, and put the look on record; None when there is no such link."""
    now_ms = deps.clock.now_ms()
    with reading(deps.sessions)() as session:
        found = asked(session, token, now_ms)
        if found is None:
            return None
        page = _page(session, found)
        row = {
            "at_ms": now_ms,
            "user_id": found.contact.owner_id,
            "action": "alert.read",
            "resident_id": found.alert.resident_id,
            "object_id": found.alert.id,
            "address": address[:64],
            "detail": {"via": "link", "contact_id": found.contact.id},
        }
    if deps.looks is not None:
        deps.looks.write(row)
    else:
        with deps.sessions.begin() as session:
            session.add(Audit(**row))
    return page


def say(deps: Dependencies, token: str, what: Wanted, *, minutes: int | None, address: str) -> Became | None:
    """Answer with a link, once for each thing it can say; None when there is no such link, or its time is over."""
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        found = asked(session, token, now_ms, lock=True)
        if found is None or found.is_expired:
            return None
        if what in found.token.used_for.split():
            return Became.ALREADY
        became = answer(
            session,
            found.alert.id,
            by=found.contact,
            via="link",
            what=what,
            now_ms=now_ms,
            minutes=minutes,
            address=address,
        )
        found.token.used_for = f"{found.token.used_for} {what}".strip()
        return became


def _page(session: Session, found: Asked) -> AnswerPage:
    alert, contact = found.alert, found.contact
    resident = session.get_one(Resident, alert.resident_id)
    is_mine = has_it(session, alert, contact)
    return AnswerPage(
        kind=alert.kind,
        priority=alert.priority,
        name=masked(resident.name),
        language=contact.language,
        zone=zone_of_resident(session, resident.id),
        started_at_ms=alert.started_at_ms,
        response=alert.response,
        outcome=alert.outcome,
        is_open=alert.is_open,
        is_drill=alert.kind in DRILLS,
        is_mine=is_mine,
        is_expired=found.is_expired,
        said=_said(session, alert),
        offered=_offered(found, alert, is_mine=is_mine, takes=not is_relative(session, contact)),
    )


def _offered(found: Asked, alert: Alert, *, is_mine: bool, takes: bool) -> tuple[str, ...]:
    """Return what is left to say: nothing twice, and nothing after it is over."""
    if not alert.is_open or found.is_expired or alert.response == Response.ON_SCENE:
        return ()
    used = found.token.used_for.split()
    left = [one for one in Wanted if one not in used]
    if not takes or (alert.response != Response.UNACKED and not is_mine):
        left = [one for one in left if one is not Wanted.ACKNOWLEDGE]
    if alert.response == Response.ON_THE_WAY and is_mine:
        left = [one for one in left if one is Wanted.CANNOT]
    return tuple(left)


def _said(session: Session, alert: Alert) -> Sequence[Said]:
    query = select(AlertEvent).where(AlertEvent.alert_id == alert.id, AlertEvent.what.in_(_ANSWERS))
    lines = session.scalars(query.order_by(AlertEvent.id)).all()
    names = owner_names(session, {line.actor for line in lines})
    return [Said(line.at_ms, line.what, names.get(line.actor, ""), line.data.get("minutes")) for line in lines]
