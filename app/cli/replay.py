"""``anhu replay``: the same engine over a resident's stored history, with history's clock; writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click
from sqlalchemy.orm import Session, sessionmaker

from alerts.detectors import discover
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.finding import Finding
from alerts.replay import replay_resident
from alerts.replay_alert import Replayed, decision_of, replay_decision
from alerts.roster import load_roster
from alerts.rules.decided_by import by_version
from alerts.tables import Alert
from alerts.versions import discover_versions
from anhu.contract.clock import DAY_MS, SystemClock, from_rfc3339, to_rfc3339
from anhu.contract.errors import FieldError
from anhu.registry.database import close_sessions, open_sessions, reading
from anhu.registry.rows import existing
from anhu.registry.tables import Resident
from app import series_wiring
from app.cli.options import data_option, settings_of
from ingest.store.port import Range, StoreQuery


@click.command()
@data_option
@click.option("--resident", "resident_id", help="Whose history; with --from.")
@click.option("--from", "start", help="RFC 3339, such as 2026-11-23T00:00:00+08:00.")
@click.option("--to", "end", help="RFC 3339; now when left out.")
@click.option("--alert", "alert_id", help="Decide one alert again, by the version that decided it.")
@click.option("--days", default=2.0, show_default=True, help="With --alert: so much history before it is read.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with the evidence.")
def replay(data: Path | None, *, alert_id: str | None, days: float, as_json: bool, **stretch: str | None) -> None:
    """Say what the present detectors and limits would have found in a stretch of stored history."""
    settings, now_ms = settings_of(data=data), SystemClock().now_ms()
    asked = None if alert_id else _asked(now_ms, **stretch)
    sessions, store = open_sessions(settings.database), series_wiring.store_query(settings, SystemClock())
    place = _Place(sessions, store, settings.time_zone, now_ms)
    if asked is None:
        again = _decided_again(place, alert_id or "", round(days * DAY_MS))
        click.echo(json.dumps(_as_json(again), ensure_ascii=False) if as_json else _said(again))
    else:
        for found in _found(place, *asked):
            click.echo(json.dumps(found.finding.as_json(), ensure_ascii=False) if as_json else _line(found.finding))
    store.close()
    close_sessions(sessions)


class _Place(NamedTuple):
    """Where history stands."""

    sessions: sessionmaker[Session]
    store: StoreQuery
    time_zone: str
    now_ms: int

    def roster(self, session: Session) -> Sequence[WatchedDevice]:
        """Return who is watched, as the directory says now."""
        _, found = load_roster(session, since_version=0, checked_at_ms=0, now_ms=self.now_ms, time_zone=self.time_zone)
        return found


def _asked(now_ms: int, *, resident_id: str | None, start: str | None, end: str | None) -> tuple[str, Range]:
    """Return whose history, and which stretch of it. Raises `FieldError`."""
    for option, given in (("--resident", resident_id), ("--from", start)):
        if not given:
            raise FieldError(option, given, "a value, or --alert")
    within = Range(from_rfc3339(start or "", field="--from"), from_rfc3339(end, field="--to") if end else now_ms)
    if within.start_ms >= within.end_ms:
        raise FieldError("--to", end, "a time after --from")
    return resident_id or "", within


def _found(place: _Place, resident_id: str, within: Range) -> Iterator[ResidentFinding]:
    with reading(place.sessions).begin() as session:
        existing(session, Resident, resident_id)
        roster = place.roster(session)
    return replay_resident(place.store, resident_id, within, discover(), roster=roster)


def _decided_again(place: _Place, alert_id: str, before_ms: int) -> Replayed:
    with reading(place.sessions).begin() as session:
        resident_id = existing(session, Alert, alert_id).resident_id
        decided, roster = decision_of(session, alert_id), place.roster(session)
    versions = by_version((*discover(), *discover_versions()))
    return replay_decision(place.store, resident_id, decided, versions, roster=roster, before_ms=before_ms)


def _as_json(again: Replayed) -> dict[str, object]:
    shown = {"decided": again.decided, "again": again.again}
    return {"verdict": again.verdict} | {name: one.as_json() if one else None for name, one in shown.items()}


def _said(again: Replayed) -> str:
    shown = [("decided", again.decided), ("again", again.again)]
    return "\n".join([again.verdict, *(f"{name:<8}{_line(one)}" for name, one in shown if one)])


def _line(finding: Finding) -> str:
    features = "  ".join(f"{name} {value:g}" for name, value in finding.evidence.features.items())
    priority = finding.priority.name.lower()
    by = f"[{finding.evidence.decided_by}]"
    return f"{to_rfc3339(finding.at_ms)}  {finding.kind:<20} {finding.condition:<8} {priority:<7} {features}  {by}"
