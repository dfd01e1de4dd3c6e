"""The picked alarm: everything beside the queue, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from alerts.episodes.lifecycle import HUMAN_OUTCOMES, Found, Outcome
from alerts.kinds import KINDS, Route
from anhu.contract.clock import DAY_MS
from anhu.contract.quantities import QUANTITIES, Kind
from api.dependencies import Dependencies
from api.schemas.alerts import AlertEventView, AlertView, AreaHomeView, NotificationView
from api.schemas.observations import EventView
from api.schemas.responses import ColleagueView
from api.schemas.rota import OnCallView
from api.security.roles import Permission, Viewer
from api.services import alerts, ladder, observations, on_call, residents
from api.services.around_alert import Around, around_of
from api.services.desk import card_of
from api.services.storm_area import area_of, with_last_heard
from api.services.working_together import colleagues_of
from api.visit import AlertVisit, visit_alert
from api.web.cards import Card
from api.web.command_lines import CommandLine, command_lines
from api.web.events import EventLine, event_lines
from api.web.evidence.evidence_chart import evidence_chart_name
from api.web.evidence.features import FeatureRow, feature_rows
from api.web.evidence.lines import HistoryLine
from api.web.evidence.score_table import ScoreTable, score_table
from api.web.evidence.sentences import blind, sentences
from api.web.evidence.timeline import Timeline, timeline, timeline_range
from api.web.evidence.told_lines import with_receipts
from api.web.receipts import said
from api.web.spots import Spot, newest_spot
from api.web.told import history_text
from api.web.trend import chart_names
from api.web.wording import Wording
from ingest.store.port import Range, StoreUnavailableError

_EVENTS = 12
OUTCOMES = (
    *(("true", found.value) for found in Found if found is not Found.OTHER),
    *((outcome.value, "") for outcome in Outcome if outcome in HUMAN_OUTCOMES),
)
"""What somebody may choose when closing: outcome, and of a real one what was found."""


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """Who was told, how, and what became of it."""

    state: str
    to: str
    channel: str
    at_ms: int
    attempts: int
    detail: str


@dataclass(frozen=True, slots=True)
class EvidencePart:
    """Why it was raised: in sentences, as a picture, as a table.

    Attributes
    ----------
    blind : str
        What the rule cannot see.
    chart : str
        Name of the chart of the number that decided; empty when none did.
    """

    sentences: Sequence[str]
    blind: str
    features: Sequence[FeatureRow]
    score: ScoreTable | None
    timeline: Timeline | None
    has_waveform: bool
    chart: str
    decided_by: str
    """Which version of which detector, for who may judge it; else empty."""


@dataclass(frozen=True, slots=True)
class Picked:
    """What the template of the picked alarm draws."""

    card: Card
    may_respond: bool
    outcomes: Sequence[tuple[str, str]]
    evidence: EvidencePart
    vitals: Sequence[str]
    events: Sequence[EventLine]
    history: Sequence[HistoryLine]
    next_step: str
    next_step_ms: int
    notices: Sequence[NoticeLine]
    store_down: bool
    homes: Sequence[AreaHomeView]
    is_area: bool
    """About no single person: what one of them measured is not shown as if it were the area's."""
    around: Around
    commands: Sequence[CommandLine]
    colleagues: Sequence[ColleagueView]
    spot: Spot | None
    there: str
    """When it began by the clock of the home, and which that is; empty where it is the same as ours."""
    on_call: Sequence[OnCallView]


def pick(deps: Dependencies, viewer: Viewer, alert_id: str, wording: Wording) -> Picked:
    """Gather what is shown of an alarm; a store that cannot answer leaves the measurements out, nothing else."""
    may_respond = viewer.may(Permission.RESPOND)
    with visit_alert(deps, viewer, alert_id, "alert.page") as visit:
        card = card_of(visit)
        history = alerts.history_of(visit)
        taken, coming = ladder.taken_steps_of(visit), ladder.next_step_of(visit)
        notices = alerts.notifications_of(visit) if may_respond else []
        homes, on_duty = area_of(visit), on_call.on_call_for(visit)
        there = wording.at(residents.zone_of(visit))
        around = around_of(visit)
        colleagues = colleagues_of(visit) if may_respond and card.alert.is_open else []
    alert = card.alert
    is_area = KINDS[alert.kind].route is Route.AREA if alert.kind in KINDS else False
    measured = _measured(visit, alert, wording) if not is_area else _Measured()
    if is_area:
        homes = with_last_heard(visit, homes)
    return Picked(
        card=Card.of(card, may_respond=may_respond),
        may_respond=may_respond,
        outcomes=OUTCOMES,
        evidence=_evidence(alert, measured.home, wording, may_judge=viewer.may(Permission.SET_LIMITS)),
        vitals=chart_names(measured.recent),
        events=event_lines(measured.events, wording)[:_EVENTS],
        around=around,
        commands=command_lines(around.asked, measured.events, measured.recent, wording.now_ms),
        colleagues=colleagues,
        spot=newest_spot(measured.events, wording),
        history=with_receipts([_history_line(line, taken, wording) for line in history], notices, wording),
        next_step=_parties(coming.parties, wording) if coming else "",
        next_step_ms=coming.due_at_ms if coming else 0,
        notices=[_notice_line(line, wording) for line in notices],
        store_down=measured.store_down,
        homes=homes,
        is_area=is_area,
        there="" if there == wording else f"{there.moment(alert.started_at_ms)} {there.zone_text}",
        on_call=on_duty,
    )


def _evidence(alert: AlertView, home: Timeline | None, wording: Wording, *, may_judge: bool) -> EvidencePart:
    evidence = alert.evidence
    sayings = [*sentences(alert.kind, evidence, wording), wording.note(evidence.get("note", ""))]
    score = score_table(evidence, wording)
    row = QUANTITIES.get(str(evidence.get("quantity", "")))
    return EvidencePart(
        sentences=[sentence for sentence in sayings if sentence],
        blind=blind(alert.kind, evidence, wording),
        features=[] if score else feature_rows(evidence, wording),
        score=score,
        timeline=home,
        has_waveform=row is not None and row.kind is Kind.WAVEFORM,
        chart=evidence_chart_name(evidence),
        decided_by=_decided_by(evidence, wording) if may_judge else "",
    )


def _decided_by(evidence: Mapping[str, Any], wording: Wording) -> str:
    if not evidence.get("detector"):
        return ""
    said = wording.t("detectors.decided_by", name=evidence["detector"], version=evidence.get("version", 0))
    model = evidence.get("model")
    return f"{said} · {wording.t('detectors.with_model', model=model)}" if model else said


def _home(visit: AlertVisit, alert: AlertView, wording: Wording) -> Timeline | None:
    within = timeline_range(alert.kind, alert.evidence, wording.now_ms)
    if within is None:
        return None
    found = observations.events_of(visit, within=within)
    return timeline(found, alert.evidence, within, wording)


class _Measured(NamedTuple):
    """What was measured and happened within a day.

    Attributes
    ----------
    recent : mapping
        Quantity -> when it was last measured. [ms]
    home : Timeline or None
        The picture of the home, where the kind has one.
    """

    recent: Mapping[str, int] = MappingProxyType({})
    events: Sequence[EventView] = ()
    home: Timeline | None = None
    store_down: bool = False


def _measured(visit: AlertVisit, alert: AlertView, wording: Wording) -> _Measured:
    within = Range(wording.now_ms - DAY_MS, wording.now_ms + 1)
    try:
        latest = observations.latest_of(visit)
        recent = {one.quantity: one.observed_at_ms for one in latest if one.observed_at_ms >= within.start_ms}
        found = observations.events_of(visit, within=within, limit=100)
        return _Measured(recent, found, _home(visit, alert, wording))
    except StoreUnavailableError:
        return _Measured(store_down=True)


def _history_line(line: AlertEventView, taken: Mapping[int, Sequence[str]], wording: Wording) -> HistoryLine:
    actor = line.actor_name or line.actor or wording.t("alert.system")
    text = history_text(line, wording) or _place(line, wording)
    if line.id in taken:
        text = _parties(taken[line.id], wording) or wording.t("alert.step_reached_nobody")
    return HistoryLine(line.at_ms, wording.word("event", line.what), actor, text)


def _place(line: AlertEventView, wording: Wording) -> str:
    """Return which device a line of the platform is about, in which room, and why it left."""
    device_id, room, reason = (str(line.data.get(name, "")) for name in ("device_id", "room", "reason"))
    why = wording.word("left", reason) if line.what == "left" else ""
    return " · ".join(filter(None, (wording.word("room", room) if room else "", device_id, why)))


def _parties(parties: Sequence[str], wording: Wording) -> str:
    return wording.t("budget.between").join(wording.word("party", one) for one in parties)


def _notice_line(line: NotificationView, wording: Wording) -> NoticeLine:
    last = line.receipts[-1] if line.receipts else None
    return NoticeLine(
        state=line.state,
        to=line.owner_name or wording.word("owner", line.owner_kind),
        channel=(line.channel_zh if wording.language == "zh-CN" else line.channel_en) or line.channel,
        at_ms=last.at_ms if last else line.created_at_ms,
        attempts=line.attempts,
        detail=said(last.detail, wording) if last else "",
    )
