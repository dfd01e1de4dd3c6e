"""One drill at a time, beside the answer; one that breaks says so."""

from __future__ import annotations

import threading

import pytest

from api.drill_room import DrillRoom
from api.errors import ConflictError
from api.schemas.drills import DrillView


def test_a_second_drill_waits_and_the_first_is_shown() -> None:
    go = threading.Event()
    asked: list[tuple[str, str]] = []

    def drill(resident_id: str, who: str) -> DrillView:
        asked.append((resident_id, who))
        go.wait(20)
        return DrillView(resident_id=resident_id, is_running=False, alert_after_s=0.2)

    room = DrillRoom(drill)
    assert room.last is None
    room.start("r-1", "chief")
    assert room.last == DrillView(resident_id="r-1", is_running=True)
    with pytest.raises(ConflictError):
        room.start("r-2", "chief")
    go.set()
    room.wait()
    assert room.last == DrillView(resident_id="r-1", is_running=False, alert_after_s=0.2)
    room.start("r-2", "chief")
    room.wait()
    assert asked == [("r-1", "chief"), ("r-2", "chief")]


def test_a_drill_that_breaks_says_so_and_another_may_be_tried() -> None:
    def broken(_resident_id: str, _who: str) -> DrillView:
        raise OSError("no door")

    room = DrillRoom(broken)
    for _ in range(2):
        room.start("r-1", "chief")
        room.wait()
        assert room.last == DrillView(resident_id="r-1", is_running=False, problem="OSError")
