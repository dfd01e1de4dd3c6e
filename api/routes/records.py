"""A resident's record: health, family, consent, bed, photo, ending."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.context import CurrentViewer, Deps
from api.problems import CONFLICT, file_of
from api.schemas.records import (
    ConsentView,
    ConsentWithdrawal,
    FamilyOrder,
    Move,
    NewConsent,
    NewEnding,
    NewRelative,
    RecordView,
    RelativeView,
    Resumed,
    Resumption,
    StayView,
)
from api.services import records, relatives

router = APIRouter(prefix="/residents/{resident_id}", tags=["residents"])
_PHOTO = file_of("image/jpeg", "image/png", "image/webp", binary=True)


@router.get("/record", summary="All that is written down of a resident")
def read_record(deps: Deps, viewer: CurrentViewer, resident_id: str) -> RecordView:
    """Return health, family, consents, bed and how the service ended."""
    return records.read_record(deps, viewer, resident_id)


@router.post("/end", summary="End a resident's service", responses=CONFLICT)
def end_service(deps: Deps, viewer: CurrentViewer, resident_id: str, given: NewEnding) -> RecordView:
    """End it: devices become nobody's, the bed is free, open alarms stay open."""
    return records.end_service(deps, viewer, resident_id, given)


@router.post("/resume", summary="Take an ending back", responses=CONFLICT)
def resume_service(deps: Deps, viewer: CurrentViewer, resident_id: str, given: Resumption) -> Resumed:
    """Serve the resident again, with the devices and the bed that nobody else has by now."""
    return records.resume_service(deps, viewer, resident_id, given.revision)


@router.post("/consents", status_code=201, summary="Write down a consent", responses=CONFLICT)
def give_consent(deps: Deps, viewer: CurrentViewer, resident_id: str, given: NewConsent) -> ConsentView:
    """Write down that somebody agreed to one purpose."""
    return records.give_consent(deps, viewer, resident_id, given)


@router.post("/consents/{consent_id}/withdraw", summary="Write down that a consent was withdrawn")
def withdraw_consent(
    deps: Deps, viewer: CurrentViewer, resident_id: str, consent_id: str, given: ConsentWithdrawal
) -> ConsentView:
    """End a consent from now on."""
    return records.withdraw_consent(deps, viewer, resident_id, consent_id, given.withdrawn_by)


@router.post("/move", summary="Lay a resident into a bed", responses=CONFLICT)
def move(deps: Deps, viewer: CurrentViewer, resident_id: str, given: Move) -> list[StayView]:
    """End the present stay and begin another one; 409 for a bed in which somebody lies."""
    return records.move(deps, viewer, resident_id, given.place_id)


@router.post("/family", status_code=201, summary="Link a relative", responses=CONFLICT)
def add_relative(deps: Deps, viewer: CurrentViewer, resident_id: str, given: NewRelative) -> list[RelativeView]:
    """Link one whose number is known, or make one who is called and cannot log in yet."""
    return relatives.add_relative(deps, viewer, resident_id, given)


@router.put("/family", summary="Say who is called first")
def order_relatives(deps: Deps, viewer: CurrentViewer, resident_id: str, given: FamilyOrder) -> list[RelativeView]:
    """Put all relatives in order."""
    return relatives.order_relatives(deps, viewer, resident_id, given.user_ids)


@router.delete("/family/{user_id}", summary="Link a relative no longer")
def remove_relative(deps: Deps, viewer: CurrentViewer, resident_id: str, user_id: str) -> list[RelativeView]:
    """Let a relative see the resident no longer."""
    return relatives.remove_relative(deps, viewer, resident_id, user_id)


@router.get("/photo", summary="A resident's picture", response_class=Response, responses=_PHOTO)
def read_photo(deps: Deps, viewer: CurrentViewer, resident_id: str) -> Response:
    """Return the picture."""
    media_type, content = records.read_photo(deps, viewer, resident_id)
    return Response(content, media_type=media_type, headers={"Cache-Control": "private, no-store"})


@router.put("/photo", status_code=204, summary="Keep a resident's picture")
async def set_photo(deps: Deps, viewer: CurrentViewer, resident_id: str, request: Request) -> None:
    """Keep a JPEG, PNG or WebP of at most 60,000 bytes; an empty body forgets it."""
    content = await request.body()
    await run_in_threadpool(records.set_photo, deps, viewer, resident_id, content)
