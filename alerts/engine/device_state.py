"""Everything the engine keeps for one device: its detectors, its clock, what it last said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Detector
from alerts.rules.silence import Silence
from alerts.time_shift import all_shifted, shifted
from anhu.contract.device_clock import SANE_MS, DeviceClock

Range = tuple[float, float]
_REMEMBERED_EVENTS = 8
_REMEMBERED_KINDS = 64
_NOTHING: Mapping[str, Any] = MappingProxyType({})  # most devices say neither events nor waveforms
_NO_CLOCK = DeviceClock()


class Instance:
    """One detector at work, and when it next wants to be woken."""

    __slots__ = ("detector", "due_ms", "name", "quiet_ranges", "silence", "state")

    def __init__(self, detector: Detector, state: DeviceState, name: str) -> None:
        self.detector = detector
        self.state = state
        self.name = name
        """Under which it is kept: the detector's, with that of the lane."""
        self.due_ms: int | None = None
        self.quiet_ranges: tuple[Range | None, ...] = ()
        """Its quiet ranges, in the order of what it reads, as `DeviceState.quiet` was made from them."""
        self.silence = Silence.NONE
        """Why it says nothing at present, as it is counted."""

    def takes_note(self, quantity: str, t_ms: int, value: float) -> bool:
        """Tell it of a number that decides nothing; False if it must come as a window after all. [ms]."""
        try:
            return self.detector.note(quantity, t_ms, value)
        except Exception:  # noqa: BLE001 - it is told again with the window, and let go if it fails at that too
            return False


class Quiet(NamedTuple):
    """Which numbers of one quantity decide nothing now, and who wants to know of them all the same.

    Attributes
    ----------
    low, high : float
        Values strictly inside matter to no detector.
    noted_by : tuple of Instance
        Detectors that are told of those values.
    """

    low: float
    high: float
    noted_by: tuple[Instance, ...]


class DeviceState:
    """One device.

    Parameters
    ----------
    device : WatchedDevice
        Who it is and whom it watches.
    """

    __slots__ = (
        "clock", "connected_ms", "device", "heard_ms", "heard_wanted", "instances", "last_ms", "members", "off_body",
        "quiet", "recent_events", "waves_end_ms",
    )  # fmt: skip

    def __init__(self, device: WatchedDevice) -> None:
        self.device = device
        self.clock = DeviceClock()
        self.connected_ms = 0
        """Since when its connection stands, if it is known to stand."""
        self.heard_ms = 0
        self.heard_wanted = False
        self.off_body = False
        """It said that nobody wears it."""
        self.instances: tuple[Instance, ...] = ()
        self.quiet: dict[str, Quiet | None] = {}
        """By quantity; one that is missing, or None, is not known yet."""
        self.members: tuple[DeviceState, ...] = ()
        """The devices of a whole resident, whose own state this is; empty for a device."""
        self.last_ms: dict[str, int] = {}
        self.recent_events: Mapping[str, list[int]] = _NOTHING
        self.waves_end_ms: Mapping[str, list[int]] = _NOTHING

    @classmethod
    def of_whole_resident(cls, device: WatchedDevice) -> DeviceState:
        """Return a state for all devices of a resident together: nothing arrives at it, so it keeps detectors alone."""
        made = cls(device)
        made.clock = _NO_CLOCK
        made.quiet = made.last_ms = cast("dict[str, Any]", _NOTHING)
        return made

    def name_of(self, device_id: str) -> str:
        """Return who speaks, as the object that is kept already: all who are too many speak here with their own."""
        return own if (own := self.device.device_id) == device_id else device_id

    def at_work(self, name: str) -> Instance | None:
        """Return the instance of a name: there are few, and a table for each device took more than all of them."""
        for one in self.instances:
            if one.name == name:
                return one
        return None

    def join(self, state: DeviceState) -> None:
        """Take it that a device is one of a whole resident's."""
        if state not in self.members:
            self.members += (state,)

    def leave(self, device_id: str) -> None:
        """Take it that a device is a whole resident's no longer."""
        self.members = tuple(one for one in self.members if one.device.device_id != device_id)

    @property
    def known_quiet(self) -> Iterable[str]:
        """The quantities of which it is known which values matter."""
        return [quantity for quantity, quiet in self.quiet.items() if quiet is not None]

    @property
    def _devices(self) -> tuple[DeviceState, ...]:
        return (self,) if self.device.device_id else self.members

    def forget_quiet(self, quantities: Iterable[str]) -> None:
        """Ask again which values of these quantities matter, on every device of a whole resident."""
        for one in self._devices:
            for quantity in quantities:
                if quantity in one.quiet:
                    one.quiet[quantity] = None

    def forget_all_quiet(self) -> None:
        """Ask again which values matter, on every device of a whole resident."""
        for one in self._devices:
            one.quiet.clear()

    def wave_ends(self, quantity: str) -> list[int]:
        """Return until when waveforms of a quantity have come, each lane for itself; it is written to. [ms]."""
        ends = self.waves_end_ms.get(quantity)
        if ends is None:
            ends = [0, 0]
            self.waves_end_ms = {**self.waves_end_ms, quantity: ends}
        return ends

    def is_repeated_event(self, key: str, t_ms: int) -> bool:
        """Tell whether this event was seen already (a device that got no acknowledgement sends again). [ms]."""
        seen = self.recent_events.get(key)
        if seen is None:
            known = [*self.recent_events.items()]
            if len(known) >= _REMEMBERED_KINDS:  # a device makes up words: the oldest is forgotten
                del known[0]
            seen = []
            self.recent_events = {**dict(known), key: seen}
        if t_ms in seen:
            return True
        seen.append(t_ms)
        del seen[:-_REMEMBERED_EVENTS]
        return False

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {
            "resident": self.device.resident_id,
            "clock": self.clock.snapshot(),
            "connected": self.connected_ms,
            "heard": self.heard_ms,
            "off_body": self.off_body,
            "last": dict(self.last_ms),
            "events": {key: list(times) for key, times in self.recent_events.items()},
            "waves": {key: list(ends) for key, ends in self.waves_end_ms.items()},
            "detectors": self.detectors_snapshot(),
        }

    def detectors_snapshot(self) -> dict[str, Any]:
        """Return the state of every detector."""
        return {instance.name: instance.detector.snapshot() for instance in self.instances}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state, the detectors' excepted."""
        self.clock.restore(state["clock"])
        self.connected_ms = state.get("connected", 0)
        self.heard_ms = state["heard"]
        self.off_body = state.get("off_body", False)
        self.last_ms = dict(state["last"])
        self.recent_events = {key: list(times) for key, times in state["events"].items()} or _NOTHING
        self.waves_end_ms = {key: list(ends) for key, ends in state["waves"].items()} or _NOTHING

    def ahead_ms(self, of_ms: int) -> int:
        """Return by how much what it said, or any device of a whole resident, is ahead of a time. [ms].

        A device's clock may be ahead of ours and right enough, and of a bunch without times each gets one of its own.
        """
        newest_ms = of_ms
        for one in (self, *self.members):
            newest_ms = max(chain((newest_ms,), one.last_ms.values(), *one.waves_end_ms.values()))
        return min(newest_ms - of_ms, SANE_MS)

    def shift(self, by_ms: int, own_ms: int) -> None:
        """Move every time that is remembered, the detectors' excepted. [ms].

        Parameters
        ----------
        own_ms : int
            What goes by the device's time moves by so much: nothing of that is ahead of what comes now.
        """
        self.clock.shift(by_ms)
        self.connected_ms = shifted(self.connected_ms, by_ms)
        self.heard_ms = shifted(self.heard_ms, by_ms)
        self.last_ms = all_shifted(self.last_ms, own_ms)
        for times_ms in (*self.recent_events.values(), *self.waves_end_ms.values()):
            times_ms[:] = [shifted(t_ms, own_ms) for t_ms in times_ms]
