"""Why a rule says nothing at present, though something might be the matter: counted and shown, never a green light."""

from __future__ import annotations

from enum import StrEnum


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
