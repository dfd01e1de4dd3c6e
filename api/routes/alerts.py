"""The alert queue."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from anhu.contract.priority import Priority
from api.context import CurrentViewer, Cursor, Deps, Limit, Since, Until
from api.schemas.alerts import AlertEventView, AlertView, NotificationView, Order, PriorityWord
from api.schemas.base import Page
from api.services import alerts

router = APIRouter(prefix="/alerts", tags=["alerts"])


def _filter(
    *,
    since: Since,
    until: Until,
    is_open: Annotated[bool | None, Query(alias="open", description="Only open, or only closed ones.")] = None,
    kind: Annotated[str, Query(max_length=64, examples=["fall"])] = "",
    response: Annotated[str, Query(max_length=16, examples=["unacked"])] = "",
    resident_id: Annotated[str, Query(max_length=64)] = "",
    centre_id: Annotated[str, Query(max_length=64)] = "",
    team_id: Annotated[str, Query(max_length=64)] = "",
    min_priority: Annotated[PriorityWord, Query(description="This urgent or more.")] = "info",
) -> alerts.AlertFilter:
    return alerts.AlertFilter(
        is_open=is_open,
        kind=kind,
        response=response,
        resident_id=resident_id,
        centre_id=centre_id,
        team_id=team_id,
        min_priority=Priority[min_priority.upper()],
        since_ms=since,
        until_ms=until,
    )


@router.get("", summary="List alerts")
def list_alerts(
    *,
    deps: Deps,
    viewer: CurrentViewer,
    wanted: Annotated[alerts.AlertFilter, Depends(_filter)],
    order: Annotated[Order, Query(description="queue: to work in; newest: to look back in.")] = Order.QUEUE,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[AlertView]:
    """Return the alerts the caller may see, filtered and in pages."""
    return alerts.list_alerts(deps, viewer, wanted=wanted, order=order, cursor=cursor, limit=limit)


@router.get("/{alert_id}", summary="One alert")
def read_alert(deps: Deps, viewer: CurrentViewer, alert_id: str) -> AlertView:
    """Return one alert with its evidence."""
    return alerts.read_alert(deps, viewer, alert_id)


@router.get("/{alert_id}/history", summary="What happened to an alert")
def alert_history(deps: Deps, viewer: CurrentViewer, alert_id: str) -> list[AlertEventView]:
    """Return the lines of its history, oldest first."""
    return alerts.alert_history(deps, viewer, alert_id)


@router.get("/{alert_id}/notifications", summary="Who was told")
def alert_notifications(deps: Deps, viewer: CurrentViewer, alert_id: str) -> list[NotificationView]:
    """Return the messages about it and the receipt of every attempt."""
    return alerts.alert_notifications(deps, viewer, alert_id)
