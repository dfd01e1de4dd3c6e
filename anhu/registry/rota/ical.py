"""A member's turns as an iCalendar file (RFC 5545), by the wall clock of the rota's zone.

A time that the wall shows a second time cannot be said with a zone (RFC 5545, 3.3.5): it is written in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from anhu.contract.clock import DAY_MS, SECOND_MS
from anhu.registry.rota.duty import Turn

_LINE_BYTES = 75
_STAMP = "%Y%m%dT%H%M%S"


def calendar(turns: Sequence[Turn], *, zone: ZoneInfo, name: str, owner: str, made_ms: int) -> str:
    """Return the file's text.

    Parameters
    ----------
    name, owner : str
        What the calendar is called, and whose rota it is: people's words.
    made_ms : int
        When. [ms]
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Anhu//Rota//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ]
    from_ms = min((turn.start_ms for turn in turns), default=made_ms)
    until_ms = max((turn.end_ms for turn in turns), default=made_ms)
    lines += _zone_lines(zone, from_ms, until_ms)
    for turn in turns:
        lines += _event(turn, zone, owner, made_ms)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(turn: Turn, zone: ZoneInfo, owner: str, made_ms: int) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{turn.shift_id}-{turn.day:%Y%m%d}-{turn.start_ms // SECOND_MS}@anhu"
    yield f"DTSTAMP:{datetime.fromtimestamp(made_ms // SECOND_MS, tz=UTC):{_STAMP}}Z"
    yield f"DTSTART{_when(turn.start_ms, zone)}"
    yield f"DTEND{_when(turn.end_ms, zone)}"
    yield f"SUMMARY:{_text(f'{turn.shift_name} · {owner} · {turn.place}')}"
    yield "END:VEVENT"


def _when(at_ms: int, zone: ZoneInfo) -> str:
    local = datetime.fromtimestamp(at_ms // SECOND_MS, tz=zone)
    if local.fold:
        return f":{local.astimezone(UTC):{_STAMP}}Z"
    return f";TZID={zone.key}:{local:{_STAMP}}"


def _zone_lines(zone: ZoneInfo, from_ms: int, until_ms: int) -> Iterator[str]:
    """Describe the zone for the time of the events: its offset before them, and each change."""
    yield "BEGIN:VTIMEZONE"
    yield f"TZID:{zone.key}"
    before = datetime.fromtimestamp((from_ms - DAY_MS) // SECOND_MS, tz=zone)
    yield from _observance(before.replace(tzinfo=None), before, before)
    step = from_ms - DAY_MS
    while step < until_ms + DAY_MS:
        old, new = (datetime.fromtimestamp(ms // SECOND_MS, tz=zone) for ms in (step, step + DAY_MS))
        if old.utcoffset() != new.utcoffset():
            yield from _observance(_turning_point(step, zone), old, new)
        step += DAY_MS
    yield "END:VTIMEZONE"


def _observance(began: datetime, old: datetime, new: datetime) -> Iterator[str]:
    kind = "DAYLIGHT" if new.dst() else "STANDARD"
    yield f"BEGIN:{kind}"
    yield f"DTSTART:{began:{_STAMP}}"
    yield f"TZOFFSETFROM:{_offset(old)}"
    yield f"TZOFFSETTO:{_offset(new)}"
    yield f"TZNAME:{new.tzname()}"
    yield f"END:{kind}"


def _turning_point(from_ms: int, zone: ZoneInfo) -> datetime:
    """Return when in the following day the offset changes, as the clock that was still old showed it."""
    low, high = from_ms // SECOND_MS, (from_ms + DAY_MS) // SECOND_MS
    old = datetime.fromtimestamp(low, tz=zone).utcoffset() or timedelta()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, tz=zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, tz=UTC).replace(tzinfo=None) + old


def _offset(moment: datetime) -> str:
    minutes = int((moment.utcoffset() or timedelta()).total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"


def _text(words: str) -> str:
    """Escape a text's own signs; a control character has no place in a calendar."""
    escaped = re.sub(r"([\\;,])", r"\\\1", words.replace("\r\n", "\n")).replace("\n", r"\n")
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", escaped)


def _folded(line: str) -> Iterator[str]:
    """Cut a line where it has 75 bytes, between characters; what follows begins with a space."""
    part, size = "", 0
    for sign in line:
        length = len(sign.encode())
        if size + length > _LINE_BYTES:
            yield part
            part, size = " ", 1
        part, size = part + sign, size + length
    yield part
