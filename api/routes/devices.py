"""Devices, and what is asked of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.context import CurrentViewer, Cursor, Deps, Limit
from api.problems import CONFLICT
from api.schemas.base import Page
from api.schemas.devices import (
    Binding,
    BindingView,
    Claim,
    CommandView,
    DeviceChange,
    DeviceSecret,
    DeviceView,
    NewCommand,
    NewDevice,
)
from api.services import bindings, claims, devices

router = APIRouter(prefix="/devices", tags=["devices"])
claiming = APIRouter(prefix="/claims", tags=["devices"])


@router.get("", summary="List devices")
def list_devices(
    *,
    deps: Deps,
    viewer: CurrentViewer,
    resident_id: Annotated[str, Query(max_length=64)] = "",
    enabled: bool | None = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[DeviceView]:
    """Return the devices the caller may see: a vendor's own, or visible residents'."""
    return devices.list_devices(deps, viewer, resident_id=resident_id, enabled=enabled, cursor=cursor, limit=limit)


@router.post("", status_code=201, summary="Register a device", responses=CONFLICT)
def create_device(deps: Deps, viewer: CurrentViewer, given: NewDevice) -> DeviceSecret:
    """Register a device. The answer holds its secret, this once: put it into the device."""
    return devices.create_device(deps, viewer, given)


@router.get("/{device_id}", summary="One device")
def read_device(deps: Deps, viewer: CurrentViewer, device_id: str) -> DeviceView:
    """Return one device, without its secret."""
    return devices.read_device(deps, viewer, device_id)


@router.patch("/{device_id}", summary="Change or assign a device")
def change_device(deps: Deps, viewer: CurrentViewer, device_id: str, given: DeviceChange) -> DeviceView:
    """Change what is given; the rest stays."""
    return devices.change_device(deps, viewer, device_id, given)


@router.post("/{device_id}/rotate", summary="Give it a new secret")
def rotate_secret(deps: Deps, viewer: CurrentViewer, device_id: str) -> DeviceSecret:
    """Replace the secret; the old one stops working at once."""
    return devices.rotate_secret(deps, viewer, device_id)


@router.post("/{device_id}/revoke", summary="Shut it out")
def revoke(deps: Deps, viewer: CurrentViewer, device_id: str) -> DeviceView:
    """Refuse the device from now on; its data stays."""
    return devices.set_device_enabled(deps, viewer, device_id, enabled=False)


@router.post("/{device_id}/enable", summary="Let it in again")
def enable(deps: Deps, viewer: CurrentViewer, device_id: str) -> DeviceView:
    """Accept a revoked device again."""
    return devices.set_device_enabled(deps, viewer, device_id, enabled=True)


@router.get("/{device_id}/bindings", summary="Whose it was")
def list_bindings(deps: Deps, viewer: CurrentViewer, device_id: str) -> list[BindingView]:
    """Return whose it was and where it stood, the present first: of residents whom the caller may see."""
    return bindings.bindings_of(deps, viewer, device_id)


@router.post("/{device_id}/bind", summary="Give it to a resident, a bed or a room")
def bind_device(deps: Deps, viewer: CurrentViewer, device_id: str, given: Binding) -> DeviceView:
    """Give it on from now on. At a bed it watches whoever lies there."""
    return bindings.bind_device(deps, viewer, device_id, given)


@router.post("/{device_id}/return", status_code=204, summary="Take it back")
def return_device(deps: Deps, viewer: CurrentViewer, device_id: str) -> None:
    """Let it be nobody's from now on."""
    bindings.return_device(deps, viewer, device_id)


@router.post("/{device_id}/retire", status_code=204, summary="Retire it")
def retire_device(deps: Deps, viewer: CurrentViewer, device_id: str) -> None:
    """Shut it out and take it back; its data stays."""
    bindings.retire_device(deps, viewer, device_id)


@router.get("/{device_id}/commands", summary="What was asked of it")
def list_commands(deps: Deps, viewer: CurrentViewer, device_id: str) -> list[CommandView]:
    """Return the last 50 commands, newest first, and when each was delivered."""
    return devices.list_commands(deps, viewer, device_id)


@router.post("/{device_id}/commands", status_code=202, summary="Ask something of it")
def command_device(deps: Deps, viewer: CurrentViewer, device_id: str, given: NewCommand) -> CommandView:
    """Queue a command; it is delivered as soon as the device is connected."""
    return devices.command_device(deps, viewer, device_id, given)


@claiming.post("", summary="Bind a device by the code on its box", responses=CONFLICT)
def claim_device(deps: Deps, viewer: CurrentViewer, given: Claim) -> DeviceView:
    """Bind a free device; one that somebody has must be returned first."""
    return claims.claim_device(deps, viewer, given)
