"""What devices announce is kept within bounds, over an end of ours, and never costs another device anything."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from anhu.contract.errors import FieldError
from gateway import announcements as kept
from gateway.announcements import CHANGES, Announcements
from gateway.codec import Announced, Announcement, Frame
from gateway.door_specs import DoorKind
from tests.gateway.codecs.announcing_home import Home

AT_MS = 1_795_300_000_000
SMOKE = {"stat_t": "a/smoke", "dev_cla": "smoke", "dev": {"ids": ["detector-1"]}}


def frame(route: str = "t/1", device_id: str = "home-1", at_ms: int = AT_MS) -> Frame:
    return Frame(door=DoorKind.MQTT, route=route, payload=b"", device_id=device_id, received_at_ms=at_ms)


def says(key: str, *pairs: tuple[str, bytes]) -> Announced:
    return Announced(key, tuple(Announcement(*one) for one in pairs))


def test_what_was_announced_comes_with_each_frame_that_it_is_about() -> None:
    book = Announcements()
    assert book.learn(frame(), says("k", ("t/1", b"a"), ("t/2", b"b")))
    assert book.learn(frame(), says("l", ("t/1", b"c")))
    assert book.given_to(frame("t/1")).announced == (b"a", b"c")
    assert book.given_to(frame("t/2")).announced == (b"b",)
    assert book.given_to(frame("t/3")).announced == ()
    assert book.given_to(frame("t/1", "home-2")).announced == ()


def test_a_filter_is_about_all_topics_under_it() -> None:
    book = Announcements()
    book.learn(frame(), says("k", ("home/433toMQTT/#", b"a")))
    assert book.given_to(frame("home/433toMQTT/x/y")).announced == (b"a",)
    book.learn(frame(), says("k"))
    assert book.given_to(frame("home/433toMQTT/x/y")).announced == ()


def test_the_same_thing_said_twice_of_a_topic_stays_until_the_last_one_is_gone() -> None:
    book = Announcements()
    for key in ("k", "l"):
        book.learn(frame(), says(key, ("bridge", b"there")))
    assert book.given_to(frame("bridge")).announced == (b"there",)
    book.learn(frame(), says("k"))
    assert book.given_to(frame("bridge")).announced == (b"there",)
    book.learn(frame(), says("l"))
    assert book.given_to(frame("bridge")).announced == ()


def test_after_an_end_of_ours_a_state_is_understood_without_its_configuration(tmp_path: Path) -> None:
    file = tmp_path / "announced.db"
    first = Announcements(file)
    Home(first).announces("binary_sensor/detector-1/smoke", SMOKE)
    # nothing is closed: the process is killed
    home = Home(Announcements(file))
    [found] = home.says("a/smoke", "ON")
    assert found.quantity == "smoke"
    assert home.readings[0].device_id == "home-1:detector-1"


def test_what_was_taken_back_stays_so_over_an_end_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "announced.db"
    book = Announcements(file)
    book.learn(frame(), says("k", ("t/1", b"a"), ("t/1", b"b")))
    book.learn(frame(), says("l", ("t/1", b"c")))
    book.learn(frame(), says("k"))
    assert Announcements(file).given_to(frame()).announced == (b"c",)


def test_what_another_version_wrote_and_nobody_understands_costs_no_call(tmp_path: Path) -> None:
    file = tmp_path / "announced.db"
    Announcements(file).learn(frame(), says("k", ("a/smoke", b"[1,2]"), ("a/smoke", b"\xff"), ("a/smoke", b"{}")))
    assert [one.quantity for one in Home(Announcements(file)).says("a/smoke", "ON")] == ["smoke"]


@pytest.mark.parametrize("rubbish", [b"", b"not a database at all" * 100])
def test_a_broken_file_costs_the_announcements_and_is_counted(tmp_path: Path, rubbish: bytes) -> None:
    file = tmp_path / "announced.db"
    file.write_bytes(rubbish)
    book = Announcements(file)
    assert book.forgotten == (1 if rubbish else 0)
    book.learn(frame(), says("k", ("t/1", b"a")))
    assert Announcements(file).given_to(frame()).announced == (b"a",)


def test_what_cannot_be_written_is_held_counted_and_written_when_anything_is_announced(tmp_path: Path) -> None:
    file = tmp_path / "announced.db"
    book = Announcements(file)
    other = sqlite3.connect(file)
    other.execute("BEGIN IMMEDIATE")
    said = says("k", ("t/1", b"a"))
    book.learn(frame(), said)
    assert book.unwritten == 1
    assert book.given_to(frame()).announced == (b"a",)
    other.rollback()
    other.close()
    book.learn(frame(), said)
    assert book.unwritten == 0
    assert Announcements(file).given_to(frame("t/1")).announced == (b"a",)


def test_a_device_announces_so_much_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_MOST", 3)
    book = Announcements()
    for n in range(3):
        book.learn(frame(), says(f"k{n}", (f"t/{n}", b"a")))
    with pytest.raises(FieldError, match="at most 3 of one device"):
        book.learn(frame(), says("k3", ("t/3", b"a")))
    assert book.refused == 1
    assert book.learn(frame(), says("k2", ("t/2", b"b")))  # what it has may change
    assert book.learn(frame(device_id="home-2"), says("k", ("t/1", b"a")))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (says("k", ("t", b"x" * 3_000)), "at most 2048"),
        (says("k" * 600, ("t", b"x")), "at most 2048"),
        (says("k", *((f"t/{n}/#", b"x") for n in range(40))), "at most 32 filters"),
        (says("k", *((f"t/{n}", b"x" * 2_000) for n in range(600))), "at most 1048576 of one device"),
    ],
)
def test_what_is_too_long_is_refused(said: Announced, expected: str) -> None:
    book = Announcements()
    with pytest.raises(FieldError, match=expected):
        book.learn(frame(), said)
    assert book.given_to(frame("t")).announced == ()


def test_a_device_that_changes_its_mind_without_end_is_refused_and_counted_and_heard_all_the_same() -> None:
    home = Home(apart_ms=1)
    home.announces("binary_sensor/detector-1/smoke", SMOKE)
    for n in range(CHANGES.burst + 60):
        home.says("homeassistant/binary_sensor/d/x/config", {"stat_t": f"a/{n}", "dev_cla": "door"})
    assert home.counters.announcements_refused > 0
    assert "a minute of one device" in home.letters[-1].reason
    assert [one.quantity for one in home.says("a/smoke", "ON")] == ["smoke"]


def test_where_all_is_full_whoever_announced_longest_ago_is_forgotten_and_that_is_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(kept, "_MOST_OF_ALL_BYTES", 250)
    file = tmp_path / "announced.db"
    book = Announcements(file)
    for n in range(4):
        book.learn(frame(device_id=f"home-{n}"), says("k", ("t/1", b"x" * 90)))
    assert book.forgotten == 2
    for one in (book, Announcements(file)):
        known = [bool(one.given_to(frame(device_id=f"home-{n}")).announced) for n in range(4)]
        assert known == [False, False, True, True]
