"""HTTP only: parameters in, a service called, a view out. One file an area."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter

from api.problems import RESPONSES
from api.routes import (
    alerts,
    audit,
    budget,
    contacts,
    devices,
    family,
    figures,
    health,
    limits,
    login,
    messages,
    metrics,
    observations,
    organisations,
    platform,
    refusals,
    residents,
    responses,
    service_requests,
    stream,
    tokens,
    users,
)

_AREAS = (
    login,
    stream,
    alerts,
    responses,
    family,
    messages,
    service_requests,
    residents,
    limits,
    observations,
    devices,
    refusals,
    organisations,
    contacts,
    users,
    tokens,
    platform,
    audit,
    budget,
    figures,
)


@cache
def api_router() -> APIRouter:
    """Return all routes, those of version 1 under ``/api/v1``."""
    version_1 = APIRouter(prefix="/api/v1", responses=RESPONSES)
    for area in _AREAS:
        version_1.include_router(area.router)
    everything = APIRouter()
    everything.include_router(health.router)
    everything.include_router(metrics.router)
    everything.include_router(version_1)
    return everything
