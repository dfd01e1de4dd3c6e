"""What an escalation policy is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from anhu.contract.priority import Priority

MOST_STEPS = 12


class Party(StrEnum):
    """Who is reached, relative to the resident."""

    RESIDENT = "resident"
    """The resident is called back: may answer that all is well, but is nobody who comes."""
    FAMILY_FIRST = "family_first"
    """The relatives of the lowest rank."""
    FAMILY_SECOND = "family_second"
    FAMILY_THIRD = "family_third"
    FAMILY = "family"
    CENTRE = "centre"
    """The desk: what is the centre's own, and who is on call there."""
    CARER = "carer"
    SUPERVISOR = "supervisor"
    """Of the centre, or of its organisation."""
    TEAM = "team"
    """The doctor team: what is its own, and who is on call there."""
    NURSE = "nurse"
    GP = "gp"
    PUBLIC_HEALTH = "public_health"
    EVERYBODY = "everybody"


class Days(StrEnum):
    """On which days a policy counts, by the calendar of the home."""

    WORKDAY = "workday"
    RESTDAY = "restday"


class Step(NamedTuple):
    """A step of a policy, as people write it.

    Attributes
    ----------
    after_ms : int
        Since the alert was raised or was last news. [ms]
    channels : tuple of str
        Over which channels; empty: all that a contact has. Who has none of these is told over what there is.
    prompt_emergency : bool
        The desk is asked, full screen, to call the emergency services; a human does.
    repeat_every_ms, repeat_times : int
        How often the step comes again, if nobody answers; 0: never. [ms]
    """

    after_ms: int
    parties: tuple[Party, ...]
    channels: tuple[str, ...] = ()
    prompt_emergency: bool = False
    repeat_every_ms: int = 0
    repeat_times: int = 0


class Rung(NamedTuple):
    """A step at one of its times."""

    after_ms: int
    parties: tuple[Party, ...]
    channels: tuple[str, ...]
    prompt_emergency: bool


class Hours(NamedTuple):
    """A time of the day by the clock of the home, without its last minute; over midnight when it ends before."""

    from_minute: int
    until_minute: int

    @property
    def minutes(self) -> int:
        """How long it is. [min]."""
        return (self.until_minute - self.from_minute) % (24 * 60)

    def holds(self, minute: int) -> bool:
        """Tell whether a minute of the day is within."""
        return (minute - self.from_minute) % (24 * 60) < self.minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which alarms a policy is for; what is left empty is any.

    Attributes
    ----------
    organisation_id : str
        Whose residents; empty: of the whole installation.
    kinds : tuple of str
        Kinds of alert.
    route : str
        Way of a kind (`alerts.kinds.Route`).
    priority : Priority
        High or medium: what is less urgent pages nobody.
    tier : str
        How closely the resident is watched (`anhu.registry.tiers`).
    hours : Hours, optional
        When it was raised, or was last news.
    """

    organisation_id: str = ""
    kinds: tuple[str, ...] = ()
    route: str = ""
    priority: Priority
    tier: str = ""
    hours: Hours | None = None
    days: Days | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Who is told of an alarm, and when.

    Attributes
    ----------
    id : str
        The same for all versions; empty for what there is without anybody writing one.
    number : int
        Of this version, among all versions of all policies; 0 for a default.
    ack_stands_ms : int, optional
        How long "acknowledged" may stand without "on the way" before paging resumes; None: until it is closed. [ms]
    scene_within_ms : int, optional
        How long "on the way" may stand without "on scene" before it is asked after; None: never. [ms]
    zone : str
        IANA name of the clock of homes that have none of their own.
    """

    id: str = ""
    number: int = 0
    name: str
    scope: Scope
    steps: tuple[Step, ...]
    ack_stands_ms: int | None
    scene_within_ms: int | None
    zone: str = ""

    @property
    def is_call_back(self) -> bool:
        """Whether it tells nobody but the resident: so it is with the one whom the platform itself has made up."""
        return all(party is Party.RESIDENT for step in self.steps for party in step.parties)

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """The steps and their repetitions in the order of their times: a running alarm counts these."""
        return _rungs(self.steps)


@lru_cache(maxsize=1_024)
def _rungs(steps: tuple[Step, ...]) -> tuple[Rung, ...]:
    found = [
        (step.after_ms + again * step.repeat_every_ms, number, step)
        for number, step in enumerate(steps)
        for again in range(1 + step.repeat_times)
    ]
    found.sort(key=lambda one: one[:2])
    return tuple(Rung(after_ms, step.parties, step.channels, step.prompt_emergency) for after_ms, _, step in found)
