"""What a version in the shadow finds, kept as alerts are: one open episode of a resident and kind, repeats counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.history import plain
from alerts.episodes.returning import SAME_EPISODE_MS
from alerts.finding import Condition, Evidence, Finding
from alerts.kinds import kinds_of_episode, stage
from alerts.rules.detector import Detector
from alerts.shadow.tables import ShadowEpisode
from anhu.contract.priority import Priority

KEPT = 20
"""Episodes of one resident, the newest of them."""


def keep_found(session: Session, detector: type[Detector], found: Sequence[ResidentFinding]) -> int:
    """Keep what a version found; return how many episodes began."""
    residents = {one.resident_id for one in found}
    of_version = (ShadowEpisode.name == detector.name, ShadowEpisode.version == detector.version)
    query = select(ShadowEpisode).where(*of_version, ShadowEpisode.resident_id.in_(residents))
    rows: dict[str, list[ShadowEpisode]] = defaultdict(list)
    for row in session.scalars(query.order_by(ShadowEpisode.started_at_ms)):
        rows[row.resident_id].append(row)
    begun = sum(_keep(session, detector, one, rows[one.resident_id]) for one in found)
    for kept in rows.values():
        for row in kept[:-KEPT]:
            session.delete(row)
    session.flush()
    return begun


def _keep(session: Session, detector: type[Detector], one: ResidentFinding, rows: list[ShadowEpisode]) -> bool:
    finding, kinds = one.finding, kinds_of_episode(one.finding.kind)
    last = next((row for row in reversed(rows) if row.kind in kinds), None)
    if finding.condition is Condition.GONE:
        if last is not None and last.ended_at_ms is None and stage(finding.kind) >= stage(last.kind):
            last.ended_at_ms = finding.decided_at_ms
        return False
    if last is not None and (last.ended_at_ms is None or finding.at_ms - last.ended_at_ms <= SAME_EPISODE_MS):
        last.repeats += one.times
        last.last_at_ms = max(last.last_at_ms, one.newest_ms)
        last.priority = max(last.priority, int(finding.priority))
        last.kind = max(last.kind, finding.kind, key=stage)
        last.ended_at_ms = None
        return False
    row = _begun(detector, one)
    session.add(row)
    rows.append(row)
    return True


def _begun(detector: type[Detector], one: ResidentFinding) -> ShadowEpisode:
    finding = one.finding
    return ShadowEpisode(
        name=detector.name,
        version=detector.version,
        resident_id=one.resident_id,
        device_id=one.device_id,
        kind=finding.kind,
        priority=int(finding.priority),
        started_at_ms=finding.at_ms,
        last_at_ms=one.newest_ms,
        ended_at_ms=None,
        repeats=one.times - 1,
        whole=one.whole,
        evidence=plain(finding.evidence),
    )


def going_on(session: Session, detector: type[Detector], mine: Iterable[str], now_ms: int) -> list[ResidentFinding]:
    """Return what a version says of some residents at this moment: told when it comes to decide, never swallowed. [ms].

    Parameters
    ----------
    mine : iterable of str
        The residents of this engine.
    """
    query = select(ShadowEpisode).where(
        ShadowEpisode.name == detector.name,
        ShadowEpisode.version == detector.version,
        ShadowEpisode.ended_at_ms.is_(None),
    )
    wanted = set(mine)
    return [_told(row, now_ms) for row in session.scalars(query) if row.resident_id in wanted]


def _told(row: ShadowEpisode, now_ms: int) -> ResidentFinding:
    evidence = msgspec.convert(row.evidence, Evidence, strict=False)
    finding = Finding(row.kind, Condition.PRESENT, row.last_at_ms, now_ms, 1.0, Priority(row.priority), evidence)
    return ResidentFinding(row.resident_id, row.device_id, finding, whole=row.whole)


def forget(session: Session, name: str, version: int, mine: Iterable[str]) -> None:
    """Forget what a version found of some residents: it begins anew."""
    ids = sorted(set(mine))
    for start in range(0, len(ids), KEPT * KEPT):
        session.execute(
            delete(ShadowEpisode).where(
                ShadowEpisode.name == name,
                ShadowEpisode.version == version,
                ShadowEpisode.resident_id.in_(ids[start : start + KEPT * KEPT]),
            )
        )
