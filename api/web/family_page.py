"""The family's page: is she well, what is being done and by whom, what happened this week and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from anhu.contract.clock import DAY_MS
from api.dependencies import Dependencies
from api.schemas.alerts import AlertView
from api.schemas.care import FamilyWordView, RequestView
from api.schemas.people import PersonView
from api.schemas.sheet import ComingView
from api.security.roles import Viewer
from api.services import (
    alerts,
    coming,
    family_words,
    limits,
    people,
    residents,
    series_state,
    service_requests,
    threads,
)
from api.visit import visit_resident
from api.web.resident_page import marks_of, measured, recent_alerts
from api.web.wellbeing import Happening, Known, Wellbeing, happening, wellbeing
from api.web.wording import Wording

WEEK_MS = 7 * DAY_MS


class Day(NamedTuple):
    """What happened on one day; `at_ms` is within it. [ms]."""

    at_ms: int
    happenings: Sequence[Happening]


@dataclass(frozen=True, slots=True)
class FamilyPage:
    """What the template draws.

    Attributes
    ----------
    coming : sequence of ComingView
        Who answers, who is on the way, of staff and family.
    words : sequence of FamilyWordView
        What relatives said lately, the newest first.
    week : sequence of Day
        The seven days before today, the newest first.
    zone : str
        Where the resident lives; empty for the installation's.
    """

    person: PersonView
    wellbeing: Wellbeing
    coming: Sequence[ComingView]
    words: Sequence[FamilyWordView]
    week: Sequence[Day]
    requests: Sequence[RequestView]
    unread: int
    zone: str


def read_family_page(deps: Dependencies, viewer: Viewer, resident_id: str, wording: Wording) -> FamilyPage:
    """Gather what a relative sees; a store that cannot answer makes it unknown, never green."""
    with visit_resident(deps, viewer, resident_id, "resident.page") as visit:
        person = people.person_of(visit)
        recent = recent_alerts(visit, wording)
        told_at_ms = alerts.told_at_of(visit)
        own_limits = limits.limits_of(visit)
        zone = residents.zone_of(visit)
        notes = family_words.notes_of(visit, since_ms=wording.now_ms - WEEK_MS - DAY_MS)
        words = family_words.words_of(visit)
        comes = coming.coming_of(visit)
        asked = service_requests.requests_of(visit)
        unread = threads.unread_in(visit)
        behind_ms = series_state.behind_since_ms(visit)
    wording = wording.at(zone)
    latest, events, store_down = measured(visit, wording)
    marks = marks_of(own_limits, person)
    known = Known(latest, events, recent, told_at_ms, readable=not (store_down or behind_ms), marks=marks, notes=notes)
    return FamilyPage(
        person=person,
        wellbeing=wellbeing(person.name, known, wording),
        coming=comes,
        words=words,
        week=_week(known, wording),
        requests=asked,
        unread=unread,
        zone=zone,
    )


def _week(known: Known, wording: Wording) -> list[Day]:
    """Return the seven days before today; what is open still, or ended today, stands under today."""
    today_ms = wording.start_of_today_ms()

    def is_before(alert: AlertView) -> bool:
        ended_ms = max(alert.raised_at_ms, alert.closed_at_ms or 0)
        return not alert.is_open and alert.priority != "info" and today_ms - WEEK_MS <= ended_ms < today_ms

    found = sorted(filter(is_before, known.alerts), key=lambda alert: alert.started_at_ms, reverse=True)
    days = groupby(found, key=lambda alert: wording.date(alert.started_at_ms))
    made = ([happening(alert, known.notes, wording) for alert in of_day] for _, of_day in days)
    return [Day(one[0].at_ms, one) for one in made]
