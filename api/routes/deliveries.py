"""How much of devices came and was read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.context import CurrentViewer, Deps
from api.schemas.deliveries import DeliveriesView
from api.services import deliveries

router = APIRouter(prefix="/deliveries", tags=["devices"])


@router.get("", summary="Delivery log")
def list_deliveries(
    deps: Deps,
    viewer: CurrentViewer,
    product_id: Annotated[str, Query(max_length=64)] = "",
    device_id: Annotated[str, Query(max_length=64)] = "",
) -> DeliveriesView:
    """Return by the hour how many messages were read, read in part and refused, of the devices one may see."""
    return deliveries.list_deliveries(deps, viewer, product_id=product_id, device_id=device_id)
