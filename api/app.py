"""Builds the application: gate, headers, errors, routes, pages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from anyio import to_thread
from fastapi import FastAPI

from anhu import __version__
from api import problems, web
from api.compression import Compression
from api.dependencies import Dependencies
from api.gate import Gate
from api.minute_book import MinuteBook
from api.routes import api_router
from api.security.client_address import ClientAddress
from api.security.headers import SecurityHeaders
from api.stream_feed import StreamFeed

_ABOUT = """Open monitoring of old people, from device to doctor.

Log in with `POST /api/v1/login` (a cookie, for browsers) or send `Authorization: Bearer <token>` (for programs; make a
token with `POST /api/v1/tokens`). Times are RFC 3339, UTC. Lists come in pages: ask again with `cursor=next_cursor`.
Errors are `application/problem+json` (RFC 9457). What you may not see answers 404, as if it were not there."""


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    feed: StreamFeed = app.state.feed
    book: MinuteBook = app.state.book
    beside = [
        asyncio.create_task(feed.run(), name="live feed"),
        asyncio.create_task(book.run(), name="minute book"),
    ]
    looks = app.state.deps.looks
    if looks is not None:
        beside.append(asyncio.create_task(looks.run(), name="look journal"))
    door = app.state.deps.oidc
    if door is not None:
        beside.append(asyncio.create_task(door.watch(), name="login provider"))
    try:
        yield
    finally:
        feed.close()
        for task in beside:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if door is not None:
            await door.close()
        await to_thread.run_sync(book.write)
        if looks is not None:
            await to_thread.run_sync(looks.move)


def create_app(deps: Dependencies) -> FastAPI:
    """Return the application, routes and pages included.

    Parameters
    ----------
    deps : Dependencies
        The outside world; the caller owns and closes what is in it.
    """
    app = FastAPI(
        title="Anhu",
        version=__version__,
        description=_ABOUT,
        docs_url=None,  # its page loads scripts from another host
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.deps = deps
    app.state.feed = StreamFeed(deps)
    app.state.book = MinuteBook(deps)
    problems.install(app)
    app.include_router(api_router())
    web.mount(app, deps)
    app.add_middleware(problems.LastResort)
    app.add_middleware(Compression)
    app.add_middleware(Gate, deps=deps, book=app.state.book)
    app.add_middleware(ClientAddress, trusted=deps.trusted_proxies)
    app.add_middleware(SecurityHeaders, https=deps.cookie_secure)
    return app
