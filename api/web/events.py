"""Events of the home in words, the newest first, the same thing in a row told once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from api.schemas.observations import EventView
from api.web.wording import Wording

_STATEFUL = frozenset({"contact", "bed", "chair", "presence", "worn", "connection", "switch", "motion"})

_BEGINNINGS_ONLY = frozenset({"motion", "presence", "vibration"})
"""That these ended says nothing to people."""


@dataclass(frozen=True, slots=True)
class EventLine:
    """One or several equal events in a row.

    Attributes
    ----------
    at_ms : int
        The newest of them. [ms]
    count : int
        How many.
    """

    at_ms: int
    text: str
    count: int = 1


def event_lines(events: Iterable[EventView], wording: Wording) -> list[EventLine]:
    """Return the lines of a list that is given oldest first."""
    lines: list[EventLine] = []
    for event in events:
        if event.kind in _BEGINNINGS_ONLY and event.state == "off":
            continue
        text = _text(event, wording)
        if lines and lines[-1].text == text:
            lines[-1] = replace(lines[-1], at_ms=event.observed_at_ms, count=lines[-1].count + 1)
        else:
            lines.append(EventLine(event.observed_at_ms, text))
    return lines[::-1]


def _text(event: EventView, wording: Wording) -> str:
    room = str(event.attributes.get("room", ""))
    where = f"{wording.word('room', room)} · " if room else ""
    vendor = str(event.attributes.get("vendor_type", ""))
    return where + _what(event, wording) + (f" ({vendor})" if vendor else "")


def connection_reason(event: EventView, wording: Wording) -> str:
    """Return why a device came or went, to be put behind that it did; empty when there is nothing to say."""
    reason, detail = str(event.attributes.get("reason", "")), str(event.attributes.get("detail", ""))
    if reason in ("", "connected"):
        return ""
    return f" · {wording.word('ended', reason)}" + (f" ({detail})" if detail else "")


def _what(event: EventView, wording: Wording) -> str:
    if event.kind == "connection":
        return wording.word("state", f"connection_{event.state}") + connection_reason(event, wording)
    if event.kind in _STATEFUL:
        return wording.word("state", f"{event.kind}_{event.state}")
    name = wording.quantity(event.kind)
    return name if event.state == "on" else f"{name} ({wording.word('state', event.state)})"
