"""A resident on one phone screen after the other: what a doctor at the door needs, small enough for a bad line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from api.dependencies import Dependencies
from api.schemas.alerts import AlertView
from api.schemas.care import RequestView
from api.schemas.limits import LimitView
from api.schemas.observations import LatestView
from api.schemas.people import PersonView
from api.schemas.sheet import CareFactsView, ComingView
from api.security.roles import Viewer
from api.services import alerts, care_facts, coming, limits, people, residents, rule_states, service_requests, threads
from api.services.means import Mean, means_of
from api.services.observations import latest_of
from api.visit import ResidentVisit, visit_resident
from api.web.cards import next_steps
from api.web.latest import Tile, tiles
from api.web.resident_page import LimitRow, limit_row, marks_of
from api.web.rule_states import RuleStates, rule_states_in_words
from api.web.wording import Wording
from ingest.store.port import StoreUnavailableError


class MeanRow(NamedTuple):
    """A mean of the last week, in words."""

    name: str
    value: str
    unit: str
    between: str
    days: int


class CardAlarm(NamedTuple):
    """An open alarm with what may be done next."""

    alert: AlertView
    steps: Sequence[str]


@dataclass(frozen=True, slots=True)
class ResidentCard:
    """What the template draws."""

    person: PersonView
    team: str
    alarms: Sequence[CardAlarm]
    facts: CareFactsView
    coming: Sequence[ComingView]
    vitals: Sequence[Tile]
    means: Sequence[MeanRow]
    limits: Sequence[LimitRow]
    rules: RuleStates
    requests: Sequence[RequestView]
    unread: int
    store_down: bool
    zone: str


def read_card(deps: Dependencies, viewer: Viewer, resident_id: str, wording: Wording) -> ResidentCard:
    """Gather the card; a store that cannot answer leaves the measurements out and says so."""
    with visit_resident(deps, viewer, resident_id, "resident.card") as visit:
        person = people.person_of(visit)
        team = residents.resident_of(visit).team_name
        is_open = alerts.alerts_of(visit, since_ms=0, is_open=True, limit=50)
        facts = care_facts.care_facts_of(visit)
        comes = coming.coming_of(visit)
        own_limits = limits.limits_of(visit)
        asked = service_requests.requests_of(visit)
        unread = threads.unread_in(visit)
        zone = residents.zone_of(visit)
        rules = rule_states.rule_states_of(visit)
    wording = wording.at(zone)
    vitals, means, store_down = _measured(visit, own_limits, person, wording)
    return ResidentCard(
        person=person,
        team=team,
        alarms=[CardAlarm(one, next_steps(one.response)) for one in is_open],
        facts=facts,
        coming=comes,
        vitals=vitals,
        means=means,
        limits=[limit_row(limit, wording) for limit in own_limits],
        rules=rule_states_in_words(rules, wording),
        requests=[one for one in asked if one.state in ("open", "taken")],
        unread=unread,
        store_down=store_down,
        zone=zone,
    )


def _measured(
    visit: ResidentVisit, own_limits: Sequence[LimitView], person: PersonView, wording: Wording
) -> tuple[Sequence[Tile], Sequence[MeanRow], bool]:
    try:
        latest = latest_of(visit)
        means = means_of(visit, [one.quantity for one in latest])
    except StoreUnavailableError:
        return (), (), True
    return tiles(latest, marks_of(own_limits, person), wording), mean_rows(latest, means, wording), False


def mean_rows(latest: Sequence[LatestView], means: Mapping[str, Mean], wording: Wording) -> list[MeanRow]:
    """Return the means in the order of the newest values."""
    return [
        MeanRow(
            name=wording.quantity(one.quantity),
            value=wording.number(mean.mean, one.quantity),
            unit=wording.unit(one.quantity),
            between=f"{wording.number(mean.low, one.quantity)}–{wording.number(mean.high, one.quantity)}",
            days=mean.days,
        )
        for one in latest
        if (mean := means.get(one.quantity)) is not None
    ]
