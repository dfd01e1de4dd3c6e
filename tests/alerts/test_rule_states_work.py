"""What each rule does is written down now and then: what is new at once, what is not once an hour, who left never."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.engine.rule_states import Doing
from alerts.rule_state_tables import ResidentRules
from alerts.rule_states_work import AGAIN_MS, EVERY_MS
from anhu.contract.clock import DAY_MS, MINUTE_MS
from anhu.contract.observation import Event
from anhu.contract.record import Reading
from anhu.registry.database import close_sessions
from tests.alerts.shadow.versions_to_test import T0, beats
from tests.alerts.test_worker import Site
from tests.alerts.test_worker_versions import Running, run


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.clock.set(T0)
    yield made
    close_sessions(made.sessions)


def rows(site: Site) -> list[ResidentRules]:
    with site.sessions() as session:
        return list(session.scalars(select(ResidentRules)))


async def _until_looked(place: Running, at_ms: int) -> None:
    await place.until(lambda: [row.at_ms >= at_ms for row in rows(place.site)] == [True])


def test_a_worker_writes_what_its_rules_do_and_again_when_it_changes(site: Site) -> None:
    async def story(place: Running) -> None:
        await place.site.append(*beats([70.0] * 3))
        await place.until(lambda: bool(rows(site)) and "heart_rate_high" in rows(site)[0].rules)
        first = rows(site)[0].at_ms
        t = T0 + 3 * MINUTE_MS
        await place.site.append(Reading("w-1", "r-1", t, (Event("worn", t, "off"),)))
        await place.until(lambda: place.worker.counters().get("readings") == 4)
        place.site.clock.forward(EVERY_MS)
        await _until_looked(place, first + 1)
        assert rows(site)[0].rules["heart_rate_high"][0] == Doing.NOT_WORN
        second = rows(site)[0].at_ms
        place.site.clock.forward(EVERY_MS)
        await asyncio.sleep(0.2)
        assert rows(site)[0].at_ms == second, "nothing is new"
        place.site.clock.forward(AGAIN_MS)
        await _until_looked(place, second + AGAIN_MS)

    run(site, story)


def test_whoever_is_watched_no_more_is_forgotten_after_a_day(site: Site) -> None:
    with site.sessions.begin() as session:
        session.add(ResidentRules(resident_id="r-gone", at_ms=T0 - DAY_MS - 1, rules={}))

    async def story(place: Running) -> None:
        await place.until(lambda: "r-gone" not in [row.resident_id for row in rows(site)])

    run(site, story)
