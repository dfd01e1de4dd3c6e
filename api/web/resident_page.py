"""One resident, gathered for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from fastapi import Request, Response

from anhu.contract.clock import DAY_MS
from api.dependencies import Dependencies
from api.schemas.alerts import AlertView
from api.schemas.devices import DeviceView, DoorNoteView
from api.schemas.limits import LimitView
from api.schemas.observations import EventView, LatestView
from api.schemas.people import PersonView
from api.schemas.rota import OnCallView
from api.security.roles import Viewer
from api.services import alerts, devices, limits, observations, on_call, people, residents, rule_states, series_state
from api.visit import ResidentVisit, visit_resident
from api.web.admin.forms import Form
from api.web.events import EventLine, connection_reason, event_lines
from api.web.evidence.features import feature_name, feature_unit
from api.web.latest import Tile, tiles
from api.web.limit_forms import LimitChoice, limit_choices
from api.web.marks import Marks
from api.web.rule_states import RuleStates, rule_states_in_words
from api.web.site import Site
from api.web.trend import SPANS, chart_names, ends_at
from api.web.wording import Wording
from ingest.store.port import Range, StoreUnavailableError

_EVENTS = 300
_DEVICES = 100
_LOW_BATTERY = 20.0
_FULL = 100.0


class DeviceRow(NamedTuple):
    """One device of the resident; `last_ms` is 0 when it never reported, `away` why it is not connected. [ms]."""

    id: str
    name: str
    last_ms: int
    battery: str
    battery_low: bool
    away: str
    notes: Sequence[DoorNoteView]


class LimitRow(NamedTuple):
    """One limit of the resident's own, in words."""

    name: str
    value: str
    reason: str
    set_by: str
    until_ms: int | None


@dataclass(frozen=True, slots=True)
class ResidentPage:
    """What the template draws."""

    id: str
    name: str
    person: PersonView
    centre: str
    team: str
    open_alerts: Sequence[AlertView]
    alerts: Sequence[AlertView]
    latest: Sequence[Tile]
    charts: Sequence[str]
    ranges: Sequence[str]
    range: str
    at_ms: int
    """The moment around which charts are drawn; 0: they end now. [ms]"""
    timeline: Sequence[EventLine]
    devices: Sequence[DeviceRow]
    limits: Sequence[LimitRow]
    limit_choices: Mapping[str, Sequence[LimitChoice]]
    """Chart -> the limits that are drawn on it."""
    rules: RuleStates
    store_down: bool
    behind_since_ms: int
    """Since when the store of the county takes nothing: charts end there; 0: it does. [ms]"""
    zone: str
    """Where the resident lives: all times of the page are told by it; empty for the installation's."""
    on_call: Sequence[OnCallView]


def read_resident_view(
    deps: Dependencies, viewer: Viewer, resident_id: str, span: str, wording: Wording, *, at_ms: int = 0
) -> ResidentPage:
    """Gather the page; a store that cannot answer leaves the measurements out and says so."""
    with visit_resident(deps, viewer, resident_id, "resident.page") as visit:
        resident = residents.resident_of(visit)
        person = people.person_of(visit)
        recent = recent_alerts(visit, wording)
        worn = devices.devices_of(visit, limit=_DEVICES)
        own_limits = limits.limits_of(visit)
        zone = residents.zone_of(visit)
        on_duty = on_call.on_call_for(visit)
        rules = rule_states.rule_states_of(visit)
        behind_ms = series_state.behind_since_ms(visit)
    wording = wording.at(zone)
    latest, events, store_down = measured(visit, wording)
    within_ms = ends_at(at_ms, SPANS[span], wording.now_ms) - SPANS[span].length_ms
    charts = chart_names(one.quantity for one in latest if one.observed_at_ms >= within_ms)
    return ResidentPage(
        id=resident_id,
        name=resident.name,
        person=person,
        centre=resident.centre_name,
        team=resident.team_name,
        open_alerts=[alert for alert in recent if alert.is_open],
        alerts=recent[:15],
        latest=tiles(latest, marks_of(own_limits, person), wording),
        charts=charts,
        ranges=tuple(SPANS),
        range=span,
        at_ms=at_ms,
        timeline=event_lines(events, wording),
        devices=[_device_row(device, latest, events, wording) for device in worn],
        limits=[limit_row(limit, wording) for limit in own_limits],
        rules=rule_states_in_words(rules, wording),
        limit_choices=limit_choices(charts, own_limits, marks_of(own_limits, person), wording),
        store_down=store_down,
        behind_since_ms=behind_ms,
        zone=zone,
        on_call=on_duty,
    )


def resident_response(
    site: Site,
    request: Request,
    viewer: Viewer,
    resident_id: str,
    span: str,
    *,
    at_ms: int = 0,
    form: Form | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    """Return the page of who answers alarms; a form that was refused stands in it as it was typed."""
    view = read_resident_view(site.deps, viewer, resident_id, span, site.wording(request), at_ms=at_ms)
    values: dict[str, Any] = {"view": view, "form": form or Form(), "done": done}
    return site.page(request, "resident.html", status=status, zone=view.zone, **values)


def marks_of(own_limits: Sequence[LimitView], person: PersonView) -> Marks:
    """Return what is abnormal for a resident."""
    return Marks({limit.name: limit.value for limit in own_limits}, person.flags)


def recent_alerts(visit: ResidentVisit, wording: Wording) -> list[AlertView]:
    """Return the visited resident's alerts of the last months, and each that is open however old, the newest first."""
    recent = alerts.alerts_of(visit, since_ms=wording.now_ms - 90 * DAY_MS, limit=50)
    shown = {alert.id for alert in recent}
    still_open = alerts.alerts_of(visit, since_ms=0, is_open=True, limit=50)
    return [*recent, *(alert for alert in still_open if alert.id not in shown)]


def measured(visit: ResidentVisit, wording: Wording) -> tuple[list[LatestView], list[EventView], bool]:
    """Return the newest values, the day's events, and whether the store could not answer: then the values may do."""
    within = Range(wording.now_ms - DAY_MS, wording.now_ms + 1)
    latest: list[LatestView] = []
    try:
        latest = observations.latest_of(visit)
        return latest, observations.events_of(visit, within=within, limit=_EVENTS), False
    except StoreUnavailableError:
        return latest, [], True


def _device_row(
    device: DeviceView, latest: Sequence[LatestView], events: Sequence[EventView], wording: Wording
) -> DeviceRow:
    heard = [one.observed_at_ms for one in latest if one.device_id == device.id]
    heard += [event.observed_at_ms for event in events if event.device_id == device.id]
    charge = [one.value for one in latest if one.quantity == "battery" and one.device_id == device.id]
    charge = [value for value in charge if 0 <= value <= _FULL]  # 150 % is no state of a battery
    return DeviceRow(
        id=device.id,
        name=f"{device.vendor} {device.model}".strip() or device.codec,
        last_ms=max(heard, default=0),
        battery=f"{charge[0]:.0f} %" if charge else "",
        battery_low=bool(charge) and charge[0] <= _LOW_BATTERY,
        away=_away(device, events, wording),
        notes=device.notes,
    )


def _away(device: DeviceView, events: Sequence[EventView], wording: Wording) -> str:
    """Return why the device is not connected; empty while it is, or when the day's events do not say."""
    seen = [one for one in events if one.kind == "connection" and one.device_id == device.id]
    newest = max(seen, key=lambda one: one.observed_at_ms, default=None)
    if newest is None or newest.state != "off":
        return ""
    return wording.word("state", "connection_off") + connection_reason(newest, wording)


def limit_row(limit: LimitView, wording: Wording) -> LimitRow:
    """Return a limit of the resident's own in words."""
    kind, _, parameter = limit.name.partition(".")
    return LimitRow(
        name=f"{wording.kind(kind)} · {feature_name(parameter, wording)}",
        value=f"{limit.value:g} {feature_unit(parameter, wording)}".strip(),
        reason=limit.reason,
        set_by=limit.set_by_name or limit.set_by,
        until_ms=limit.until_ms,
    )
