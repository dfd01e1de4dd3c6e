"""Why a rule says nothing at present, though something might be the matter: counted and shown, never a green light."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Silence(StrEnum):
    """What keeps a rule from judging."""

    NONE = ""
    """It judges."""
    LEARNING = "learning"
    """What is usual for this resident is not known yet; wide limits hold meanwhile."""
    CANNOT_TELL = "cannot_tell"
    """It is known, and so wide that the sensors cannot tell the usual from the unusual."""
    NO_SENSOR = "no_sensor"
    """The sensor it lives on has never said anything."""
    DOUBT = "doubt"
    """The readings are none of a living body: the sensor is doubted."""


class Lesson(NamedTuple):
    """How far a rule that is learning has come.

    Attributes
    ----------
    known, needed : int
        So many of so many; `known` is less.
    of : str
        What is counted: ``days``, ``nights``, ``mornings`` or ``stays``.
    """

    known: int
    needed: int
    of: str

    @property
    def days_left(self) -> int | None:
        """At the earliest in so many days it is learned; None where it takes no days but occasions."""
        return None if self.of == "stays" else self.needed - self.known
