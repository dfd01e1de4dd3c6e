"""Names, notes and models that are HTML: every page shows them as text, and would run no script if it did not."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.api.matrix import plans
from tests.api.matrix.asking import Hall, headers_of
from tests.api.matrix.callers import CALLERS, Caller
from tests.api.matrix.town import build, fill_store

HOSTILE = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}"
RUNS = ("<img src=x", "<script>alert", ">49<")
TEXTS = {
    "resident": ("name", "address", "access_note", "phone"),
    "device": ("model", "vendor"),
    "care_message": ("text",),
    "service_request": ("text",),
    "escalation_policy": ("name",),
    "rota_shift": ("name",),
    "handover": ("text", "shift_name"),
    "user": ("name",),
    "contact": ("label", "address"),
    "centre": ("name", "phone"),
    "team": ("name",),
    "organisation": ("name",),
    "place": ("name", "full_name"),
    "alert_event": ("text",),
    "resident_limit": ("reason",),
    "family_link": ("relation",),
    "audit": ("object_id",),
    "token": ("label",),
}
READERS = tuple(
    one
    for one in CALLERS
    if one.name in {"admin-session", "desk-lead-a-session", "family-a-session", "team-a", "desk-a"}
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    town = tmp_path_factory.mktemp("hostile")
    build(f"sqlite:///{town / 'anhu.db'}")
    fill_store(town / "store.db")
    _spoil(town / "anhu.db")
    made = Hall(town, tmp_path_factory.mktemp("hostile-hall"))
    yield made
    made.close()


def _spoil(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        for table, columns in TEXTS.items():
            for column in columns:
                unique = "|| rowid" if (table, column) == ("contact", "address") else ""
                changed = database.execute(f'UPDATE "{table}" SET "{column}" = ? {unique}', (HOSTILE,))  # noqa: S608 - names above
                assert changed.rowcount > 0, f"{table} is empty: its texts are not tried"


@pytest.mark.parametrize("reader", READERS, ids=lambda one: one.name)
def test_no_page_runs_what_somebody_wrote(hostile: Hall, reader: Caller) -> None:
    async def ask() -> list[tuple[str, httpx.Response]]:
        async with hostile.asking(headers_of(reader) | {"Accept": "text/html"}) as asker:
            pages = [one for one in plans.grid() if one.method == "GET" and one.side in {"", "A"}]
            return [(one.url, await asker.ask("GET", one.url, params=one.params)) for one in pages]

    pages = [
        (url, answer) for url, answer in asyncio.run(ask()) if "text/html" in answer.headers.get("content-type", "")
    ]
    shown = [url for url, answer in pages if "&lt;img src=x" in answer.text]
    assert len(shown) > 8, "the texts are on many pages"
    for url, answer in pages:
        assert [one for one in RUNS if one in answer.text] == [], url
        assert answer.status_code < 500, url
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self'"), url
        assert "unsafe" not in policy, url
        assert answer.headers["x-content-type-options"] == "nosniff", url
