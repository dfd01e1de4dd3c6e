"""One's own shifts: swaps, leave, the calendar."""

from __future__ import annotations

from enum import StrEnum

from fastapi import APIRouter

from api.context import CurrentViewer, Deps
from api.problems import CONFLICT
from api.schemas.my_rota import CalendarAddressView, LeaveInput, MyRotaView, SwapInput
from api.services import my_rota, rota_editing

router = APIRouter(tags=["rota"])


class Answer(StrEnum):
    """What one does about a swap."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


@router.get("/me/rota", summary="My shifts")
def read_mine(deps: Deps, viewer: CurrentViewer) -> MyRotaView:
    """Return one's shifts of the next four weeks, swaps and leave."""
    return my_rota.my_rota(deps, viewer)


@router.post("/me/swaps", status_code=201, summary="Ask for a swap", responses=CONFLICT)
def ask_swap(deps: Deps, viewer: CurrentViewer, given: SwapInput) -> dict[str, str]:
    """Ask a colleague to take a shift, for one of theirs or for none; it counts when they accept."""
    return {"id": my_rota.ask_swap(deps, viewer, given)}


@router.post("/me/swaps/{swap_id}/{answer}", status_code=204, summary="Answer a swap", responses=CONFLICT)
def answer_swap(deps: Deps, viewer: CurrentViewer, swap_id: str, answer: Answer) -> None:
    """Accept or refuse what one was asked, or withdraw what one asked; accepted late, it counts from then on."""
    my_rota.answer_swap(deps, viewer, swap_id, answer.value)


@router.post("/leaves", status_code=201, summary="Put down leave")
def take_leave(deps: Deps, viewer: CurrentViewer, given: LeaveInput) -> dict[str, str]:
    """Be away from one day to another, both included; a lead may say it of a member."""
    return {"id": rota_editing.take_leave(deps, viewer, given)}


@router.delete("/leaves/{leave_id}", status_code=204, summary="Take leave back")
def end_leave(deps: Deps, viewer: CurrentViewer, leave_id: str) -> None:
    """Take one's own leave back, or as lead a member's."""
    rota_editing.end_leave(deps, viewer, leave_id)


@router.post("/me/calendar", status_code=201, summary="New address of my calendar")
def new_calendar(deps: Deps, viewer: CurrentViewer) -> CalendarAddressView:
    """Return a secret address for calendar programs, once; an older one is void."""
    return CalendarAddressView(url=my_rota.new_calendar(deps, viewer))


@router.delete("/me/calendar", status_code=204, summary="End my calendar's address")
def end_calendar(deps: Deps, viewer: CurrentViewer) -> None:
    """Make the secret address void."""
    my_rota.end_calendar(deps, viewer)
