"""The live stream: server-sent events that continue where the browser was cut off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from api.context import CurrentViewer, Deps
from api.dependencies import Dependencies
from api.gate import find_viewer
from api.schemas.stream import StreamItem
from api.security.roles import Viewer
from api.services.stream import RECENT, events_after, open_stream
from api.stream_feed import StreamFeed

router = APIRouter(prefix="/alerts", tags=["alerts"])
_QUIET_S = 4.0  # well under the ten seconds after which the desk says that it is cut off
_MAX_RESUMED = 1_000
_ABOUT = """Server-sent events. Each has an `id`, `event: alert`, and data: one line of an alert's history and the alert
as it is now. A browser's EventSource resumes by itself (`Last-Event-ID`); a program gives `after`. `event: reset`
means that too much was missed: load the list again. Every four quiet seconds a comment shows that the line is alive."""


@router.get(
    "/stream",
    summary="What happens, as it happens",
    description=_ABOUT,
    response_class=StreamingResponse,
    responses={200: {"model": StreamItem, "content": {"text/event-stream": {}}}},
)
async def stream(
    request: Request,
    deps: Deps,
    viewer: CurrentViewer,
    last_event_id: Annotated[int | None, Header(ge=0)] = None,
    after: Annotated[int | None, Query(ge=0, description="Continue after this id.")] = None,
) -> StreamingResponse:
    """Open the stream; it ends when the session does, or what its owner may see changes."""
    feed: StreamFeed = request.app.state.feed
    feed.check_room(viewer.user_id)
    newest = await to_thread.run_sync(open_stream, deps, viewer)
    resumed = last_event_id if last_event_id is not None else after
    too_far = resumed is not None and newest - resumed > _MAX_RESUMED
    reader = _Reader(deps, viewer, newest if resumed is None or too_far else resumed)
    messages = _messages(request, reader, begin_anew=too_far)
    return StreamingResponse(messages, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


class _Reader:
    """One listener's place in the history."""

    def __init__(self, deps: Dependencies, viewer: Viewer, after_id: int) -> None:
        self._deps = deps
        self.viewer = viewer
        self._floor = after_id
        self._highest = after_id
        self._sent: set[int] = set()

    async def more(self) -> list[StreamItem]:
        """Return lines not yet sent; recent numbers are looked at again, for a late commit may fill a hole."""
        start = max(self._floor, self._highest - RECENT)
        found = await to_thread.run_sync(events_after, self._deps, self.viewer, start)
        fresh = [item for item in found if item.event.id not in self._sent]
        self._highest = max([self._highest, *(item.event.id for item in fresh)])
        self._sent = {one for one in self._sent if one > self._highest - 2 * RECENT}
        self._sent.update(item.event.id for item in fresh)
        return fresh


async def _messages(request: Request, reader: _Reader, *, begin_anew: bool) -> AsyncIterator[str]:
    feed: StreamFeed = request.app.state.feed
    yield "retry: 1000\n\n"
    if begin_anew:
        yield "event: reset\ndata: {}\n\n"
    with feed.listening(reader.viewer.user_id) as wake:
        while not feed.closing:
            wake.clear()
            fresh = await reader.more()
            # Looked up each time, after the reading: whoever lost the right since hears nothing of it.
            if await find_viewer(request.app.state.deps, request.scope) != reader.viewer:
                return
            for item in fresh:
                yield f"id: {item.event.id}\nevent: alert\ndata: {item.model_dump_json(by_alias=True)}\n\n"
            if fresh:
                continue
            try:
                await asyncio.wait_for(wake.wait(), _QUIET_S)
            except TimeoutError:
                yield ": alive\n\n"
