"""What is kept of the platform's calls of itself, and what a real database forgets."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.findings import apply_findings
from alerts.finding import Condition, Finding
from alerts.tables import Alert, AlertEvent, AlertMember
from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox, Receipt
from anhu.registry import heartbeat
from anhu.registry.gaps import gaps
from anhu.registry.heartbeat import HEARTBEAT, Phone
from anhu.registry.tables import Contact, Resident
from app.heartbeat.beat import KEPT, Beat, BeatFile, Beats, Stage
from app.heartbeat.forgetting import end_and_forget

NOW = 1_800_000_000_000


def beat(minute: int, *, phone_ms: int | None = 40) -> Beat:
    return Beat(NOW + minute * MINUTE_MS, 5, 10, phone_ms)


def test_where_a_call_ended_is_the_first_place_that_it_did_not_reach() -> None:
    ends = [Beat(NOW, 5, 10, 40), Beat(NOW, 5, 10, None), Beat(NOW, 5, None, None), Beat(NOW, None, None, None)]
    assert [one.failed for one in ends] == [None, Stage.PHONE, Stage.ALERT, Stage.DOOR]


def test_calls_fail_since_the_first_after_the_last_that_arrived(tmp_path: Path) -> None:
    beats = Beats(BeatFile(tmp_path / "beats.json"))
    assert beats.failing_since_ms == 0
    for minute, phone_ms in enumerate((None, 40, None, None)):
        beats.add(beat(minute, phone_ms=phone_ms))
    assert beats.failing_since_ms == NOW + 2 * MINUTE_MS
    beats.add(beat(4))
    assert beats.failing_since_ms == 0


def test_a_day_of_calls_outlives_the_process_and_no_more(tmp_path: Path) -> None:
    file = tmp_path / "beats.json"
    beats = Beats(BeatFile(file))
    for minute in range(KEPT + 5):
        beats.add(beat(minute))
    again = Beats(BeatFile(file)).all
    assert (len(again), again[0], again[-1]) == (KEPT, beat(5), beat(KEPT + 4))


@pytest.mark.parametrize("content", ["", "[[1, 2", '{"a": 1}', "[[1]]"])
def test_a_torn_file_of_calls_begins_anew(tmp_path: Path, content: str) -> None:
    file = tmp_path / "beats.json"
    file.write_text(content)
    assert list(BeatFile(file).read()) == []


def called(session: Session, now_ms: int) -> None:
    finding = Finding("heartbeat_call", Condition.PRESENT, now_ms, now_ms, 1.0, Priority.HIGH)
    apply_findings(session, [ResidentFinding(HEARTBEAT, HEARTBEAT, finding, received_ms=now_ms)], now_ms=now_ms)


def test_only_the_platform_is_told_and_nothing_is_kept_of_it(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        heartbeat.set_up(session, secret="s" * 32, phone=Phone("loopback", "http://127.0.0.1:9/h"), now_ms=NOW)
    for minute in range(3):
        now_ms = NOW + minute * HOUR_MS
        with sessions.begin() as session:
            end_and_forget(session, now_ms)
            called(session, now_ms)
    with sessions.begin() as session:
        (message,) = session.scalars(select(Outbox).where(Outbox.state == "pending")).all()
        contact = session.get_one(Contact, message.contact_id)
        assert (contact.owner_id, contact.channel) == (HEARTBEAT, "loopback")
        assert session.scalar(select(func.count()).select_from(Alert)) == 2  # of now, and of just before
        end_and_forget(session, NOW + 4 * HOUR_MS)
    with sessions.begin() as session:
        end_and_forget(session, NOW + 5 * HOUR_MS)
        for table in (Alert, AlertEvent, AlertMember, Outbox, Receipt):
            assert session.scalar(select(func.count()).select_from(table)) == 0, table
        assert session.get(Resident, HEARTBEAT) is not None
        assert gaps(session, lambda _channel, _address: "", now_ms=NOW) == []
