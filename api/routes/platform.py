"""The platform's own state."""

from __future__ import annotations

from fastapi import APIRouter

from api.context import CurrentViewer, Deps
from api.schemas.platform import PlatformView
from api.services import platform

router = APIRouter(tags=["platform"])


@router.get("/platform", summary="How is the platform?")
def read_platform(deps: Deps, viewer: CurrentViewer) -> PlatformView:
    """Return the state of the parts, and the queue in numbers."""
    return platform.platform(deps, viewer)
