"""Calls for help of devices that no resident has: for everybody who answers alarms, wherever the device may be."""

from __future__ import annotations

from alerts.episodes.nobodys_calls import open_calls, what_of
from anhu.registry.database import reading
from api.dependencies import Dependencies
from api.schemas.watch import NobodysCallView
from api.security.roles import Permission, Viewer, require

SHOWN = 3


def nobodys_calls(deps: Dependencies, viewer: Viewer) -> list[NobodysCallView]:
    """Return the newest; nothing about a person is in them, for nobody knows whose they are."""
    require(viewer, Permission.RESPOND)
    with reading(deps.sessions)() as session:
        found = open_calls(session, deps.clock.now_ms())
    return [
        NobodysCallView(
            device_id=call.device_id,
            model=device.model if device else "",
            kind=call.kind,
            at_ms=call.at_ms,
            about=call.about,
            what=what_of(call),
        )
        for call, device in found[:SHOWN]
    ]
