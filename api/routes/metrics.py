"""The platform in numbers, for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.context import CurrentViewer, Deps
from api.problems import file_of
from api.services import metrics

router = APIRouter(tags=["platform"])


@router.get(
    "/metrics",
    summary="The platform in numbers, for Prometheus",
    response_class=Response,
    responses=file_of("text/plain"),
)
def read_metrics(deps: Deps, viewer: CurrentViewer) -> Response:
    """Return what every process says of itself, alarms and messages; ask with an API token of scope ``read``."""
    return Response(metrics.metrics(deps, viewer), media_type=CONTENT_TYPE_LATEST)
