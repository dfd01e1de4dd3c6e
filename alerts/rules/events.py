"""What event rules share: one finding per event, repeats of a chattering sensor said once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Window
from alerts.time_shift import all_shifted
from anhu.contract.priority import Priority

_MOST_KEYS = 64
_LONGEST = 64


def event_finding(
    window: Window,
    kind: str,
    t_ms: int,
    priority: Priority,
    *,
    condition: Condition = Condition.PRESENT,
    note: str = "",
    decided_at_ms: int | None = None,
    room: str = "",
) -> Finding:
    """Return the finding of one event. [ms]."""
    evidence = Evidence(
        quantity=window.quantity, device_id=window.device_id, start_ms=t_ms, end_ms=t_ms, note=note, room=room
    )
    decided = t_ms if decided_at_ms is None else decided_at_ms
    return Finding(kind, condition, t_ms, decided, 1.0, priority, evidence)


def in_its_words(finding: Finding, words: str) -> Finding:
    """Return a finding that tells what the device said, where nobody has mapped it."""
    evidence = msgspec.structs.replace(finding.evidence, words=[words[:_LONGEST]] if words else [])
    return msgspec.structs.replace(finding, evidence=evidence)


def own_room(window: Window) -> str:
    """Return the room that an event names itself; empty when only the device's registration does, or nobody.

    A device that watches several rooms is well in one while another is not.
    """
    return str(window.attributes.get("room", ""))


class Dedup:
    """Says whether an event is a new one: of those within a short time of the last counted, only the first is.

    The order of arrival does not matter, so that a late event is not lost behind a newer one.

    Parameters
    ----------
    within_ms : int
        How close two reports of one event may be. [ms]
    """

    __slots__ = ("_last_ms", "within_ms")

    def __init__(self, within_ms: int) -> None:
        self.within_ms = within_ms
        self._last_ms: dict[str, int] = {}

    def is_new(self, key: str, t_ms: int) -> bool:
        """Tell whether an event is new, and remember it. [ms]."""
        last = self._last_ms.get(key)
        if last is not None and abs(t_ms - last) < self.within_ms:
            return False
        if last is not None:
            del self._last_ms[key]  # it goes to the end
        elif len(self._last_ms) >= _MOST_KEYS:  # a device makes up words: the one counted longest ago is forgotten
            del self._last_ms[next(iter(self._last_ms))]
        self._last_ms[key] = t_ms if last is None else max(t_ms, last)
        return True

    def forget(self, key: str) -> None:
        """Take the next one for new: what the last one began has ended meanwhile."""
        self._last_ms.pop(key, None)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return dict(self._last_ms)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._last_ms = dict(state)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._last_ms = all_shifted(self._last_ms, by_ms)
