from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import DAY_MS, MINUTE_MS
from gateway.line_register import DatabaseLines
from gateway.lines import Claim, Gone, Held, Left, Line, Ousted

A, B, C = "door-1/aa", "door-2/bb", "door-3/cc"
NOW = 1_800_000_000_000
LINE = Line.of("w-1", "mqtt", "w-1")
OTHER = Line.of("w-1", "mqtt", "second")


@pytest.fixture
def book(sessions: sessionmaker[Session]) -> DatabaseLines:
    return DatabaseLines(sessions)


def _claim(book: DatabaseLines, door: str, line: Line = LINE, **more: bool) -> Held:
    return book.claim(door, [Claim(line, NOW, **more)], NOW)[0]


def _leave(
    book: DatabaseLines, door: str, epoch: int, kept: bytes = b"", line: Line = LINE, *, broke: bool = False
) -> Gone:
    return book.leave(door, [Left(line, epoch, kept, NOW + DAY_MS, broke)], NOW)[0]


def test_the_door_that_held_a_line_is_told_who_took_it(book: DatabaseLines) -> None:
    first = _claim(book, A)
    assert first == Held(LINE, 1)
    book.keep(A, [(LINE, 1, b"session")])
    taken = _claim(book, B)
    assert taken == Held(LINE, 2, from_door=A, kept_by=A, kept=b"session", moves=1)
    assert book.ousted(A, 10) == [Ousted(LINE, 2, clean=False)]
    assert book.ousted(B, 10) == []


def test_what_a_door_says_of_a_line_that_moved_is_not_believed(book: DatabaseLines) -> None:
    _claim(book, A)
    _claim(book, B)
    book.keep(A, [(LINE, 1, b"old")])
    assert _leave(book, A, 1, b"older") == Gone(was_ours=False, is_elsewhere=True, breaks=0)
    assert _claim(book, C).kept == b""
    assert _leave(book, B, 2) == Gone(was_ours=False, is_elsewhere=True, breaks=0)
    assert _leave(book, C, 3) == Gone(was_ours=True, is_elsewhere=False, breaks=0)


def test_whoever_took_a_line_learns_what_was_kept_at_last(book: DatabaseLines) -> None:
    _claim(book, A)
    _claim(book, B)
    assert book.still_held([LINE]) == {LINE: None}
    book.let_go(A, [(one, b"last") for one in book.ousted(A, 10)])
    assert book.still_held([LINE]) == {LINE: b"last"}
    assert book.ousted(A, 10) == []


def test_a_door_that_lets_go_late_changes_nothing_of_a_third(book: DatabaseLines) -> None:
    _claim(book, A)
    _claim(book, B)
    late = book.ousted(A, 10)
    _claim(book, C)
    assert book.still_held([LINE]) == {LINE: None}
    book.let_go(A, [(one, b"of the first") for one in late])
    book.let_go(B, [(one, b"of the second") for one in book.ousted(B, 10)])
    assert book.still_held([LINE]) == {LINE: b"of the second"}


def test_an_absent_client_finds_its_session_at_any_door_while_it_lasts(book: DatabaseLines) -> None:
    _leave(book, A, _claim(book, A).epoch, b"session")
    assert _claim(book, B) == Held(LINE, 2, kept_by=A, kept=b"session")
    _leave(book, B, 2, b"newer")
    assert book.claim(A, [Claim(LINE, NOW)], NOW + 2 * DAY_MS)[0].kept == b""


def test_a_clean_start_finds_nothing_and_is_told_as_such(book: DatabaseLines) -> None:
    _claim(book, A)
    book.keep(A, [(LINE, 1, b"session")])
    assert _claim(book, B, clean=True).kept == b""
    assert book.ousted(A, 10) == [Ousted(LINE, 2, clean=True)]
    assert _claim(book, C).kept == b""


def test_a_claim_that_was_made_while_nobody_answered_gives_way_to_a_younger_one(book: DatabaseLines) -> None:
    assert book.claim(B, [Claim(LINE, NOW + 5)], NOW + 9)[0].epoch == 1
    assert book.claim(A, [Claim(LINE, NOW, is_late=True)], NOW + 9)[0].epoch == 0
    assert book.claim(A, [Claim(LINE, NOW + 7, is_late=True)], NOW + 9)[0].epoch == 2


def _at_once(*calls: Callable[[], object]) -> None:
    threads = [threading.Thread(target=one) for one in calls]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def test_of_two_connections_that_end_at_two_doors_at_once_one_is_the_last(book: DatabaseLines) -> None:
    gone: list[Gone] = []

    def end(door: str, epoch: int, line: Line) -> None:
        gone.append(_leave(book, door, epoch, line=line))

    for _ in range(10):
        first, second = _claim(book, A).epoch, _claim(book, B, OTHER).epoch
        gone.clear()
        _at_once(partial(end, A, first, LINE), partial(end, B, second, OTHER))
        assert sorted(one.is_elsewhere for one in gone) == [False, True]


def test_two_doors_that_claim_one_line_at_once_leave_one_holder(book: DatabaseLines) -> None:
    held: dict[str, Held] = {}

    def take(door: str, line: Line) -> None:
        held[door] = _claim(book, door, line)

    for nth in range(5):
        line = Line.of(f"w-{nth}", "mqtt")
        _at_once(partial(take, A, line), partial(take, B, line))
        assert sorted(one.epoch for one in held.values()) == [1, 2]
        first, last = sorted(held, key=lambda door: held[door].epoch)
        assert held[last].from_door == first
        assert [one.line for one in book.ousted(first, 10)] == [line]
        book.let_go(first, [(one, None) for one in book.ousted(first, 10)])


def test_moves_and_breaks_are_counted_at_all_doors_together(book: DatabaseLines) -> None:
    doors = [A, B, C]
    moves = [_claim(book, doors[nth % 3]).moves for nth in range(7)]
    assert moves == [0, 1, 2, 3, 4, 5, 6]
    breaks = []
    for nth in range(4):
        line = Line.of("w-2", "mqtt", f"by chance {nth}")
        epoch = _claim(book, doors[nth % 3], line).epoch
        breaks.append(_leave(book, doors[nth % 3], epoch, line=line, broke=True).breaks)
    assert breaks == [1, 2, 3, 4]
    later = book.claim(A, [Claim(LINE, NOW)], NOW + 6 * MINUTE_MS)[0]
    assert later.moves <= 1


def test_the_lines_of_a_dead_door_are_adopted_once(book: DatabaseLines) -> None:
    _claim(book, A)
    _claim(book, A, Line.of("w-2", "mqtt"))
    _claim(book, B, Line.of("w-3", "mqtt"))
    _leave(book, A, _claim(book, A, OTHER).epoch, b"absent", OTHER)
    adopted = book.adopt(C, [A], 100)
    assert sorted(line.device_id for line, _, _ in adopted) == ["w-1", "w-2"]
    assert book.adopt(B, [A], 100) == []
    assert (
        book.leave(C, [Left(x, epoch, kept, 0, broke=False) for x, epoch, kept in adopted], NOW)
        == [Gone(was_ours=True, is_elsewhere=False, breaks=0)] * 2
    )
    assert {one.line for one in book.ousted(A, 10)} == {LINE, Line.of("w-2", "mqtt")}


def test_a_duty_is_one_doors_until_that_door_is_dead(book: DatabaseLines) -> None:
    for door in (A, B):
        book.beat(door, is_first=True)
    assert book.duties(A, ["poll", "sweep"], []) == {"poll", "sweep"}
    assert book.duties(B, ["poll", "sweep"], []) == set()
    assert book.duties(B, ["poll"], [A]) == {"poll"}
    assert book.duties(A, ["poll", "sweep"], []) == {"sweep"}


def test_a_door_that_was_forgotten_hears_it(book: DatabaseLines) -> None:
    book.beat(A, is_first=True)
    book.beat("door-1/zz", is_first=True)
    book.ended(A)
    assert {row.door: row.ended for row in book.doors()} == {A: True, "door-1/zz": False}
    assert book.beat("door-1/zz")
    book.sweep(NOW, ["door-1/zz"])
    assert not book.beat("door-1/zz")


def test_expired_sessions_are_swept_and_a_device_leaves_few_behind(book: DatabaseLines) -> None:
    for nth in range(12):
        line = Line.of("w-1", "mqtt", f"c-{nth}")
        book.leave(A, [Left(line, _claim(book, A, line).epoch, b"kept", NOW + 1_000 + nth, broke=False)], NOW)
    _claim(book, A)
    left = [nth for nth in range(12) if _claim(book, B, Line.of("w-1", "mqtt", f"c-{nth}")).kept]
    assert left == list(range(4, 12))
    book.sweep(NOW + DAY_MS, [])
    assert _claim(book, C).from_door == A
