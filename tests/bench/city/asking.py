"""Asks the application on a city, as one caller after the other, and notes every statement that comes of it.

Each request is undone when it was answered: what it wrote is rolled back, so that the next finds the same city.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.allowance import Rate
from anhu.contract.clock import ManualClock
from anhu.registry.database import open_engine
from anhu.registry.identity_vault import IdentityVault
from api.app import create_app
from api.crowd import Crowd
from api.dependencies import Dependencies
from api.rate_limits import RateLimits, Rates
from app.codec_bench import InstalledCodecs
from gateway.codecs import discover
from ingest.store.embedded.query import SqliteStoreQuery
from notify.channels import contact_forms
from tests.api.matrix.asking import headers_of
from tests.api.matrix.callers import CALLERS
from tests.api.matrix.plans import Asked
from tests.api.matrix.town import fill_store
from tests.api.world import NOW_MS

_NO_LIMIT = Rate(10**9, 10**9)


class Said(NamedTuple):
    """A statement that a request needed.

    Attributes
    ----------
    took_ms, worked_ms : float
        By the clock; and the processor's own of the server, which a busy machine does not change. [ms]
    plan : list, optional
        How the server means to answer it, as it explains it; None where it was not asked.
    """

    sql: str
    took_ms: float
    worked_ms: float
    plan: list[Any] | None


class Answered(NamedTuple):
    """A request, what came of it, and how long it took."""

    caller: str
    asked: Asked
    status: int
    took_ms: float
    said: list[Said]

    @property
    def database_ms(self) -> float:
        """How long it waited for the database. [ms]"""
        return sum(one.took_ms for one in self.said)

    @property
    def worked_ms(self) -> float:
        """How long the database worked at it. [ms]"""
        return sum(one.worked_ms for one in self.said)


_SERVER = "random_page_cost = 1.1"
"""As the server of `compose.city.yml` is started: a solid state disk reads anywhere nearly as fast as on."""


class CityHall:
    """One application on one connection to a city.

    Parameters
    ----------
    url : str
        Of the filled database.
    folder : Path
        Where the store lies: a minute of readings.
    explain : bool
        Whether the server is asked for each statement's plan, too.
    """

    def __init__(self, url: str, folder: Path, *, explain: bool = False) -> None:
        fill_store(folder / "store.db")
        self._store = SqliteStoreQuery(folder / "store.db")
        self._engine = open_engine(url)
        self._connection = self._engine.connect()
        self._explain = explain
        self._said: list[Said] = []
        backend = self._connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        self._connection.exec_driver_sql(f"SET {_SERVER}")
        self._connection.commit()
        self._spent = Path(f"/proc/{backend}/schedstat")
        self._watch()
        self.sessions: sessionmaker[Session] = sessionmaker(
            self._connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        deps = Dependencies(
            sessions=self.sessions,
            store=self._store,
            clock=ManualClock(NOW_MS),
            cookie_secure=False,
            channels=contact_forms(),
            bench=InstalledCodecs(discover(), ManualClock(NOW_MS)),
            crowd=Crowd(_NO_LIMIT),
            rates=RateLimits(Rates(_NO_LIMIT, _NO_LIMIT, _NO_LIMIT)),
            vault=IdentityVault(b"k" * 32),
        )
        self._app = create_app(deps)
        self._app.state.feed.close()  # a stream ends after its first line

    def _watch(self) -> None:
        @event.listens_for(self._connection, "before_cursor_execute")
        def began(connection: Connection, _cursor: object, *_: object) -> None:
            connection.info["began"] = time.perf_counter(), self._worked_ms()

        @event.listens_for(self._connection, "after_cursor_execute")
        def ended(connection: Connection, _cursor: object, sql: str, values: Any, *_: object) -> None:  # noqa: ANN401
            began_s, began_ms = connection.info["began"]
            took_ms, worked_ms = (time.perf_counter() - began_s) * 1e3, self._worked_ms() - began_ms
            plan = self._planned(connection, sql, values) if self._explain else None
            self._said.append(Said(sql, took_ms, worked_ms, plan))

    def _worked_ms(self) -> float:
        """Return the processor time of the server's process for us so far. [ms]"""
        return int(self._spent.read_text("ascii").split()[0]) / 1e6

    def _planned(self, connection: Connection, sql: str, values: Any) -> list[Any] | None:  # noqa: ANN401
        if not sql.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            return None
        cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        if isinstance(values, list):
            values = values[0]
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", values)
        plan: list[Any] = cursor.fetchone()[0]
        return plan

    @asynccontextmanager
    async def asking(self, caller: str) -> AsyncIterator[httpx.AsyncClient]:
        """Ask as one of the matrix's callers."""
        headers = headers_of(next(one for one in CALLERS if one.name == caller))
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False, client=("127.0.0.1", 1))
        base = "http://127.0.0.1"
        async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers, timeout=120) as client:
            yield client

    async def ask(self, client: httpx.AsyncClient, caller: str, asked: Asked) -> Answered:
        """Ask once, and undo it."""
        with self._undone():
            began_s = time.perf_counter()
            answer = await client.request(asked.method, asked.url, params=asked.params, json=asked.body)
            took_ms = (time.perf_counter() - began_s) * 1e3
        return Answered(caller, asked, answer.status_code, took_ms, list(self._said))

    @contextmanager
    def _undone(self) -> Iterator[None]:
        around = self._connection.begin()
        self._said.clear()
        try:
            yield
        finally:
            around.rollback()

    def close(self) -> None:
        """Let go of the city."""
        self._connection.close()
        self._engine.dispose()
        self._store.close()
