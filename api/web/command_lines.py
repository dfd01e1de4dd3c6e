"""What devices were asked about an alarm, and how far each question is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from anhu.contract.clock import MINUTE_MS
from anhu.contract.commands import ANSWERED_BY
from api.schemas.observations import EventView
from api.services.around_alert import Asked

_SILENT_AFTER_MS = 2 * MINUTE_MS


class CommandLine(NamedTuple):
    """One question to a device.

    Attributes
    ----------
    state : str
        ``waiting``, ``delivered``, ``answered``, ``silent`` (it has it, and says nothing), ``expired``, ``failed`` (it
        cannot).
    """

    device_id: str
    name: str
    at_ms: int
    state: str


def command_lines(
    asked: Sequence[Asked], events: Sequence[EventView], measured_ms: Mapping[str, int], now_ms: int
) -> list[CommandLine]:
    """Return a line for each question, the newest first.

    Parameters
    ----------
    measured_ms : mapping
        Quantity -> when it was last measured. [ms]
    """
    return [
        CommandLine(one.device_id, one.name, one.created_at_ms, _state(one, events, measured_ms, now_ms))
        for one in asked
    ]


def _state(one: Asked, events: Sequence[EventView], measured_ms: Mapping[str, int], now_ms: int) -> str:
    if one.failed_at_ms is not None:
        return "failed"
    if one.answered_at_ms is not None:
        return "answered"
    if one.delivered_at_ms is None:
        return "expired" if now_ms >= one.expires_at_ms else "waiting"
    kinds = ANSWERED_BY.get(one.name, frozenset())
    said = any(event.kind in kinds and event.observed_at_ms >= one.created_at_ms for event in events)
    found = [at_ms for name, at_ms in measured_ms.items() if name == one.quantity or not one.quantity]
    if said or (one.name == "measure" and max(found, default=0) >= one.created_at_ms):
        return "answered"
    awaited = bool(kinds) or one.name == "measure"
    return "silent" if awaited and now_ms - one.delivered_at_ms > _SILENT_AFTER_MS else "delivered"
