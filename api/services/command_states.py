"""How far each thing is that was asked of a device, and questions that nobody answers."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import exists

from alerts.silent_questions import is_silent, questions
from anhu.contract.clock import DAY_MS
from anhu.registry.database import reading
from anhu.registry.tables import Device, DeviceCommand
from api.dependencies import Dependencies
from api.schemas.devices import CommandView
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_devices

_SHOWN = 3


class SilentQuestion(NamedTuple):
    """An "are you well?" that nobody answers. [ms]."""

    device_id: str
    asked_at_ms: int


def command_view(row: DeviceCommand, now_ms: int) -> CommandView:
    """Return a command with its state."""
    return CommandView(
        id=row.id,
        device_id=row.device_id,
        name=row.name,
        arguments=row.arguments,
        state=state_of(row, now_ms),
        created_at_ms=row.created_at_ms,
        delivered_at_ms=row.delivered_at_ms,
        expires_at_ms=row.expires_at_ms,
        answered_at_ms=row.answered_at_ms,
        answer=row.answer,
        failed_at_ms=row.failed_at_ms,
        failure=row.failure,
    )


def state_of(row: DeviceCommand, now_ms: int) -> str:
    """Return how far a command is: failed and answered are ends, whatever time it is. [ms].

    Silent is only a device that has the question: one that never got it says nothing of who wears it.
    """
    if row.failed_at_ms is not None:
        return "failed"
    if row.answered_at_ms is not None:
        return "answered"
    if row.delivered_at_ms is not None:
        return "silent" if is_silent(row, now_ms) else "delivered"
    return "expired" if now_ms >= row.expires_at_ms else "waiting"


def own_silent_questions(deps: Dependencies, viewer: Viewer) -> list[SilentQuestion]:
    """Return questions of the viewer that nobody answers: of the last day, until the same device is asked anew."""
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    mine = exists().where(Device.id == DeviceCommand.device_id, visible_devices(viewer))
    with reading(deps.sessions)() as session:
        newest: dict[str, DeviceCommand] = {}
        asked = questions(since_ms=now_ms - DAY_MS, asked_by=viewer.user_id)
        for row in session.scalars(asked.where(mine)):
            newest[row.device_id] = row
        silent = [row for row in newest.values() if is_silent(row, now_ms)]
    return [SilentQuestion(row.device_id, row.created_at_ms) for row in silent[:_SHOWN]]
