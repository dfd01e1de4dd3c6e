"""When a process may be given work."""

from __future__ import annotations

import asyncio

from app.probes.readiness import Readiness
from app.probes.watched import Watched


def test_it_is_ready_once_opened_and_while_nothing_has_a_flaw() -> None:
    flaw, ready = [""], Readiness(asyncio.Event())
    ready.require("LOG", lambda: flaw[0])
    assert ready.missing() == ["starting"]
    ready.opened()
    assert not ready.missing()
    flaw[0] = "refuses"
    assert ready.missing() == ["LOG: refuses"]
    flaw[0] = ""
    assert not ready.missing()


def test_who_drains_is_not_ready_however_well_it_is() -> None:
    ready = Readiness(asyncio.Event())
    ready.opened()
    ready.drain()
    assert ready.missing() == ("draining",)


def test_who_was_told_to_stop_is_not_ready_while_it_finishes() -> None:
    stop = asyncio.Event()
    ready = Readiness(stop)
    ready.opened()
    stop.set()
    assert ready.missing() == ("stopping",)


def test_what_is_watched_has_a_flaw_until_it_answers_well_and_when_it_breaks() -> None:
    answers: list[str | OSError] = [OSError("a secret address"), "has revision 1", ""]

    def ask() -> str:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    async def look() -> list[str]:
        said = [(watched := Watched(ask, once=True, every_s=0.0)).flaw()]
        for _ in range(3):
            await watched.look()
            said.append(watched.flaw())
        return said

    assert asyncio.run(look()) == ["not asked yet", "OSError", "has revision 1", ""]


def test_one_good_answer_may_be_enough() -> None:
    asked: list[int] = []

    def ask() -> str:
        asked.append(1)
        return ""

    async def look() -> None:
        watched = Watched(ask, once=True, every_s=0.0)
        await asyncio.wait_for(watched.run(asyncio.Event()), 10)

    asyncio.run(look())
    assert asked == [1]
