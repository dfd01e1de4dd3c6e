"""Who goes to a resident, or is there: of the desk, the team and the family."""

from __future__ import annotations

from sqlalchemy import select

from alerts.episodes.lifecycle import Response
from alerts.tables import Alert, AlertEvent
from anhu.registry.tables import User
from api.schemas.care import FamilySays, FamilyWordView
from api.schemas.sheet import ComingView
from api.services.family_words import newest_of_each, words_of
from api.visit import ResidentVisit

_STEPS = (Response.ACKNOWLEDGED, Response.ON_THE_WAY, Response.ON_SCENE)
_COMES = (FamilySays.GOING, FamilySays.HERE)


def coming_of(visit: ResidentVisit) -> list[ComingView]:
    """Return who answers the visited resident's open alerts and which relatives come, the newest word of each."""
    return [*_staff(visit), *_relatives(newest_of_each(words_of(visit)))]


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


def _relatives(words: list[FamilyWordView]) -> list[ComingView]:
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
        if word.what in _COMES
    ]
