"""What came of each device by the hour: read, read in part, refused; written down, added to, and bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from anhu.contract.clock import DAY_MS, HOUR_MS, ManualClock
from anhu.contract.observation import Event, Scalar, TimeQuality
from anhu.contract.record import Numbers
from anhu.registry.database import open_engine
from ingest import deliveries, upkeep
from ingest.delivered import Deliveries, DeliveryLog
from ingest.deliveries import DeliveryBook, DeliveryCounts
from ingest.letter import DeadLetter, Stage
from ingest.shared.deliveries import DatabaseDeliveries
from ingest.store.port import StoredReading
from tests.ingest.shared.databases import engine_of_kind

NOW_MS = 1_795_300_000_000
HOUR = NOW_MS - NOW_MS % HOUR_MS


def numbers(device_id: str, at_ms: int = NOW_MS) -> Numbers:
    return Numbers(device_id, "r-1", at_ms, at_ms, TimeQuality.DEVICE, {"heart_rate": 72.0})


def reading(device_id: str, at_ms: int = NOW_MS, kind: str = "sos") -> StoredReading:
    return StoredReading("r-1", device_id, at_ms, (Event(kind, at_ms),))


def letter(device_id: str, at_ms: int = NOW_MS, stage: Stage = Stage.DECODE) -> DeadLetter:
    return DeadLetter(
        stage=stage, device_id=device_id, resident_id="r-1", received_at_ms=at_ms, reason="why", payload=b"?"
    )


def test_a_message_is_read_read_in_part_or_refused() -> None:
    counts = DeliveryCounts()
    counts.note(
        [numbers("a"), numbers("a", NOW_MS + 1), reading("a", NOW_MS + 2), reading("b", NOW_MS + HOUR_MS)],
        [letter("a", NOW_MS + 2), letter("a", NOW_MS + 3), letter("b", stage=Stage.STORE), letter("")],
    )
    assert sorted(counts.take()) == [Deliveries("a", HOUR, 2, 1, 1), Deliveries("b", HOUR + HOUR_MS, 1, 0, 0)]
    assert counts.take() == []


def test_several_readings_of_one_message_are_one_and_our_own_words_are_none() -> None:
    counts = DeliveryCounts()
    two = StoredReading("r-1", "a", NOW_MS, (Scalar("spo2", 97.0, NOW_MS),))
    counts.note([numbers("a"), two, reading("b", kind="connection")], [])
    assert counts.take() == [Deliveries("a", HOUR, 1)]


def test_devices_beyond_the_bound_are_counted_as_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "_MOST_WAITING", 2)
    counts = DeliveryCounts()
    counts.note([numbers("a"), numbers("b"), numbers("c")], [])
    assert len(counts.take()) == 2
    assert counts.forgotten == 1


@pytest.fixture(params=["file", "sqlite", "postgresql"])
def open_book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., DeliveryLog]]:
    """Return what opens the log of one installation once more, as another process would."""
    if request.param == "file":
        yield lambda **limits: DeliveryBook(tmp_path / "d.db", **limits)
    else:
        with contextmanager(engine_of_kind)(request, tmp_path) as engine:
            url = engine.url.render_as_string(hide_password=False)
            yield lambda **limits: DatabaseDeliveries(open_engine(url), **limits)


def test_the_book_adds_up_and_forgets_after_a_week(open_book: Callable[..., DeliveryLog]) -> None:
    book, other = open_book(), open_book()
    book.add([Deliveries("a", HOUR, 2, 1, 0), Deliveries("b", HOUR, 5)], NOW_MS)
    other.add([Deliveries("a", HOUR, 1, 0, 4)], NOW_MS)
    assert book.of(["a", "stranger"], since_ms=HOUR) == [Deliveries("a", HOUR, 3, 1, 4)]
    assert book.of(["a"], since_ms=HOUR + 1) == []
    book.add([Deliveries("b", HOUR + 8 * DAY_MS, 1)], NOW_MS + 8 * DAY_MS)
    assert book.of(["a", "b"], since_ms=0) == [Deliveries("b", HOUR + 8 * DAY_MS, 1)]
    for one in (book, other):
        one.close()


def test_over_its_rows_the_oldest_hours_go(open_book: Callable[..., DeliveryLog]) -> None:
    book = open_book(most_rows=3)
    book.add([Deliveries(name, HOUR + n * HOUR_MS, 1) for n in range(3) for name in ("a", "b")], NOW_MS)
    assert {one.hour_ms for one in book.of(["a", "b"], since_ms=0)} == {HOUR + 2 * HOUR_MS}
    book.close()


class Broken(DeliveryBook):
    def add(self, rows: object, now_ms: int) -> None:  # noqa: ARG002 - as the book has it
        raise OSError("no room")


@pytest.mark.parametrize("kind", [DeliveryBook, Broken])
def test_what_waits_is_written_at_the_end_or_kept(tmp_path: Path, kind: type[DeliveryBook]) -> None:
    counts, book = DeliveryCounts(), kind(tmp_path / "d.db")
    counts.note([numbers("a")], [])

    async def ended() -> None:
        stop = asyncio.Event()
        stop.set()
        await upkeep.note_deliveries(counts, book, ManualClock(NOW_MS), stop)

    asyncio.run(ended())
    written = list(book.of(["a"], since_ms=0))
    assert [*written, *counts.take()] == [Deliveries("a", HOUR, 1)]
    assert bool(written) == (kind is DeliveryBook)
    book.close()
