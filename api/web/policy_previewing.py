"""The preview of an alarm as a page asks for it: whom a reader means, and when by the clock of the home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel, Field

from anhu.contract.clock import SECOND_MS
from anhu.contract.errors import FieldError
from api.dependencies import Dependencies
from api.errors import NotFoundError
from api.schemas.policies import PreviewForm, PreviewView
from api.schemas.residents import ResidentView
from api.security.roles import Viewer
from api.services import policy_preview, residents
from api.web.wording import Wording

_SHOWN_RESIDENTS = 100


class Question(BaseModel):
    """What the address of the page asks."""

    resident: str = Field(default="", max_length=100)
    kind: str = Field(default="fall", max_length=64)
    priority: str = Field(default="high", max_length=8)
    at: str = Field(default="", max_length=20)


@dataclass(frozen=True, slots=True)
class Previewed:
    """The question of a preview and its answer."""

    resident: str
    kind: str
    priority: str
    at: str
    answer: PreviewView | None = None
    several: Sequence[ResidentView] = ()
    failure: str = ""


def previewed(deps: Dependencies, viewer: Viewer, asked: Question, wording: Wording) -> Previewed:
    """Return what is shown of a question; without a resident only the question."""
    shown = Previewed(asked.resident.strip(), asked.kind, asked.priority, asked.at or _local_now(wording))
    if not shown.resident:
        return shown
    found = _residents(deps, viewer, shown.resident)
    if len(found) != 1:
        return replace(shown, several=found, failure="" if found else wording.t("policy.no_resident"))
    form = PreviewForm(resident_id=found[0].id, kind=shown.kind, priority=shown.priority, at=shown.at)
    try:
        return replace(shown, answer=policy_preview.preview(deps, viewer, form))
    except FieldError as error:
        return replace(shown, failure=error.said(wording.language))


def _residents(deps: Dependencies, viewer: Viewer, wanted: str) -> Sequence[ResidentView]:
    """Return whom a reader means: by identity, or by a part of the name."""
    try:
        return [residents.read_resident(deps, viewer, wanted)]
    except NotFoundError:
        found = residents.list_residents(deps, viewer, name=wanted, limit=_SHOWN_RESIDENTS).items
        exact = [one for one in found if one.name == wanted]
        return exact if len(exact) == 1 else found


def _local_now(wording: Wording) -> str:
    return datetime.fromtimestamp(wording.now_ms / SECOND_MS, tz=wording.zone).strftime("%Y-%m-%dT%H:%M")
