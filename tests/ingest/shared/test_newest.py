"""The table of newest values: nothing late hides something newer, whoever writes, on both databases."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from anhu.contract.clock import DAY_MS, MINUTE_MS, ManualClock
from anhu.contract.observation import Scalar, TimeQuality
from anhu.contract.record import Numbers
from ingest.newest_values import Found, NewestValues, joined
from ingest.shared.newest import NewestBook, NewestRow
from ingest.store.newest_query import QueryWithNewest
from ingest.store.port import Point, Stored, StoredReading, StoreUnavailableError

NOW_MS = 1_795_300_000_000


@pytest.fixture
def book(engine: Engine) -> NewestBook:
    return NewestBook(engine)


def numbers(resident: str, at_ms: int, device: str = "w-1", **values: float) -> Numbers:
    return Numbers(device, resident, at_ms, at_ms, TimeQuality.DEVICE, values)


class Store:
    """Answers with what it is given, and counts who was asked for."""

    def __init__(self, known: Mapping[str, Mapping[str, Point]] | None) -> None:
        self._known = known
        self.asked: list[Sequence[str]] = []

    def latest(self, resident_ids: Sequence[str]) -> Mapping[str, Mapping[str, Point]]:
        self.asked.append(resident_ids)
        if self._known is None:
            raise StoreUnavailableError("away")
        return {one: self._known[one] for one in resident_ids if one in self._known}

    points = buckets = events = waveforms = ping = close = None


def asking(book: NewestBook, store: Store) -> QueryWithNewest:
    return QueryWithNewest(store, book)  # type: ignore[arg-type]  # the other questions are not asked


def test_newer_numbers_go_over_older_ones_and_late_ones_go_nowhere(book: NewestBook) -> None:
    book.put({"r-1": {"heart_rate": (NOW_MS, 70.0, 0, "w-1"), "spo2": (NOW_MS - 9, 97.0, 4, "bed")}})
    book.put({"r-1": {"heart_rate": (NOW_MS - 5, 60.0, 0, "w-1"), "weight": (NOW_MS - 7, 61.5, 0, "scale")}})
    book.put({"r-1": {"heart_rate": (NOW_MS + 5, 72.25, 0, "w-2")}, "r-2": {"spo2": (NOW_MS, 0.0, 1, "w-3")}})
    assert book.read(["r-1", "r-2", "r-3"]) == {
        "r-1": NewestRow(
            {
                "heart_rate": (NOW_MS + 5, 72.25, 0, "w-2"),
                "spo2": (NOW_MS - 9, 97.0, 4, "bed"),
                "weight": (NOW_MS - 7, 61.5, 0, "scale"),
            },
            whole=False,
        ),
        "r-2": NewestRow({"spo2": (NOW_MS, 0.0, 1, "w-3")}, whole=False),
    }


def test_a_correction_of_the_same_time_stands(book: NewestBook) -> None:
    book.put({"r-1": {"glucose": (NOW_MS, 15.0, 0, "g")}})
    book.put({"r-1": {"glucose": (NOW_MS, 5.1, 0, "g")}})
    assert book.read(["r-1"])["r-1"].found["glucose"] == (NOW_MS, 5.1, 0, "g")


def test_many_who_write_at_once_leave_the_newest_of_all(book: NewestBook) -> None:
    dice = random.Random(7)  # noqa: S311 - made-up numbers
    written: list[dict[str, Found]] = [
        {
            f"r-{n}": {dice.choice(("heart_rate", "spo2")): (NOW_MS + dice.randrange(1_000), float(writer), 0, "d")}
            for n in dice.sample(range(40), 25)
        }
        for writer in range(24)
    ]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(book.put, written))
    expected: dict[str, dict[str, int]] = {}
    for one in written:
        for resident, found in one.items():
            for code, value in found.items():
                mine = expected.setdefault(resident, {})
                mine[code] = max(mine.get(code, 0), value[0])
    read = book.read(expected)
    assert {one: {code: v[0] for code, v in row.found.items()} for one, row in read.items()} == expected


def test_what_the_store_knows_makes_a_row_whole_and_hides_nothing_newer(book: NewestBook) -> None:
    book.put({"r-1": {"heart_rate": (NOW_MS, 70.0, 0, "w")}})
    book.complete(
        {
            "r-1": {"heart_rate": (NOW_MS - 1, 1.0, 0, "w"), "weight": (NOW_MS - 8 * DAY_MS, 60.0, 0, "scale")},
            "r-2": {},
        }
    )
    book.put({"r-1": {"heart_rate": (NOW_MS + 1, 71.0, 0, "w")}})
    rows = book.read(["r-1", "r-2"])
    assert rows["r-1"].whole
    assert rows["r-1"].found["heart_rate"][1] == 71.0
    assert rows["r-1"].found["weight"][1] == 60.0
    assert rows["r-2"] == NewestRow({}, whole=True)


def test_who_is_whole_is_not_asked_for_in_the_store(book: NewestBook) -> None:
    book.complete({"r-1": {"spo2": (NOW_MS, 97.0, 0, "w")}, "r-2": {}})
    book.put({"r-3": {"spo2": (NOW_MS, 95.0, 0, "w")}})
    store = Store({"r-3": {"spo2": Point(NOW_MS - 5, 1.0, 0, "w"), "weight": Point(NOW_MS, 50.0, 0, "s")}})
    assert asking(book, store).latest(["r-1", "r-2", "r-3", "r-4"]) == {
        "r-1": {"spo2": Point(NOW_MS, 97.0, 0, "w")},
        "r-3": {"spo2": Point(NOW_MS, 95.0, 0, "w"), "weight": Point(NOW_MS, 50.0, 0, "s")},
    }
    assert store.asked == [["r-3", "r-4"]]


def test_without_its_store_the_table_answers_and_an_empty_table_does_not(book: NewestBook) -> None:
    with pytest.raises(StoreUnavailableError):
        asking(book, Store(None)).latest(["r-1"])
    book.put({"r-1": {"spo2": (NOW_MS, 97.0, 0, "w")}})
    assert set(asking(book, Store(None)).latest(["r-1", "r-2"])) == {"r-1"}


def test_a_number_older_than_thirty_days_before_the_newest_reading_is_none(book: NewestBook) -> None:
    book.complete({"r-1": {"spo2": (NOW_MS - 31 * DAY_MS, 97.0, 0, "w"), "weight": (NOW_MS, 60.0, 0, "s")}})
    book.note_received(NOW_MS)
    book.note_received(NOW_MS - DAY_MS)
    assert set(asking(book, Store({})).latest(["r-1"])["r-1"]) == {"weight"}


def test_who_is_forgotten_is_in_no_row(book: NewestBook) -> None:
    book.complete({"r-1": {"spo2": (NOW_MS, 97.0, 0, "w")}, "r-2": {}})
    book.forget("r-1")
    assert set(book.read(["r-1", "r-2"])) == {"r-2"}


def test_gathering_keeps_the_newest_of_each_and_nothing_from_a_clock_ahead(book: NewestBook) -> None:
    gathered = NewestValues(book, ManualClock(NOW_MS))
    readings: list[Stored] = [
        numbers("r-1", NOW_MS, heart_rate=70.0, spo2=97.0),
        numbers("r-1", NOW_MS - 4, device="bed", heart_rate=50.0, respiration_rate=14.0),
        numbers("", NOW_MS, heart_rate=99.0),
        StoredReading("r-1", "w-1", NOW_MS, (Scalar("weight", 60.0, NOW_MS + 20 * MINUTE_MS),)),
        StoredReading("r-2", "w-2", NOW_MS, (Scalar("glucose", 7.5, NOW_MS - 1, quality=4),)),
    ]
    gathered.hear(readings)
    gathered.write()
    assert {one: row.found for one, row in book.read(["r-1", "r-2"]).items()} == {
        "r-1": {
            "heart_rate": (NOW_MS, 70.0, 0, "w-1"),
            "spo2": (NOW_MS, 97.0, 0, "w-1"),
            "respiration_rate": (NOW_MS - 4, 14.0, 0, "bed"),
        },
        "r-2": {"glucose": (NOW_MS - 1, 7.5, 4, "w-2")},
    }
    assert gathered.waiting == 0


def test_joining_takes_the_newer_of_each() -> None:
    assert joined({"a": (2, 1.0, 0, "d")}, {"a": (1, 9.0, 0, "d"), "b": (0, 5.0, 0, "d")}) == {
        "a": (2, 1.0, 0, "d"),
        "b": (0, 5.0, 0, "d"),
    }
