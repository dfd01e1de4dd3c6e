"""What a vendor may not do alone to a device that somebody depends on: whoever takes it away must tell the centre."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anhu.registry.roles import Role
from anhu.registry.tables import Device
from api.errors import ForbiddenError
from api.security.roles import Viewer

_DIVERTING = ("codec", "child_name", "secret", "room", "position", "shared")
"""Where a device is decides which rules read it, and where a helper is sent."""
_ON_EVENTS_ONLY_S = 26 * 3_600 / 3
"""A device without a period is called silent after 26 hours, one with a period after three of them. [s]"""


def require_harmless(viewer: Viewer, device: Device, changes: Mapping[str, Any]) -> None:
    """Refuse a vendor what would silence or divert a device that is assigned to a resident.

    Raises
    ------
    ForbiddenError
        Naming what only the centre may do.
    """
    if viewer.role is not Role.VENDOR or device.resident_id is None:
        return
    for what in _silencing(device, changes):
        raise ForbiddenError(f"{device.id} is assigned to a resident: its centre must {what}, a vendor may not")


def _silencing(device: Device, changes: Mapping[str, Any]) -> list[str]:
    """Return what the changes would do to the resident's safety, in words."""
    found = [f"change its {name}" for name in _DIVERTING if name in changes and changes[name] != _now(device, name)]
    if changes.get("enabled") is False:
        found.append("revoke it")
    if "alarms" in changes and not set(device.alarms) <= set(changes["alarms"]):
        found.append("take alarms from it")
    period_s = changes.get("report_period_s")
    if period_s is not None and (period_s or _ON_EVENTS_ONLY_S) > (device.report_period_s or _ON_EVENTS_ONLY_S):
        found.append("let it be silent for longer")
    return found


def _now(device: Device, name: str) -> object:
    return getattr(device, name, None)
