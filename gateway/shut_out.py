"""What registered devices say that are switched off: not used, but looked at, for one may be switched off by mistake.

Whoever presses its button lies on a floor all the same. And whoever stole it must not be able to fill every telephone:
each device is told once an hour, and all of them together within a bound.
"""

from __future__ import annotations

from dataclasses import dataclass

from anhu.contract.allowance import Allowance, Rate
from anhu.contract.clock import HOUR_MS
from anhu.contract.observation import AttributeValue, Event, TimeQuality
from gateway.codec import Frame
from gateway.directory import DeviceEntry
from gateway.doors.set_aside import Aside, SetAside
from gateway.group_commit import Done
from gateway.intake import Intake
from gateway.stranger_calls import StrangerCall, StrangerCalls

TOLD_AGAIN_MS = HOUR_MS
"""Of one device: the desks show its call for a day anyway. [ms]"""
ALL_TOLD = Rate(50, 5)
"""Of all devices together."""
_MOST_TOLD = 10_000


@dataclass(slots=True)
class ShutOutCounters:
    """Counts since the start. [messages].

    Attributes
    ----------
    shut_out, shut_out_calls, shut_out_told : int
        Of devices that are switched off; of them read like a call for help; were told.
    """

    shut_out: int = 0
    shut_out_calls: int = 0
    shut_out_told: int = 0


class ShutOut:
    """Takes what they say, from every door that can hear it.

    Parameters
    ----------
    intake : Intake
        Has calls told through the LOG, and keeps some of the rest raw.
    calls : StrangerCalls
        Tells whether something reads like a call.

    Attributes
    ----------
    aside : SetAside
        Notes for the devices' pages.
    """

    def __init__(self, intake: Intake, calls: StrangerCalls, now_ms: int) -> None:
        self._intake, self._calls = intake, calls
        self._all_told = Allowance.full(ALL_TOLD, now_ms)
        self._told_ms: dict[str, int] = {}
        self.aside = SetAside()
        self.counters = ShutOutCounters()

    def take(self, frame: Frame, device: DeviceEntry, done: Done, token: object = None) -> bool:
        """Take a message; ``done(token, error)`` is called once a call in it is on disk. Return whether it is one."""
        self.counters.shut_out += 1
        now_ms = frame.received_at_ms
        if self.aside.note(device, Aside.SHUT_OUT, frame.route, now_ms):
            reason = f"device_id: got {device.device_id!r}, expected a device that is not shut out for {frame.route}"
            self._intake.keep_undecoded(frame, reason, _passed)
        call = self._calls.of(frame, device.codec, f"device {device.device_id}")
        self.counters.shut_out_calls += call is not None
        if call is None or not self._may_tell(device.device_id, now_ms):
            self._intake.in_turn(done, token)
            return call is not None
        self.counters.shut_out_told += 1
        self._intake.tell_of_stranger(
            device.device_id, _event(call, frame), self._is_told, (device.device_id, done, token)
        )
        return True

    def _may_tell(self, device_id: str, now_ms: int) -> bool:
        last_ms = self._told_ms.get(device_id)
        if (last_ms is not None and 0 <= now_ms - last_ms < TOLD_AGAIN_MS) or not self._all_told.takes(now_ms):
            return False
        if len(self._told_ms) >= _MOST_TOLD:
            del self._told_ms[next(iter(self._told_ms))]
        self._told_ms[device_id] = now_ms
        return True

    def _is_told(self, about: tuple[str, Done, object], error: Exception | None) -> None:
        device_id, done, token = about
        if error is not None:
            self._told_ms.pop(device_id, None)  # it is not on disk: whoever sends it again is told
        done(token, error)


def _event(call: StrangerCall, frame: Frame) -> Event:
    about: dict[str, AttributeValue] = {"urgent": True, "shut_out": True, "door": frame.door.value, "word": call.word}
    return Event(call.kind, frame.received_at_ms, "on", about, TimeQuality.RECEIVED)


def _passed(_token: object, _error: Exception | None) -> None:
    """Nobody is answered for what is kept raw."""
