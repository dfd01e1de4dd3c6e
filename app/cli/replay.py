"""``anhu replay``: the same engine over a resident's stored history, with history's clock; writes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import click

from alerts.detectors import discover
from alerts.engine.resident_finding import ResidentFinding
from alerts.replay import replay_resident
from alerts.roster import load_roster
from anhu.contract.clock import SystemClock, from_rfc3339, to_rfc3339
from anhu.contract.errors import FieldError
from anhu.registry.database import close_sessions, open_sessions, reading
from anhu.registry.rows import existing
from anhu.registry.tables import Resident
from app import wiring
from app.cli.options import data_option, settings_of
from ingest.store.port import Range


@click.command()
@data_option
@click.option("--resident", "resident_id", required=True)
@click.option("--from", "start", required=True, help="RFC 3339, such as 2026-11-23T00:00:00+08:00.")
@click.option("--to", "end", help="RFC 3339; now when left out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with the evidence.")
def replay(data: Path | None, resident_id: str, start: str, end: str | None, *, as_json: bool) -> None:
    """Say what the present detectors and limits would have found in a stretch of stored history."""
    settings, now_ms = settings_of(data=data), SystemClock().now_ms()
    within = Range(from_rfc3339(start, field="--from"), from_rfc3339(end, field="--to") if end else now_ms)
    if within.start_ms >= within.end_ms:
        raise FieldError("--to", end, "a time after --from")
    sessions, store = open_sessions(settings.database), wiring.store_query(settings)
    with reading(sessions).begin() as session:
        existing(session, Resident, resident_id)
        _, roster = load_roster(session, since_version=0, checked_at_ms=0, now_ms=now_ms, time_zone=settings.time_zone)
    for found in replay_resident(store, resident_id, within, discover(), roster=roster):
        click.echo(json.dumps(found.finding.as_json(), ensure_ascii=False) if as_json else _line(found))
    store.close()
    close_sessions(sessions)


def _line(found: ResidentFinding) -> str:
    finding = found.finding
    features = "  ".join(f"{name} {value:g}" for name, value in finding.evidence.features.items())
    priority = finding.priority.name.lower()
    return f"{to_rfc3339(finding.at_ms)}  {finding.kind:<20} {finding.condition:<8} {priority:<7} {features}"
