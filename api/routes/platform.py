"""The platform's own state."""

from __future__ import annotations

from fastapi import APIRouter

from api.context import CurrentViewer, Deps
from api.schemas.gaps import GapView
from api.schemas.platform import PlatformView
from api.services import gaps, platform

router = APIRouter(tags=["platform"])


@router.get("/platform", summary="How is the platform?")
def read_platform(deps: Deps, viewer: CurrentViewer) -> PlatformView:
    """Return the state of the parts, and the queue in numbers."""
    return platform.platform(deps, viewer)


@router.get("/gaps", summary="What would end in silence?")
def list_gaps(deps: Deps, viewer: CurrentViewer) -> list[GapView]:
    """Return who is seen by no desk, told to nobody, or asked by no device."""
    return gaps.list_gaps(deps, viewer).value
