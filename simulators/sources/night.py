"""A made-up night at home: two visits to the bathroom, then one from which nobody comes back to bed."""

from __future__ import annotations

from collections.abc import Iterator

from anhu.contract.clock import HOUR_MS, MINUTE_MS
from simulators.report import Report, Story, happened

BEGINS_H = 20.0
"""Local time of day at which the story begins. [h]"""
_EVENING = ((20.05, "kitchen"), (20.1, "kitchen"), (20.4, "living_room"), (20.8, "living_room"), (21.3, "bathroom"))
_TO_BED_H = 21.62
_VISITS = ((23.8, 7.0), (26.4, 9.0))
_LAST_OUT_H, _LAST_SEEN_MIN = 28.2, 4.0
_SIGN_EVERY_MIN = 2.0


def night() -> Story:
    """Return what bed and motion sensors say from eight in the evening on; the last sign of life is at 4:16."""
    return tuple(sorted(_reports(), key=lambda report: report.after_ms))


def _reports() -> Iterator[Report]:
    for hour, room in _EVENING:
        yield from _moves(hour, room)
    yield _bed(_TO_BED_H, "on")
    for hour, minutes in _VISITS:
        yield _bed(hour, "off")
        yield from _visit(hour, minutes)
        yield _bed(hour + minutes / 60, "on")
    yield _bed(_LAST_OUT_H, "off")
    yield from _visit(_LAST_OUT_H, _LAST_SEEN_MIN)


def _visit(hour: float, minutes: float) -> Iterator[Report]:
    signs = int(minutes / _SIGN_EVERY_MIN)
    yield from _moves(hour + 0.5 / 60, "bedroom")
    for sign in range(1, signs):
        yield from _moves(hour + sign * _SIGN_EVERY_MIN / 60, "bathroom")


def _moves(hour: float, room: str) -> Iterator[Report]:
    yield happened(_after_ms(hour), "motion", "on", room=room)
    yield happened(_after_ms(hour) + MINUTE_MS, "motion", "off", room=room)


def _bed(hour: float, state: str) -> Report:
    return happened(_after_ms(hour), "bed", state, room="bedroom")


def _after_ms(hour: float) -> int:
    return round((hour - BEGINS_H) * HOUR_MS)
