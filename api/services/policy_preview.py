"""Whom an alarm would reach, and when, before it happens: by the same rules that run when it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from alerts.episodes.policies.book import chosen
from alerts.episodes.policies.due import Turn, whole_run
from alerts.episodes.policies.plain import plain_policy
from alerts.episodes.policies.policy import Party, Policy
from alerts.episodes.policies.ways import who_is_who
from alerts.episodes.policies.who import House, Way, WhoIsWho, is_stood_in
from alerts.kinds import KINDS
from anhu.contract.clock import SECOND_MS
from anhu.contract.errors import FieldError
from anhu.contract.priority import Priority
from anhu.registry.tables import Centre, Resident, Team, User
from anhu.registry.time_zones import zone_of_resident
from api.dependencies import Dependencies
from api.schemas.policies import PolicyView, PreviewForm, PreviewStepView, PreviewView, ReachedView
from api.security.roles import Permission, Viewer, require
from api.visit import ResidentVisit, visit_resident

_YEARS = range(2000, 2101)


def preview(deps: Dependencies, viewer: Viewer, given: PreviewForm) -> PreviewView:
    """Return whom an alarm of a resident would reach if nobody answered it. Raises `FieldError`, `NotFoundError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    if given.kind not in KINDS:
        raise FieldError("kind", given.kind, "a kind of alarm", zh="报警类型")
    if given.priority not in ("high", "medium", "low"):
        raise FieldError("priority", given.priority, "high, medium or low", zh="high、medium 或 low")
    with visit_resident(deps, viewer, given.resident_id, "policy.preview") as visit:
        resident = visit.session.get_one(Resident, visit.resident_id)
        priority = Priority[given.priority.upper()]
        zone = zone_of_resident(visit.session, resident.id) or deps.time_zone
        at_ms = _instant_ms(given.at, zone) if given.at else visit.now_ms
        choice = chosen(visit.session, resident, given.kind, priority, at_ms)
        who = who_is_who(visit.session, resident, priority, at_ms)
        reached = _reached(deps, _names(visit, who.ways))
        turns = whole_run(choice.policy, who, at_ms) if choice.policy.steps else ()
        return PreviewView(
            resident_id=resident.id,
            resident_name=resident.name,
            zone=zone,
            policy=_view(choice.policy),
            why=list(choice.why),
            beaten=[one.name for one in choice.beaten],
            steps=[_step(turn, turn_ms, at_ms, who, reached) for turn_ms, turn in turns],
        )


def _instant_ms(said: str, zone: str) -> int:
    """Return when that is, by the clock of the home unless it names another; years far away are refused. [ms]."""
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise FieldError("at", said, "such as 2026-11-29T03:10", zh="如 2026-11-29T03:10") from None
    if at.year not in _YEARS:
        raise FieldError("at", said, "a year from 2000 to 2100", zh="2000 至 2100 年")
    return round((at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).timestamp() * SECOND_MS)


def _step(turn: Turn, turn_ms: int, at_ms: int, who: WhoIsWho, reached: Mapping[Way, ReachedView]) -> PreviewStepView:
    return PreviewStepView(
        at_ms=turn_ms,
        after_s=(turn_ms - at_ms) // SECOND_MS,
        parties=list(turn.rung.parties),
        reached=[reached[way] for way in turn.ways],
        missing=[party for party in turn.rung.parties if _is_missing(party, who)],
        prompt_emergency=turn.rung.prompt_emergency,
    )


def _is_missing(party: Party, who: WhoIsWho) -> bool:
    """Tell whether it is to be said that a party is not reached; that nobody calls a resident back is no gap."""
    return party is not Party.RESIDENT and is_stood_in(party, who)


def _reached(deps: Dependencies, names: Mapping[Way, str]) -> Mapping[Way, ReachedView]:
    forms = {way: deps.channels.get(way.channel) for way in names}
    return {
        way: ReachedView(
            name=name,
            channel=way.channel,
            channel_zh=form.title.zh if (form := forms[way]) else "",
            channel_en=form.title.en if form else "",
            house=way.house,
        )
        for way, name in names.items()
    }


def _names(visit: ResidentVisit, ways: Sequence[Way]) -> Mapping[Way, str]:
    tables: Mapping[str, type[Centre | Team | User | Resident]] = {
        "centre": Centre,
        "team": Team,
        "user": User,
        House.RESIDENT: Resident,
    }
    found: dict[tuple[str, str], str] = {}
    for kind, table in tables.items():
        ids = {way.owner_id for way in ways if way.owner_kind == kind}
        rows = visit.session.execute(select(table.id, table.name).where(table.id.in_(ids)))
        found |= {(kind, row[0]): row[1] for row in rows}
    return {way: found.get((way.owner_kind, way.owner_id), way.owner_id) for way in ways}


def _view(policy: Policy) -> PolicyView:
    plain = plain_policy(policy)
    del plain["zone"]
    return PolicyView(
        **plain,
        name=policy.name,
        organisation_id=policy.scope.organisation_id,
        id=policy.id,
        number=policy.number,
        made_at_ms=None,
    )
