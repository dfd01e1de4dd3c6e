"""Whom an unanswered alert reaches, and when: the ladders as data, and what follows from them. Pure.

Source: the telecare practice of answering in 60 s and escalating at 180 s. H: desk and family at once, and the doctor
team too where a person may be hurt or ill; everybody at the desk and the supervisor after 60 s, the doctor team and the
next relative after 180 s, then the emergency prompt. M: desk or doctor at once, again after 15 and 60 minutes. L and
below page nobody: they are the worklist.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from alerts.kinds import KINDS, Route
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.priority import Priority


class Party(StrEnum):
    """Who is reached, relative to the resident."""

    CENTRE = "centre"
    TEAM = "team"
    FAMILY_FIRST = "family_first"
    """The relatives of the lowest rank."""
    FAMILY = "family"
    RESIDENT = "resident"
    """Whoever is called back at the resident's own numbers."""


class Step(NamedTuple):
    """A rung of a ladder."""

    after_ms: int
    """Since the alert was raised or got worse. [ms]"""
    parties: tuple[Party, ...]
    prompt_emergency: bool = False
    """The desk is asked, full screen, to call the emergency services; a human does."""


_EVERYBODY = (Party.CENTRE, Party.TEAM, Party.FAMILY)
REPEAT_MS = 10 * MINUTE_MS
"""The last step of a high alert comes again this often: silence must never be the answer to a call for help. [ms]"""
REPEATS = 6

_HIGH_SAFETY = (
    Step(0, (Party.CENTRE, Party.FAMILY_FIRST)),
    Step(60 * SECOND_MS, (Party.CENTRE,)),
    Step(180 * SECOND_MS, (Party.TEAM, Party.FAMILY)),
    Step(300 * SECOND_MS, _EVERYBODY, prompt_emergency=True),
)
_HIGH_PERSON = (
    Step(0, (Party.TEAM, Party.CENTRE, Party.FAMILY_FIRST)),
    Step(60 * SECOND_MS, (Party.CENTRE,)),
    Step(180 * SECOND_MS, (Party.TEAM, Party.FAMILY)),
    Step(300 * SECOND_MS, _EVERYBODY, prompt_emergency=True),
)
_MEDIUM_SAFETY = (
    Step(0, (Party.CENTRE, Party.FAMILY_FIRST)),
    Step(15 * MINUTE_MS, (Party.CENTRE, Party.TEAM)),
    Step(60 * MINUTE_MS, _EVERYBODY),
)
_MEDIUM_MEDICAL = (
    Step(0, (Party.TEAM,)),
    Step(15 * MINUTE_MS, (Party.TEAM,)),
    Step(60 * MINUTE_MS, (Party.TEAM, Party.CENTRE)),
)

_AREA = (
    Step(0, (Party.CENTRE,)),
    Step(15 * MINUTE_MS, (Party.CENTRE,)),
    Step(60 * MINUTE_MS, (Party.CENTRE, Party.TEAM)),
)

_DRILL = (Step(0, _EVERYBODY),)
_HEARTBEAT = (Step(0, (Party.RESIDENT,)),)


def ladder(kind: str, priority: Priority) -> tuple[Step, ...]:
    """Return the steps of a kind at a priority; empty when nobody is paged.

    Who is first told stands in the kind's data sheet (`Route`); a kind that there is no more goes to the desk.
    """
    route = KINDS[kind].route if kind in KINDS else Route.SAFETY
    if route is Route.DRILL and priority >= Priority.MEDIUM:
        return _DRILL
    if route is Route.HEARTBEAT:
        return _HEARTBEAT
    if route is Route.AREA and priority is Priority.MEDIUM:
        return _AREA
    if priority is Priority.HIGH:
        return _HIGH_PERSON if route in {Route.MEDICAL, Route.PERSON} else _HIGH_SAFETY
    if priority is Priority.MEDIUM:
        return _MEDIUM_MEDICAL if route is Route.MEDICAL else _MEDIUM_SAFETY
    return ()


def step_at(kind: str, priority: Priority, number: int) -> Step | None:
    """Return a step by its number from 0; None past the end. The last step of a high alert repeats."""
    steps = ladder(kind, priority)
    if number < len(steps):
        return steps[number]
    again = number - len(steps) + 1
    if steps and steps[-1].prompt_emergency and again <= REPEATS:
        return steps[-1]._replace(after_ms=steps[-1].after_ms + again * REPEAT_MS)
    return None
