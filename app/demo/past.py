"""The demo's past alarms: recorded and made-up episodes judged by the production detectors, and four weeks of outcomes.

Everything here is closed already: it pages nobody, and gives the alarm budget and residents a history.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from alerts.detectors import discover
from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes import responses
from alerts.episodes.findings import apply_findings
from alerts.episodes.lifecycle import Outcome
from alerts.finding import Condition, Finding
from alerts.kinds import KINDS
from alerts.replay import replay
from alerts.roster import load_roster
from alerts.tables import Alert
from anhu.contract import wire
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS
from anhu.contract.record import Reading
from app.demo.people import TEAMS, residents
from ingest.store.port import StoredReading, StoreWriter
from simulators.report import Story, length_ms
from simulators.sources.night import BEGINS_H, night
from simulators.sources.scenarios import SCENARIOS

_ANSWERED_MS = 90_000
_WORKED_MS = 25 * MINUTE_MS
_WATCHED_AFTER_MS = 20 * MINUTE_MS
_ACTOR = "demo"


class Episode(NamedTuple):
    """Something that happened to a resident.

    Attributes
    ----------
    start_h : float
        Against today's midnight, local time. [h]
    """

    resident: int
    device: str
    story: Story
    start_h: float
    note: str


class Month(NamedTuple):
    """How often a kind of alarm was closed with each outcome in the last four weeks: made up."""

    kind: str
    true: int
    false: int
    device_fault: int = 0
    test: int = 0


MONTH = (
    Month("fall", true=3, false=2, test=1),
    Month("sos", true=4, false=1, test=2),
    Month("bed_exit", true=3, false=3),
    Month("bathroom_dwell", true=1, false=2),
    Month("heart_rate_high", true=2, false=11, device_fault=2),
    Month("spo2_low", true=4, false=3, device_fault=1),
    Month("device_silent", true=3, false=1, device_fault=4),
)


def episodes() -> tuple[Episode, ...]:
    """Return what happened: a night at home, two recordings of atrial fibrillation, a recorded fall."""
    return (
        Episode(5, "home-005", night(), BEGINS_H - 24, "在卫生间坐着起不来，扶回床上，未受伤"),
        Episode(2, "watch-002", SCENARIOS["fibrillation"].make(0), -15.5, "医生读图确认房颤，已预约动态心电图"),
        Episode(6, "watch-006", SCENARIOS["handheld_ecg"].make(0), -14.2, "医生读图确认房颤，调整用药"),
        Episode(3, "watch-003", SCENARIOS["fall"].make(1), -9.6, "在厨房跌倒，膝盖擦伤，已处理"),
    )


def write(writer: StoreWriter, sessions: sessionmaker[Session], midnight_ms: int, now_ms: int) -> None:
    """Write the episodes of yesterday and last night, and the outcomes of four weeks. [ms]."""
    with sessions.begin() as session:
        for one in episodes():
            start_ms = midnight_ms + round(one.start_h * HOUR_MS)
            while start_ms + length_ms(one.story) + _WATCHED_AFTER_MS + _WORKED_MS > now_ms:
                start_ms -= DAY_MS
            resident_id = f"r-{one.resident:03}"
            for alert in judge(
                writer, session, one.story, resident_id=resident_id, device_id=one.device, start_ms=start_ms
            ):
                _close(session, alert, Outcome.TRUE, one.note)
        for number, (at_ms, kind, outcome) in enumerate(_month(now_ms)):
            finding = Finding(kind, Condition.PRESENT, at_ms, at_ms, 1.0, KINDS[kind].priority)
            resident_id = _somebody(number)
            apply_findings(session, [ResidentFinding(resident_id, "", finding, late=False)], now_ms=at_ms)
            opened = select(Alert).where(Alert.resident_id == resident_id, Alert.kind == kind, Alert.is_open)
            for alert in session.scalars(opened).all():
                _close(session, alert, outcome)


def judge(
    writer: StoreWriter, session: Session, story: Story, *, resident_id: str, device_id: str, start_ms: int
) -> list[Alert]:
    """Store a story as if it had been received in its time, and raise what the production detectors find. [ms]."""
    readings = [
        Reading(device_id, resident_id, start_ms + report.after_ms, wire.decode(report.payload(start_ms), start_ms))
        for report in story
    ]
    end_ms = readings[-1].received_at_ms + _WATCHED_AFTER_MS
    writer.write([StoredReading(resident_id, device_id, one.received_at_ms, one.observations) for one in readings])
    _, roster = load_roster(session, since_version=0, checked_at_ms=0, now_ms=end_ms)
    own = [one._replace(enrolled_at_ms=start_ms) for one in roster if one.device_id == device_id]
    for detected in replay(readings, discover(), roster=own, until_ms=end_ms):
        apply_findings(session, [detected], now_ms=detected.finding.decided_at_ms)
    wanted = select(Alert).where(Alert.resident_id == resident_id, Alert.is_open, Alert.started_at_ms >= start_ms)
    return list(session.scalars(wanted.order_by(Alert.raised_at_ms)))


def _close(session: Session, alert: Alert, outcome: str, note: str = "") -> None:
    answered_ms = alert.raised_at_ms + _ANSWERED_MS
    responses.acknowledge(session, alert.id, actor=_ACTOR, now_ms=answered_ms)
    responses.close(session, alert.id, outcome, actor=_ACTOR, now_ms=answered_ms + _WORKED_MS, note=note)


def _month(now_ms: int) -> Iterator[tuple[int, str, str]]:
    listed = [
        (row.kind, outcome) for row in MONTH for outcome in Month._fields[1:] for _ in range(getattr(row, outcome))
    ]
    for number, (kind, outcome) in enumerate(listed):
        yield now_ms - round((2 + 25 * number / len(listed)) * DAY_MS), kind, outcome


def _somebody(number: int) -> str:
    """Spread the month's alarms over the residents of the desk that the greeting names."""
    own = [person.id for person in residents() if person.centre_id == TEAMS[0].centre_id]
    return own[9 + number % (len(own) - 9)]
