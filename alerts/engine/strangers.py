"""Devices that nobody registered: so many are remembered one by one for a resident, all over that as one.

A home gateway names its sensors as it likes, and a device that makes up a name for each message must not fill the
memory. What is over the limit is still judged, together, counted, and told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from alerts.engine.device_states import DeviceStates
from alerts.engine.resident_finding import ResidentFinding
from alerts.finding import Condition, Evidence, Finding
from alerts.kinds import SHEETS
from anhu.contract.clock import DAY_MS
from anhu.contract.priority import Priority

MOST_STRANGERS = 200
"""A large home has fifty sensors."""
UNHEARD_MS = 7 * DAY_MS
"""Who has not been heard for so long makes place. [ms]"""
_ASKED_EACH = 64
OTHERS = "~others"
"""All that are over: their events are judged, as if of one device."""


class Strangers:
    """Who speaks for residents without being registered.

    Parameters
    ----------
    states : DeviceStates
        Says when each was last heard.
    part : callable
        Forgets a device of a resident.
    counts : Counter
        ``sources_over``: names that were taken together with others.
    """

    def __init__(self, states: DeviceStates, part: Callable[[str, str], None], counts: Counter[str]) -> None:
        self._states = states
        self._part = part
        self._counts = counts
        self._met: dict[str, dict[str, None]] = {}
        self._told_ms: dict[str, int] = {}

    def name(self, device_id: str, resident_id: str) -> str:
        """Return under which name a device is remembered: its own, or that of all who are too many."""
        met = self._met.setdefault(resident_id, {})
        if device_id not in met:
            if len(met) >= MOST_STRANGERS and not self._makes_place(met, resident_id):
                return OTHERS
            met[device_id] = None
        return device_id

    def _makes_place(self, met: dict[str, None], resident_id: str) -> bool:
        """Forget whoever has not been heard for longest, if that is long; asked now and then, for floods."""
        over = self._counts["sources_over"]
        self._counts["sources_over"] += 1
        if over % _ASKED_EACH:
            return False
        heard_ms = {one: self._heard_ms(one, resident_id) for one in met}
        oldest = min(heard_ms, key=lambda one: heard_ms[one])
        if max(heard_ms.values()) - heard_ms[oldest] < UNHEARD_MS:
            return False
        self._counts["sources_over"] -= 1
        del met[oldest]
        self._part(oldest, resident_id)
        return True

    def _heard_ms(self, device_id: str, resident_id: str) -> int:
        state = self._states.devices.get((device_id, resident_id))
        return 0 if state is None else state.heard_ms

    def told(self, resident_id: str, now_ms: int) -> list[ResidentFinding]:
        """Return, once a day, that more speak for a resident than can be: names are made up, or never the same."""
        if now_ms - self._told_ms.get(resident_id, 0) < DAY_MS:
            return []
        self._told_ms[resident_id] = now_ms
        evidence = Evidence(start_ms=now_ms, end_ms=now_ms, note="alert.note.too_many_sources")
        (kind,) = SHEETS["engine/strangers"].raises
        fault = Finding(kind, Condition.PRESENT, now_ms, now_ms, 1.0, Priority.MEDIUM, evidence)
        return [ResidentFinding(resident_id, OTHERS, fault)]

    def know_again(self, remembered: Iterable[tuple[str, str]]) -> None:
        """Take those who are remembered after a restart: device and resident."""
        self._met = {}
        for device_id, resident_id in remembered:
            if device_id != OTHERS:
                self._met.setdefault(resident_id, {})[device_id] = None
