"""Messages between family, desk and team."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.context import CurrentViewer, Deps
from api.schemas.care import MessageView, NewMessage, ReadUpTo, ThreadLineView, ThreadView, UnreadView
from api.services import messages, threads

router = APIRouter(tags=["messages"])


@router.get("/messages", summary="Threads, those with unread messages first")
def list_threads(deps: Deps, viewer: CurrentViewer) -> list[ThreadLineView]:
    """Return the threads of the residents whom the caller may see."""
    return threads.list_threads(deps, viewer)


@router.get("/messages/unread", summary="How much waits to be read")
def unread(deps: Deps, viewer: CurrentViewer) -> UnreadView:
    """Return numbers only."""
    return threads.unread_of(deps, viewer)


@router.get("/residents/{resident_id}/messages", summary="A resident's thread")
def read_thread(
    deps: Deps,
    viewer: CurrentViewer,
    resident_id: str,
    before: Annotated[int | None, Query(ge=1, le=2**53, description="Messages older than this one.")] = None,
) -> ThreadView:
    """Return the newest messages, or those before one."""
    return messages.read_thread(deps, viewer, resident_id, before=before)


@router.post("/residents/{resident_id}/messages", status_code=201, summary="Write a message")
def write_message(deps: Deps, viewer: CurrentViewer, resident_id: str, given: NewMessage) -> MessageView:
    """Write into the thread. It is no alarm channel; what sounds like help raises an alarm all the same."""
    return messages.write_message(deps, viewer, resident_id, given)


@router.post("/residents/{resident_id}/messages/read", status_code=204, summary="I have read up to here")
def mark_read(deps: Deps, viewer: CurrentViewer, resident_id: str, given: ReadUpTo) -> None:
    """Note how far the caller has read."""
    messages.mark_read(deps, viewer, resident_id, given.message_id)
