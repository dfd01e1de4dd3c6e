"""What was decided is decided again from the store, by the version that decided it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.watched_device import WatchedDevice
from alerts.episodes.findings import apply_findings
from alerts.finding import Finding
from alerts.replay_alert import Verdict, decision_of, replay_decision
from alerts.rules.decided_by import by_version
from alerts.rules.detector import Detector, Profile
from alerts.tables import Alert
from alerts.versions import discover_versions
from anhu.contract.clock import MINUTE_MS
from anhu.contract.observation import Scalar
from anhu.contract.record import Reading
from ingest.store.embedded.writer import SqliteStoreQuery, SqliteStoreWriter
from ingest.store.port import StoredReading
from tests.town import empty_url, sessions, town

__all__ = ["empty_url", "sessions", "town"]
T0 = 1_795_300_000_000
ROSTER = [WatchedDevice("w-1", "r-1", Profile(report_period_s=60.0), enrolled_at_ms=T0)]
RELEASED = {cls.name: cls for cls in discover()}
VERSIONS = by_version((*discover(), *discover_versions()))
Sessions = sessionmaker[Session]
Storing = Callable[[Sequence[Reading]], SqliteStoreQuery]


@pytest.fixture
def storing(tmp_path: Path) -> Iterator[Storing]:
    writer = SqliteStoreWriter(tmp_path / "store.db")
    query = SqliteStoreQuery(tmp_path / "store.db")

    def put(readings: Sequence[Reading]) -> SqliteStoreQuery:
        writer.write([StoredReading("r-1", r.device_id, r.received_at_ms, r.observations) for r in readings])
        return query

    yield put
    query.close()
    writer.close()


def breaths(*values: float) -> list[Reading]:
    times = [T0 + n * MINUTE_MS for n in range(len(values))]
    return [Reading("w-1", "r-1", t, (Scalar("respiration_rate", v, t),)) for t, v in zip(times, values, strict=True)]


def raised(town: Sessions, cls: type[Detector], readings: Sequence[Reading]) -> Finding | None:
    engine = Engine([cls])
    engine.update_roster(ROSTER)
    for one in readings:
        with town.begin() as session:
            apply_findings(session, engine.feed(one), now_ms=one.received_at_ms)
    with town.begin() as session:
        return decision_of(session, session.scalars(select(Alert.id)).one())


@pytest.mark.parametrize("version", [1, 2])
def test_the_version_that_decided_decides_the_same_again(town: Sessions, storing: Storing, version: int) -> None:
    readings = breaths(*[16.0] * 20, *[22.0] * 40)
    decided = raised(town, VERSIONS["respiration_high", version], readings)
    assert decided is not None
    assert decided.evidence.decided_by == f"respiration_high {version}"
    assert decided.decided_at_ms == T0 + (20 + {1: 10, 2: 30}[version]) * MINUTE_MS
    again = replay_decision(storing(readings), "r-1", decided, VERSIONS, roster=ROSTER)
    assert (again.verdict, again.again) == (Verdict.SAME, decided)


def test_another_version_that_bears_its_name_would_be_found_out(town: Sessions, storing: Storing) -> None:
    readings = breaths(*[16.0] * 20, *[22.0] * 40)
    decided = raised(town, VERSIONS["respiration_high", 2], readings)
    forged = {("respiration_high", 2): VERSIONS["respiration_high", 1]}
    again = replay_decision(storing(readings), "r-1", decided, forged, roster=ROSTER)
    assert again.verdict is Verdict.OTHERWISE


def test_what_is_no_longer_stored_gives_nothing(town: Sessions, storing: Storing) -> None:
    decided = raised(town, RELEASED["respiration_high"], breaths(*[22.0] * 20))
    assert replay_decision(storing([]), "r-1", decided, VERSIONS, roster=ROSTER).verdict is Verdict.NOTHING


def changed(found: Finding, **fields: object) -> Finding:
    return msgspec.structs.replace(found, evidence=msgspec.structs.replace(found.evidence, **fields))


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"detector": "", "version": 0}, Verdict.NO_DETECTOR),
        ({"version": 99}, Verdict.NO_VERSION),
        ({"model": "deadbeef"}, Verdict.OTHER_MODEL),
    ],
)
def test_what_cannot_be_decided_again_says_why(
    town: Sessions, storing: Storing, fields: Mapping[str, object], verdict: Verdict
) -> None:
    readings = breaths(*[22.0] * 20)
    decided = raised(town, RELEASED["respiration_high"], readings)
    assert decided is not None
    asked = changed(decided, **fields)
    assert replay_decision(storing(readings), "r-1", asked, VERSIONS, roster=ROSTER).verdict is verdict
    assert replay_decision(storing(readings), "r-1", None, VERSIONS).verdict is Verdict.NO_DETECTOR
