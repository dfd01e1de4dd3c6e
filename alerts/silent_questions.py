"""A device was told to ask whether all is well, and nobody answers: whoever asked is told."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, case, select

from anhu.contract.clock import MINUTE_MS
from anhu.registry.tables import DeviceCommand

ASK_OK = "ask_ok"
SILENT_AFTER_MS = 2 * MINUTE_MS
"""Twice as long as a device listens, and its answer may be on the way. [ms]"""


def silent_at_ms(row: DeviceCommand) -> int:
    """Return when nobody has answered for too long: it cannot be asked, never got it, or says nothing. [ms]."""
    if row.failed_at_ms is not None:
        return row.failed_at_ms
    return row.expires_at_ms if row.delivered_at_ms is None else row.delivered_at_ms + SILENT_AFTER_MS


def silent_at() -> ColumnElement[int]:
    """Return the same as a database counts it. [ms]."""
    return case(
        (DeviceCommand.failed_at_ms.is_not(None), DeviceCommand.failed_at_ms),
        (DeviceCommand.delivered_at_ms.is_not(None), DeviceCommand.delivered_at_ms + SILENT_AFTER_MS),
        else_=DeviceCommand.expires_at_ms,
    )


def is_silent(row: DeviceCommand, now_ms: int) -> bool:
    """Tell whether it is a question that nobody answers. [ms]."""
    return row.name == ASK_OK and row.answered_at_ms is None and now_ms >= silent_at_ms(row)


def questions(*, since_ms: int, asked_by: str = "") -> Select[DeviceCommand]:
    """Return the query for what people asked, one of them or all, the oldest first. [ms]."""
    whose = DeviceCommand.asked_by == asked_by if asked_by else DeviceCommand.asked_by != ""
    asked = select(DeviceCommand).where(DeviceCommand.name == ASK_OK, DeviceCommand.created_at_ms > since_ms, whose)
    return asked.order_by(DeviceCommand.created_at_ms, DeviceCommand.id)
