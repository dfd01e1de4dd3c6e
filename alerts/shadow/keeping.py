"""What is kept of a version in the shadow beside its episodes: how it fares, and what it knows for after a restart."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.detector_versions import DetectorVersions
from alerts.engine.resident_finding import ResidentFinding
from alerts.progress import save_snapshot
from alerts.rules.decided_by import name_of
from alerts.rules.detector import Detector
from alerts.shadow.episodes import forget, keep_found
from alerts.shadow.lane import ShadowLane
from alerts.shadow.tables import ShadowRun
from alerts.tables import ConsumerSnapshot

_MOST_AT_ONCE = 500


def snapshot_name(consumer: str, detector: type[Detector]) -> str:
    """Return under which name a version's snapshot is kept."""
    return f"{consumer}~{name_of(detector)}"


def keep_all(sessions: sessionmaker[Session], lane: ShadowLane, found: list[ResidentFinding]) -> None:
    """Keep what a version found, in short transactions; what is kept is taken out of the list."""
    while found:
        part = found[:_MOST_AT_ONCE]
        with sessions.begin() as session:
            begun = keep_found(session, lane.detector, part)
        lane.counts["episodes"] += begun
        del found[: len(part)]


def keep_run(session: Session, consumer: str, lane: ShadowLane, now_ms: int) -> None:
    """Keep how a version fares. [ms]."""
    row = session.get(ShadowRun, (consumer, lane.detector.name, lane.detector.version))
    if row is None:
        row = ShadowRun(consumer=consumer, name=lane.detector.name, version=lane.detector.version)
        session.add(row)
    row.since_ms, row.seen_ms = lane.since_ms, now_ms
    row.why_off = lane.why_off or ""
    row.counts = dict(lane.numbers())
    session.flush()


def keep_snapshot(session: Session, consumer: str, lane: ShadowLane, snapshot: bytes) -> None:
    """Keep what a version knows."""
    save_snapshot(session, snapshot_name(consumer, lane.detector), position=0, snapshot=snapshot)


def resume(session: Session, consumer: str, lane: ShadowLane) -> bool:
    """Let a lane go on where it stood before a restart of the engine; False if it is to begin anew."""
    row = session.get(ShadowRun, (consumer, lane.detector.name, lane.detector.version))
    if row is None or row.since_ms != lane.since_ms:
        return False
    kept = session.get(ConsumerSnapshot, snapshot_name(consumer, lane.detector))
    lane.go_on_from(kept.snapshot if kept is not None else b"", row.counts, row.why_off)
    return True


def begin(session: Session, consumer: str, beside: DetectorVersions, detector: type[Detector]) -> None:
    """Forget what an earlier run of the same version left of those who are watched here."""
    forget(session, detector.name, detector.version, {resident for _, resident in beside.watched()})
    session.execute(delete(ConsumerSnapshot).where(ConsumerSnapshot.consumer == snapshot_name(consumer, detector)))
