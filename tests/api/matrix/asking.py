"""Asks the application itself, without a network, as one of the callers."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import event

from anhu.contract.allowance import Rate
from anhu.contract.clock import ManualClock
from anhu.registry.database import close_sessions, engine_of, open_sessions
from api.app import create_app
from api.crowd import Crowd
from api.dependencies import Dependencies
from api.rate_limits import RateLimits, Rates
from app.codec_bench import InstalledCodecs
from gateway.codecs import discover
from ingest.store.embedded.query import SqliteStoreQuery
from notify.channels import contact_forms
from tests.api.matrix.callers import Caller
from tests.api.world import NOW_MS

_NO_LIMIT = Rate(10**9, 10**9)


def headers_of(caller: Caller) -> dict[str, str]:
    """Return what a caller says about itself."""
    if caller.how == "anonymous":
        return {}
    if caller.how in {"cookie", "token as cookie"}:
        return {"Cookie": f"anhu_session=token {caller.name}", "X-CSRF-Token": f"csrf {caller.name}"}
    return {"Authorization": f"Bearer token {caller.name}"}


class Asker:
    """One caller, on a town of his own."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ask(self, method: str, url: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own arguments
        """Ask."""
        return await self._client.request(method, url, **more)


class Hall:
    """Where all callers ask, one after the other: one application, whose database begins anew for each.

    Parameters
    ----------
    town : Path
        The folder with the filled database and store.
    folder : Path
        Where the database that is asked lies.
    """

    def __init__(self, town: Path, folder: Path) -> None:
        self._filled = town / "anhu.db"
        self._asked = folder / "anhu.db"
        self._sessions = open_sessions(f"sqlite:///{self._asked}")
        event.listen(engine_of(self._sessions), "connect", lambda made, _: made.execute("PRAGMA synchronous = OFF"))
        self._store = SqliteStoreQuery(town / "store.db")
        deps = Dependencies(
            sessions=self._sessions,
            store=self._store,
            clock=ManualClock(NOW_MS),
            cookie_secure=False,
            channels=contact_forms(),
            bench=InstalledCodecs(discover(), ManualClock(NOW_MS)),
            crowd=Crowd(_NO_LIMIT),
            rates=RateLimits(Rates(_NO_LIMIT, _NO_LIMIT, _NO_LIMIT)),
        )
        self._app = create_app(deps)
        self._app.state.feed.close()  # a stream ends after its first line

    @asynccontextmanager
    async def asking(self, headers: dict[str, str]) -> AsyncIterator[Asker]:
        """Begin anew and ask; nothing that was done reaches the next caller."""
        close_sessions(self._sessions)
        for path in self._asked.parent.glob("anhu.db*"):
            path.unlink()
        shutil.copy(self._filled, self._asked)
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
            yield Asker(client)

    def close(self) -> None:
        """Let go of the files."""
        self._store.close()
        close_sessions(self._sessions)
