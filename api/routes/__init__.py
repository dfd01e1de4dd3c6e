"""HTTP only: parameters in, a service called, a view out. One file an area."""

from __future__ import annotations

from fastapi import APIRouter

from api.problems import RESPONSES
from api.routes import (
    alerts,
    auth,
    budget,
    devices,
    health,
    observations,
    organisation,
    platform,
    residents,
    stream,
    users,
)


def api_router() -> APIRouter:
    """Return all routes, those of version 1 under ``/api/v1``."""
    version_1 = APIRouter(prefix="/api/v1", responses=RESPONSES)
    for area in (auth, stream, alerts, residents, observations, devices, organisation, users, platform, budget):
        version_1.include_router(area.router)
    everything = APIRouter()
    everything.include_router(health.router)
    everything.include_router(version_1)
    return everything
