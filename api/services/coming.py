"""Who goes to a resident, or is there: of the desk, the team and the family."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from alerts.episodes.lifecycle import Response
from alerts.tables import Alert, AlertEvent
from anhu.contract.clock import HOUR_MS
from anhu.registry.tables import User
from api.schemas.care import FamilySays, FamilyWordView
from api.schemas.sheet import ComingView
from api.services.family_words import newest_of_each, words_about, words_of
from api.visit import ResidentVisit, Visit

_STEPS = (Response.ACKNOWLEDGED, Response.ON_THE_WAY, Response.ON_SCENE)
_COMES = (FamilySays.GOING, FamilySays.HERE)
_ON_CARD = (*_COMES, FamilySays.WELL)
_BEFORE_MS = HOUR_MS
"""Who said so long before an alarm that she goes there is meant still. [ms]"""


def coming_of(visit: ResidentVisit) -> list[ComingView]:
    """Return who answers the visited resident's open alerts and which relatives come, the newest word of each."""
    return [*_staff(visit), *_relatives(newest_of_each(words_of(visit)), _COMES)]


def said_about(visit: Visit, alerts: Sequence[Alert]) -> dict[str, list[ComingView]]:
    """Return alert -> the newest word of each relative about it, of the alerts that are open; not who goes not."""
    is_open = [alert for alert in alerts if alert.is_open]
    words = words_about(visit, {alert.resident_id for alert in is_open})
    return {
        alert.id: _relatives(
            newest_of_each(
                [
                    word
                    for word in words
                    if word.resident_id == alert.resident_id and word.at_ms >= alert.raised_at_ms - _BEFORE_MS
                ]
            ),
            _ON_CARD,
        )
        for alert in is_open
        if words
    }


def _staff(visit: ResidentVisit) -> list[ComingView]:
    rows = visit.session.execute(
        select(AlertEvent, User)
        .join(Alert, Alert.id == AlertEvent.alert_id)
        .join(User, User.id == AlertEvent.actor)
        .where(Alert.resident_id == visit.resident_id, Alert.is_open, AlertEvent.what.in_(_STEPS))
        .order_by(AlertEvent.id)
    )
    newest = {
        user.id: ComingView(name=user.name, who=user.role, what=line.what, at_ms=line.at_ms, arrives_at_ms=None)
        for line, user in rows
    }
    return list(newest.values())


def _relatives(words: list[FamilyWordView], shown: Sequence[FamilySays]) -> list[ComingView]:
    return [
        ComingView(
            name=word.name,
            who="family",
            relation=word.relation,
            what=word.what,
            at_ms=word.at_ms,
            arrives_at_ms=word.arrives_at_ms,
        )
        for word in words
        if word.what in shown
    ]
