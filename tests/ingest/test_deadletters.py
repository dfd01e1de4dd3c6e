"""Dead letters: one a cause, findable, replayable, bounded."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from anhu.contract.clock import DAY_MS, ManualClock
from anhu.contract.errors import DecodeError
from anhu.contract.observation import Quality, Scalar
from anhu.contract.record import Reading, Undecoded, bundled, encode_record
from anhu.registry.database import open_engine
from ingest.deadletters import DeadLetters
from ingest.letter import DeadLetter, Filter, Letters, Stage, reading_letter, undecoded_letter
from ingest.replay import Replayed, replay
from ingest.shared.letters import DatabaseLetters
from ingest.store.embedded.writer import SqliteStoreQuery, SqliteStoreWriter
from ingest.store.port import Range
from tests.ingest.shared.databases import engine_of_kind

NOW_MS = 1_795_300_000_000
EVER = Range(0, 2 * NOW_MS)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW_MS)


@pytest.fixture(params=["file", "sqlite", "postgresql"])
def open_letters(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Iterator[Callable[[], Letters]]:
    """Return what opens the letters of one installation once more, as another process would."""
    limits = {"max_bytes": 100_000, "max_age_s": 30 * 86_400}
    if request.param == "file":
        yield lambda: DeadLetters(tmp_path / "letters.db", clock, **limits)
    else:
        with contextmanager(engine_of_kind)(request, tmp_path) as engine:
            yield lambda: DatabaseLetters(
                open_engine(engine.url.render_as_string(hide_password=False)), clock, **limits
            )


@pytest.fixture
def letters(open_letters: Callable[[], Letters]) -> Iterator[Letters]:
    made = open_letters()
    yield made
    made.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStoreWriter]:
    made = SqliteStoreWriter(tmp_path / "store.db")
    yield made
    made.close()


@pytest.fixture
def values(tmp_path: Path) -> Iterator[Callable[[], list[float]]]:
    query = SqliteStoreQuery(tmp_path / "store.db")
    yield lambda: [p.value for p in query.points("r-1", "heart_rate", EVER)]
    query.close()


def letter(n: int, payload: bytes = b"{", device: str = "dev-1") -> DeadLetter:
    return undecoded_letter(Undecoded(device, "r-1", NOW_MS + n, "a/b", payload, "open_json", "payload: got '{'"))


def reading(n: int, value: float = 70.0) -> Reading:
    return Reading("dev-1", "r-1", NOW_MS + n, (Scalar("heart_rate", value, NOW_MS + n),))


def decode(dead: DeadLetter) -> Sequence[Reading]:
    """Stand in for the codecs: the payload is a number."""
    try:
        value = float(dead.payload)
    except ValueError:
        raise DecodeError("payload", dead.payload, "a number") from None
    at_ms = dead.received_at_ms
    return [Reading(dead.device_id, dead.resident_id, at_ms, (Scalar("heart_rate", value, at_ms),))]


def test_the_same_cause_is_one_letter(letters: Letters) -> None:
    letters.put([letter(1), letter(2), letter(1)])
    letters.put([letter(1), letter(1, b"other")])
    assert letters.count() == 3


def test_a_letter_comes_back_with_raw_bytes_and_reason(letters: Letters) -> None:
    raw = bytes(range(256))
    letters.put([letter(1, raw)])
    (listed,) = letters.page()
    assert letters.show(listed.letter_id) == listed
    assert (listed.payload, listed.reason, listed.codec, listed.route) == (raw, "payload: got '{'", "open_json", "a/b")
    assert (listed.device_id, listed.resident_id, listed.received_at_ms) == ("dev-1", "r-1", NOW_MS + 1)
    assert letters.show(99) is None


def test_letters_are_listed_newest_first_filtered_and_paged(letters: Letters) -> None:
    letters.put([letter(n, device=f"dev-{n % 2}") for n in range(10)])
    letters.put([reading_letter(Stage.STORE, reading(1), "no")])
    first = letters.page(limit=4)
    assert [x.letter_id for x in first] == [11, 10, 9, 8]
    assert [x.letter_id for x in letters.page(before_id=8, limit=2)] == [7, 6]
    assert letters.count(Filter(device_id="dev-0")) == 5
    assert [x.stage for x in letters.page(Filter(stage="store"))] == [Stage.STORE]


def test_another_process_sees_letters_at_once(letters: Letters, open_letters: Callable[[], Letters]) -> None:
    letters.put([letter(1)])
    other = open_letters()
    assert other.count() == 1
    other.mark_replayed(1)
    other.close()
    assert letters.count() == 0
    assert letters.count(Filter(waiting_only=False)) == 1


def test_a_replay_stores_what_can_be_decoded_now_and_says_why_not(
    letters: Letters, store: SqliteStoreWriter, values: Callable[[], list[float]]
) -> None:
    letters.put([letter(1, b"71"), letter(2, b"still wrong"), letter(3, b"73")])
    done = list(replay(letters, [1, 2, 3, 4], decode, store))
    assert [d.letter_id for d in done if not d.reason] == [1, 3]
    assert "a number" in done[1].reason
    assert done[3] == Replayed(4, "no such letter")
    assert values() == [71.0, 73.0]
    assert [x.letter_id for x in letters.page()] == [2]


def test_a_replayed_conflict_replaces_the_first_value(
    letters: Letters, store: SqliteStoreWriter, values: Callable[[], list[float]], tmp_path: Path
) -> None:
    list(replay(letters, [], decode, store))
    letters.put([letter(1, b"71")])
    list(replay(letters, [1], decode, store))
    letters.put([reading_letter(Stage.CONFLICT, reading(1, 99.0), "another value")])
    assert [d.reason for d in replay(letters, [2], decode, store)] == [""]
    assert values() == [99.0]
    query = SqliteStoreQuery(tmp_path / "store.db")
    assert query.points("r-1", "heart_rate", EVER)[0].quality == Quality.GOOD
    query.close()


def test_a_letter_the_store_refuses_stays(letters: Letters, store: SqliteStoreWriter) -> None:
    bad = Reading("dev 1", "r-1", NOW_MS, (Scalar("heart_rate", 70.0, NOW_MS),))
    letters.put([reading_letter(Stage.STORE, bad, "device_id: ..."), unreadable()])
    done = list(replay(letters, [1, 2], decode, store))
    assert "device_id" in done[0].reason
    assert done[1].reason
    assert letters.count() == 2


def test_a_bundle_that_was_not_readable_is_replayed_message_by_message(
    letters: Letters, store: SqliteStoreWriter, values: Callable[[], list[float]]
) -> None:
    (bundle,) = bundled(encode_record(reading(n, 70.0 + n)) for n in range(3))
    letters.put([replace(unreadable(), payload=bundle)])
    assert [d.reason for d in replay(letters, [1], decode, store)] == [""]
    assert values() == [70.0, 71.0, 72.0]


def unreadable() -> DeadLetter:
    return DeadLetter(
        stage=Stage.RECORD, device_id="", resident_id="", received_at_ms=0, reason="?", payload=b"\xc1\xc1"
    )


def test_over_the_bytes_the_replayed_go_first_then_the_oldest(letters: Letters) -> None:
    letters.put([letter(n, bytes(9_600)) for n in range(8)])  # 10,000 bytes each with the overhead
    letters.mark_replayed(7)
    letters.put([letter(n, bytes(9_600)) for n in range(8, 12)])
    letters.tidy()
    assert [x.letter_id for x in letters.page(Filter(waiting_only=False))] == [12, 11, 10, 9, 8, 6, 5, 4, 3, 2]


def test_over_the_age_letters_go(letters: Letters, clock: ManualClock) -> None:
    letters.put([letter(1), unreadable()])
    clock.forward(20 * DAY_MS)
    letters.put([letter(2)])
    letters.tidy()
    assert letters.count() == 3
    clock.forward(11 * DAY_MS)
    letters.tidy()
    assert [x.received_at_ms for x in letters.page()] == [NOW_MS + 2]


def test_a_letter_that_cannot_be_kept_is_an_error_and_changes_nothing(letters: Letters) -> None:
    bad = letter(2)
    object.__setattr__(bad, "reason", None)
    with pytest.raises((sqlite3.Error, SQLAlchemyError)):
        letters.put([letter(1), bad])
    assert letters.count() == 0
    letters.put([letter(1)])
    assert letters.count() == 1


def test_many_who_put_at_once_make_one_letter_of_a_cause(open_letters: Callable[[], Letters]) -> None:
    members = [open_letters() for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda member: member.put([letter(n) for n in range(30)]), members))
    assert members[0].count() == 30
    for one in members:
        one.close()


def test_letters_are_asked_for_by_device_resident_reason_and_push(letters: Letters) -> None:
    pushed = replace(letter(3, device=""), door="http", route="/p-1/up")
    letters.put([letter(1, device="a"), letter(2, device="b"), pushed, replace(letter(4, b"\0"), reason="x\0y")])
    assert [x.device_id for x in letters.page(Filter(devices=["a", "stranger"]))] == ["a"]
    assert {x.device_id for x in letters.page(Filter(devices=["a"], pushes=["/p-1"]))} == {"a", ""}
    assert letters.page(Filter(devices=["a"], pushes=["/p"]))[0].device_id == "a"
    assert letters.count(Filter(devices=[])) == 0
    assert letters.count(Filter(residents=["r-1"])) == 4
    assert letters.count(Filter(reason="payload")) == 3
    assert [row[:3] for row in letters.reasons(Filter(device_id="b"))] == [("b", "payload: got '{'", 1)]
    letters.forget("r-1")
    assert letters.count(Filter(waiting_only=False)) == 0
