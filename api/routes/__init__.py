"""HTTP only: parameters in, a service called, a view out. One file an area."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter

from api.problems import RESPONSES
from api.routes import (
    alerts,
    audit,
    browsers,
    budget,
    callbacks,
    contacts,
    deliveries,
    devices,
    family,
    figures,
    health,
    imports,
    limits,
    login,
    messages,
    metrics,
    my_rota,
    observations,
    organisations,
    places,
    platform,
    policies,
    products,
    quarantine,
    records,
    refusals,
    residents,
    responses,
    rota,
    service_requests,
    stream,
    tokens,
    users,
    working_together,
)

_AREAS = (
    login,
    stream,
    alerts,
    responses,
    working_together,
    family,
    messages,
    service_requests,
    residents,
    records,
    places,
    imports,
    limits,
    observations,
    deliveries,
    devices,
    products,
    quarantine,
    refusals,
    organisations,
    contacts,
    policies,
    users,
    tokens,
    browsers,
    platform,
    audit,
    budget,
    figures,
    rota,
    my_rota,
)


@cache
def api_router() -> APIRouter:
    """Return all routes, those of version 1 under ``/api/v1``."""
    version_1 = APIRouter(prefix="/api/v1", responses=RESPONSES)
    for area in _AREAS:
        version_1.include_router(area.router)
    version_1.include_router(devices.claiming)
    everything = APIRouter()
    everything.include_router(health.router)
    everything.include_router(metrics.router)
    everything.include_router(callbacks.router)
    everything.include_router(version_1)
    return everything
