"""No route reads a large table from end to end: every statement of every route is explained on a filled PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text

from anhu.registry.database import open_engine
from tests.bench.city.asking import Answered, CityHall
from tests.bench.city.fill import fill_city
from tests.bench.city.plan import asked_once
from tests.bench.city.size import CitySize

SIZE = CitySize(
    residents=40_000, devices=80_000, teams=160, counties=20, alerts=200_000, audit=400_000, open_alerts=300
)
"""Small, but each side as small a part of it as in a city, and more people than lists sort by themselves."""
BIG = frozenset(
    {
        *("alert", "alert_event", "alert_member", "audit", "outbox", "receipt", "answer_token"),
        *("resident", "resident_identity", "resident_rules", "care_record", "care_message", "consent", "family_link"),
        *("device", "device_binding", "device_seen", "device_command", "contact", "user", "token", "service_request"),
    }
)
_PASSING = frozenset(
    {
        *("Nested Loop", "Merge Join", "Merge Append", "Append", "Gather", "Gather Merge", "Incremental Sort"),
        *("Subquery Scan", "Result", "LockRows", "Memoize"),
    }
)
"""What hands rows on one by one: below it an order is walked only as far as is asked for."""
WHO = ("desk-lead-a", "team-a", "family-a", "vendor-a", "admin")
_GAPS = ("GET /admin", "GET /residents", "GET /api/v1/gaps")
ON_PURPOSE = {
    **dict.fromkeys(
        product(("GET /api/v1/exports/{what}", "GET /api/v1/imports/residents.csv"), ("resident", "resident_identity")),
        "everybody, as a file",
    ),
    **dict.fromkeys(product(("GET /admin/contacts", "GET /api/v1/contacts"), ("contact",)), "ends after 1,001"),
    **dict.fromkeys(product(("GET /admin/start",), ("contact", "device")), "ends at the first"),
    **dict.fromkeys(
        product(_GAPS, ("contact", "device", "family_link", "resident", "user")),
        "what is missing is looked for once in ten minutes, for all who ask",
    ),
    ("POST /devices/labels", "device"): "ends after 1,001",
    ("GET /desk/queue", "contact"): "relatives of 300 residents: every hundredth here, one of 2,500 in a city",
    ("PATCH /api/v1/centres/{centre_id}", "device"): "each of its devices hears of its new county",
    ("GET /worklist", "care_message"): "of 2,000 residents: every twentieth here, one of five hundred in a city",
}
"""What reads a whole table, or seems to, and why it may."""
_FIGURES = ("GET /figures", "GET /api/v1/service-figures", "GET /api/v1/service-figures.csv")
_DETECTORS = ("GET /admin/detectors", "POST /admin/detectors")
_REFUSED = ("GET /refusals", "GET /api/v1/refusals", "GET /api/v1/refusals/mapping")
_DELIVERED = ("GET /deliveries", "GET /api/v1/deliveries")
NOT_YET = {
    **dict.fromkeys(product((*_FIGURES, *_DETECTORS), ("alert_event", "device")), "a month of alarms is counted anew"),
    **dict.fromkeys(product(_REFUSED, ("device",)), "all devices of a county are listed for the letters' store"),
    **dict.fromkeys(product(_DELIVERED, ("device", "device_seen")), "the first 2,000 devices are all listed"),
    **dict.fromkeys(product(("GET /bench", "POST /bench"), ("device",)), "a model's devices and alarms are counted"),
    **dict.fromkeys(product(("GET /devices",), ("device", "resident")), "a part of a name is searched"),
    **dict.fromkeys(
        product(("GET /budget", "GET /api/v1/alarm-budget"), ("resident",)),
        "an administrator's residents are counted",
    ),
    ("GET /api/v1/residents", "resident"): "a part of a name is searched",
    ("GET /api/v1/audit", "user"): "a part of a name is searched",
}
"""What reads a whole table and should not: known, slow in a city, and to be mended. Nothing is to be added."""


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


class Whole(NamedTuple):
    """What it is to read a table from end to end.

    Attributes
    ----------
    empty : frozenset of str
        Tables without rows: parts of the audit for months to come. They are read for nothing.
    partial : frozenset of str
        Indexes of less than a twentieth of their table's rows, which may be read whole.
    """

    empty: frozenset[str]
    partial: frozenset[str]

    def tables(self, plan: Any, *, cut: bool = False) -> Iterator[str]:  # noqa: ANN401 - JSON
        """Yield the tables that a plan reads from end to end.

        Parameters
        ----------
        cut : bool
            Whether what is above stops as soon as it has enough rows: an index is walked in its order, no further.
        """
        if isinstance(plan, list):
            for one in plan:
                yield from self.tables(one, cut=cut)
        elif isinstance(plan, dict):
            if self._is_whole(plan, cut=cut):
                yield str(plan["Relation Name"])
            kind = plan.get("Node Type")
            on = kind == "Limit" or (cut and kind in _PASSING)
            for below in [plan["Plan"]] if "Plan" in plan else plan.get("Plans", ()):
                again = kind == "Nested Loop" and below.get("Parent Relationship") == "Inner"
                yield from self.tables(below, cut=on and not again)

    def _is_whole(self, node: Mapping[str, Any], *, cut: bool) -> bool:
        if node.get("Relation Name", "") in self.empty:
            return False
        if node.get("Node Type") == "Seq Scan":
            return "Filter" in node or not cut
        indexed = node.get("Node Type") in {"Index Scan", "Index Only Scan"}
        return indexed and not cut and "Index Cond" not in node and node["Index Name"] not in self.partial


def whole_of(hall: CityHall) -> Whole:
    """Ask a city which of its tables are empty, and which of its indexes are partial."""
    with hall.sessions() as session:
        empty = session.scalars(text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relpages = 0"))
        partial = (
            "SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
            " JOIN pg_class t ON t.oid = x.indrelid WHERE x.indpred IS NOT NULL AND i.reltuples * 20 < t.reltuples"
        )
        return Whole(frozenset(empty), frozenset(session.scalars(text(partial))))


def complaints(answers: Iterable[Answered], whole: Whole) -> list[str]:
    """Return route, caller, table and statement of every large table that is read from end to end."""
    found = set()
    for one in answers:
        for said in one.said:
            for table in whole.tables(said.plan):
                big = "audit" if table.startswith("audit") else table
                if big in BIG and (one.asked.route, big) not in ON_PURPOSE | NOT_YET:
                    params = json.dumps(one.asked.params, ensure_ascii=False)
                    found.add(f"{one.asked.route} {params} as {one.caller} reads all of {table}: {said.sql}")
    return sorted(found)


def test_no_route_reads_a_large_table_from_end_to_end(city: str, tmp_path: Path) -> None:
    hall = CityHall(city, tmp_path, explain=True)
    answers, whole = asyncio.run(_asked(hall, WHO)), whole_of(hall)
    hall.close()
    assert sum(len(one.said) for one in answers) > 1_000
    assert complaints(answers, whole) == []


def test_a_lost_index_is_found(city: str, tmp_path: Path) -> None:
    engine = open_engine(city)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_alert_event_alert_id"))
    engine.dispose()
    hall = CityHall(city, tmp_path, explain=True)
    answers, whole = asyncio.run(_asked(hall, ("desk-lead-a",))), whole_of(hall)
    hall.close()
    assert any(
        "GET /api/v1/alerts/{alert_id}/history" in one and "alert_event" in one for one in complaints(answers, whole)
    )
