"""What the detectors of a home share: its events one by one, each after the time before it has passed."""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple

from alerts.finding import Finding
from alerts.rules.detector import Detector, Scope, Window
from alerts.rules.household import ACTIVITY, PLACES, Household
from alerts.rules.local_time import LocalTime
from alerts.rules.timers import caught_up
from alerts.rules.usable import usable_events
from anhu.contract.rooms import room_of


class HomeEvent(NamedTuple):
    """An event of a home, and what it changed.

    Attributes
    ----------
    t_ms : int
        When. [ms]
    on : bool
        It began; else it ended.
    active : bool
        A sign of the person being active inside.
    is_life : bool
        Life was seen anew: inside, or at the door.
    was_in_bed : bool
        The person was in bed before it.
    """

    quantity: str
    room: str
    t_ms: int
    on: bool
    active: bool
    is_life: bool
    was_in_bed: bool


class HomeDetector(Detector):
    """Reads the sensors of a home; a subclass says what an event means (`_event`) and keeps its own timers.

    Parameters
    ----------
    clock : LocalTime
        The resident's.
    """

    reads = ACTIVITY
    scope = Scope.RESIDENT

    def __init__(self, clock: LocalTime) -> None:
        self._clock = clock
        self._home = Household()

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take what the sensors of the home see."""
        found: list[Finding] = []
        home, room = self._home, room_of(window.context)
        for t, on in usable_events(window):
            found += caught_up(self, t)
            before_ms, was_in_bed = home.last_ms, home.in_bed
            active = home.take(window.quantity, room, t, on=on, device_id=window.device_id)
            if window.quantity in PLACES and not active:
                continue  # an empty bed that was empty before tells nothing
            is_life = home.last_ms > before_ms
            found += self._event(HomeEvent(window.quantity, room, t, on, active, is_life, was_in_bed))
        return tuple(found)

    @abstractmethod
    def _event(self, event: HomeEvent) -> list[Finding]:
        """Take one event; the household has taken it already."""
