"""The alert process follows a person's choice without a restart, and is not held up by what runs in the shadow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.service_figures.tables import WatchedTime
from alerts.shadow import choices as chosen
from alerts.shadow.choices import Choice
from alerts.shadow.tables import ShadowEpisode, ShadowRun
from alerts.tables import Alert
from alerts.worker import AlertWorker
from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.log.embedded.reader import EmbeddedLogReader
from anhu.registry.database import close_sessions
from tests.alerts.shadow.versions_to_test import T0, Later, Sooner, beats
from tests.alerts.test_worker import Site

NAME = "heart_rate_high"


class Running:
    """One alert process with two versions of a detector."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.readers = reader, ahead = EmbeddedLogReader(site.log, "alerts"), EmbeddedLogReader(site.log, "alerts")
        self.worker = AlertWorker(reader, ahead, site.sessions, [Later], site.clock, versions=[Sooner])
        self.stop = asyncio.Event()

    async def until(self, said: Callable[[], bool]) -> None:
        for _ in range(3_000):
            if said():
                return
            self.site.clock.forward(20)
            await asyncio.sleep(0.005)
        raise AssertionError("it never happened")

    def choose(self, step: str, *version: int) -> None:
        now_ms = self.site.clock.now_ms()
        with self.site.sessions.begin() as session:
            present = chosen.choices(session).get(NAME, Choice(1))
            getattr(chosen, step)(session, NAME, present, *version, now_ms)

    def versions(self) -> list[int]:
        with self.site.sessions.begin() as session:
            return list(session.scalars(select(Alert.detector_version).order_by(Alert.raised_at_ms)))

    def shadows(self) -> list[int]:
        with self.site.sessions.begin() as session:
            return list(session.scalars(select(ShadowEpisode.version)))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    close_sessions(made.sessions)


def run(site: Site, story: Callable[[Running], Awaitable[None]]) -> Mapping[str, float]:
    async def told() -> Mapping[str, float]:
        running = Running(site)
        task = asyncio.create_task(running.worker.run(running.stop))
        try:
            await story(running)
        finally:
            running.stop.set()
            await task
        counters = running.worker.counters()
        for reader in running.readers:
            reader.close()
        return counters

    return asyncio.run(told())


def test_a_version_is_tried_switched_and_taken_back_while_the_process_runs(site: Site) -> None:
    async def story(place: Running) -> None:
        await place.site.append(*beats([70.0] * 2))
        place.choose("run_beside", 2)
        await place.until(lambda: place.worker.counters()["shadows"] == 1)
        await place.site.append(*beats([115.0] * 6, 2))
        await place.until(lambda: place.shadows() == [2])
        assert place.versions() == []
        place.choose("switch")
        await place.until(lambda: place.versions() == [2])
        place.choose("go_back")
        await place.until(lambda: place.worker.counters()["shadows"] == 1 and place.shadows() == [])
        await place.site.append(*beats([70.0] * 4, 8))
        await place.until(lambda: not _open(place.site))

    counters = run(site, story)
    assert (counters["shadows_off"], counters["shadow_missed"]) == (0, 0)


def _open(site: Site) -> bool:
    with site.sessions.begin() as session:
        return session.scalars(select(Alert.condition)).one() == "present"


def test_what_was_chosen_is_still_chosen_after_a_restart(site: Site) -> None:
    async def first(place: Running) -> None:
        place.choose("run_beside", 2)
        place.choose("switch")
        await place.site.append(*beats([115.0] * 2))
        await place.until(lambda: place.worker.counters().get("readings") == 2)

    async def second(place: Running) -> None:
        await place.site.append(*beats([115.0] * 2, 2))
        await place.until(lambda: place.versions() == [2])

    run(site, first)
    run(site, second)


def test_an_hour_in_which_somebody_was_watched_is_counted_once(site: Site) -> None:
    async def story(place: Running) -> None:
        await place.site.append(*beats([70.0] * 3))
        await place.until(lambda: place.worker.counters().get("readings") == 3)
        place.choose("run_beside", 2)
        await place.until(lambda: place.worker.counters()["shadows"] == 1)
        place.site.clock.set(T0 - T0 % HOUR_MS + HOUR_MS + MINUTE_MS)
        await place.until(lambda: bool(_hours(place.site)))

    run(site, story)
    assert _hours(site) == [("c-1", "", {"heart_rate_high 1": 1})]
    with site.sessions.begin() as session:
        assert session.scalars(select(ShadowRun)).one().counts["person_hours"] == 1


def _hours(site: Site) -> list[tuple[str, str, Mapping[str, int]]]:
    with site.sessions.begin() as session:
        return [(row.centre_id, row.model, row.hours) for row in session.scalars(select(WatchedTime))]
