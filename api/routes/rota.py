"""Rotas: who is on call, weeks, shifts, hand-over notes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.context import CurrentViewer, Deps
from api.problems import CONFLICT
from api.schemas.rota import DayInput, NoteInput, OnCallView, OwnerView, RotaInput, RotaView, ShiftInput
from api.services import on_call, rota, rota_editing

router = APIRouter(prefix="/rotas", tags=["rota"])

Week = Annotated[str, Query(max_length=10, description="First day; this Monday if not said.", examples=["2026-11-30"])]


@router.get("", summary="Whose rotas may I read?")
def list_rotas(deps: Deps, viewer: CurrentViewer) -> list[OwnerView]:
    """Return desks and teams, the own first, whether they have a rota or not."""
    return rota.list_owners(deps, viewer)


@router.get("/{rota_id}", summary="Read a week of a rota")
def read_rota(deps: Deps, viewer: CurrentViewer, rota_id: str, week: Week = "") -> RotaView:
    """Return a week, the gaps of the next 14 days, shifts, leave, notes."""
    return rota.read_week(deps, viewer, rota_id, week)


@router.get("/{rota_id}/on-call", summary="Who is on call now?")
def read_on_call(deps: Deps, viewer: CurrentViewer, rota_id: str) -> OnCallView:
    """Return who is on call, in the order in which to call."""
    return on_call.on_call_at(deps, viewer, rota_id)


@router.put("/{rota_id}", status_code=204, summary="Make a rota, or change it as a whole")
def set_rota(deps: Deps, viewer: CurrentViewer, rota_id: str, given: RotaInput) -> None:
    """Say by whose clock, whether somebody must be there day and night, and which days are worked on."""
    rota_editing.set_rota(deps, viewer, rota_id, given)


@router.post("/{rota_id}/shifts", status_code=201, summary="Add a shift", responses=CONFLICT)
def add_shift(deps: Deps, viewer: CurrentViewer, rota_id: str, given: ShiftInput) -> dict[str, str]:
    """Add a shift that comes back; return its identity."""
    return {"id": rota_editing.save_shift(deps, viewer, rota_id, given)}


@router.put("/{rota_id}/shifts/{shift_id}", status_code=204, summary="Change a shift", responses=CONFLICT)
def change_shift(deps: Deps, viewer: CurrentViewer, rota_id: str, shift_id: str, given: ShiftInput) -> None:
    """Say a shift anew, as a whole."""
    rota_editing.save_shift(deps, viewer, rota_id, given, shift_id=shift_id)


@router.delete("/{rota_id}/shifts/{shift_id}", status_code=204, summary="Take a shift away", responses=CONFLICT)
def remove_shift(deps: Deps, viewer: CurrentViewer, rota_id: str, shift_id: str) -> None:
    """Take a shift away, with what was different on single days of it."""
    rota_editing.remove_shift(deps, viewer, rota_id, shift_id)


@router.post("/{rota_id}/days", status_code=204, summary="Change one shift of one day", responses=CONFLICT)
def change_day(deps: Deps, viewer: CurrentViewer, rota_id: str, given: DayInput) -> None:
    """Give one shift of one day another crew, from now on."""
    rota_editing.change_day(deps, viewer, rota_id, given)


@router.post("/{rota_id}/notes", status_code=201, summary="Write a hand-over note", responses=CONFLICT)
def write_note(deps: Deps, viewer: CurrentViewer, rota_id: str, given: NoteInput) -> dict[str, str]:
    """Leave a note for the next shift; it stands on the desk until somebody has read it."""
    return {"id": rota_editing.write_note(deps, viewer, rota_id, given)}


@router.post("/{rota_id}/notes/{note_id}/read", status_code=204, summary="Have read a hand-over note")
def read_note(deps: Deps, viewer: CurrentViewer, rota_id: str, note_id: str) -> None:
    """Take a note off the desk."""
    rota_editing.read_note(deps, viewer, rota_id, note_id)
