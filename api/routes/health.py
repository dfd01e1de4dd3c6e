"""Is the process alive: for load balancers and container engines. Says nothing about anybody."""

from __future__ import annotations

from fastapi import APIRouter

from api.schemas.base import View

router = APIRouter(tags=["platform"])


class Health(View):
    """The process answers."""

    status: str = "ok"


@router.get("/health", summary="Is the process alive?")
def health() -> Health:
    """Answer; no login needed, no data given."""
    return Health()
