"""No route reads a large table from end to end: every statement of every route is explained on a filled PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from anhu.registry.database import open_engine
from tests.bench.city.asking import Answered, CityHall
from tests.bench.city.fill import fill_city
from tests.bench.city.plan import asked_once
from tests.bench.city.size import CitySize

SIZE = CitySize(
    residents=20_000, devices=40_000, teams=160, counties=20, alerts=200_000, audit=400_000, open_alerts=300
)
"""Small, but each side as small a part of it as in a city: what pays off here pays off there."""
BIG = frozenset(
    {
        *("alert", "alert_event", "alert_member", "audit", "outbox", "receipt", "answer_token"),
        *("resident", "resident_identity", "resident_rules", "care_record", "care_message", "consent", "family_link"),
        *("device", "device_binding", "device_seen", "device_command", "contact", "user", "token", "service_request"),
    }
)
WHO = ("desk-lead-a", "team-a", "family-a", "vendor-a", "admin")
ON_PURPOSE = {
    ("GET /api/v1/exports/{what}", "resident"): "everybody, as a file",
}


@pytest.fixture(scope="module")
def city(request: pytest.FixtureRequest) -> str:
    """A filled city; its address."""
    url: str = request.getfixturevalue("postgres_copy")(_fill)
    return url


def _fill(url: str) -> None:
    fill_city(url, SIZE, lambda _: None)


async def _asked(hall: CityHall, who: Iterable[str]) -> list[Answered]:
    found = []
    for caller in who:
        async with hall.asking(caller) as client:
            found += [await hall.ask(client, caller, one) for one in asked_once(caller)]
    return found


def scanned(plan: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield the tables that a plan reads from end to end."""
    if isinstance(plan, list):
        for one in plan:
            yield from scanned(one)
    elif isinstance(plan, dict):
        if plan.get("Node Type") == "Seq Scan":
            yield str(plan["Relation Name"])
        for name in ("Plan", "Plans"):
            yield from scanned(plan.get(name))


def complaints(answers: Iterable[Answered]) -> list[str]:
    """Return route, caller, table and statement of every large table that is read from end to end."""
    found = set()
    for one in answers:
        for said in one.said:
            for table in scanned(said.plan):
                big = "audit" if table.startswith("audit") else table
                if big in BIG and (one.asked.route, big) not in ON_PURPOSE:
                    params = json.dumps(one.asked.params, ensure_ascii=False)
                    found.add(f"{one.asked.route} {params} as {one.caller} reads all of {table}: {said.sql}")
    return sorted(found)


def test_no_route_reads_a_large_table_from_end_to_end(city: str, tmp_path: Path) -> None:
    hall = CityHall(city, tmp_path, explain=True)
    answers = asyncio.run(_asked(hall, WHO))
    hall.close()
    assert sum(len(one.said) for one in answers) > 1_000
    assert complaints(answers) == []


def test_a_lost_index_is_found(city: str, tmp_path: Path) -> None:
    engine = open_engine(city)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_alert_event_alert_id"))
    engine.dispose()
    hall = CityHall(city, tmp_path, explain=True)
    answers = asyncio.run(_asked(hall, ("desk-lead-a",)))
    hall.close()
    assert any("GET /api/v1/alerts/{alert_id}/history" in one and "alert_event" in one for one in complaints(answers))
