"""Two devices that suspect a fall of one resident at one time confirm each other: nobody waits for the minute to pass.

A state and a radar err for different reasons, so both together are a fall. One device that says it twice is not, and
one that says it is not worn confirms nothing. All times are those of the falls, so that a replay decides the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from alerts.engine.not_worn import NOTE as NOT_WORN
from alerts.engine.resident_finding import ResidentFinding
from alerts.finding import Condition, Finding
from alerts.kinds import KINDS
from alerts.time_shift import all_shifted
from anhu.contract.clock import HOUR_MS, SECOND_MS
from anhu.contract.priority import Priority

WITHIN_MS = 60 * SECOND_MS
"""Suspicions of two devices closer than this are of one fall. [ms]"""
NOTE = "alert.note.second_sensor"
_FORGOTTEN_MS = HOUR_MS


class SecondSensor:
    """The stage that watches the suspicions of each resident's devices."""

    due_ms: int | None = None

    def __init__(self) -> None:
        self._suspected: dict[str, dict[str, int]] = {}  # resident -> device -> when it fell
        self._confirmed: dict[str, int] = {}  # resident -> when the fall was that two devices told

    def pass_on(self, found: Sequence[ResidentFinding], now_ms: int) -> list[ResidentFinding]:  # noqa: ARG002 - a stage's
        """Return what was found, with a fall after each suspicion that another device shares, and its end."""
        out: list[ResidentFinding] = []
        for one in found:
            out.append(one)
            kind = KINDS.get(one.finding.kind)
            if kind is None or not kind.confirmed_as or not one.device_id:
                continue
            follow = self._gone if one.finding.condition is Condition.GONE else self._present
            out += follow(one, kind.confirmed_as)
        return out

    def _present(self, one: ResidentFinding, sure: str) -> list[ResidentFinding]:
        if one.finding.evidence.note == NOT_WORN:
            return []
        at_ms = one.finding.at_ms
        devices = self._suspected.setdefault(one.resident_id, {})
        for device_id in [d for d, t in devices.items() if at_ms - t > _FORGOTTEN_MS]:
            del devices[device_id]
        others = [t for d, t in devices.items() if d != one.device_id and abs(at_ms - t) <= WITHIN_MS]
        devices[one.device_id] = at_ms
        if not others or abs(at_ms - self._confirmed.get(one.resident_id, -_FORGOTTEN_MS)) <= WITHIN_MS:
            return []
        self._confirmed[one.resident_id] = at_ms
        features = one.finding.evidence.features | {"apart_s": min(abs(at_ms - t) for t in others) / SECOND_MS}
        evidence = msgspec.structs.replace(one.finding.evidence, features=features, note=NOTE)
        decided_ms = one.finding.decided_at_ms
        fall = Finding(sure, Condition.PRESENT, at_ms, decided_ms, one.finding.score, Priority.HIGH, evidence)
        return [one._replace(finding=fall, whole=True)]

    def _gone(self, one: ResidentFinding, sure: str) -> list[ResidentFinding]:
        devices = self._suspected.get(one.resident_id, {})
        devices.pop(one.device_id, None)
        if devices:
            return []
        self._suspected.pop(one.resident_id, None)
        if one.resident_id not in self._confirmed:
            return []
        del self._confirmed[one.resident_id]
        return [one._replace(finding=msgspec.structs.replace(one.finding, kind=sure), whole=True)]

    def part(self, device_id: str, former: str) -> None:
        """Forget what a device suspected of a resident whom it no longer watches: it confirms nothing any more."""
        devices = self._suspected.get(former, {})
        devices.pop(device_id, None)
        if not devices:
            self._suspected.pop(former, None)

    def remembered(self, resident_id: str) -> list[Any]:
        """Return what is remembered of one resident."""
        return [self._suspected.get(resident_id, {}), self._confirmed.get(resident_id)]

    def take_over(self, resident_id: str, kept: Sequence[Any]) -> None:
        """Go on with what another engine remembered of a resident."""
        suspected, confirmed_ms = kept
        self._suspected[resident_id] = dict(suspected) | self._suspected.get(resident_id, {})
        if confirmed_ms is not None:
            self._confirmed[resident_id] = max(confirmed_ms, self._confirmed.get(resident_id, confirmed_ms))

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._suspected = {who: all_shifted(devices, by_ms) for who, devices in self._suspected.items()}
        self._confirmed = all_shifted(self._confirmed, by_ms)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {"suspected": self._suspected, "confirmed": self._confirmed}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state that `snapshot` returned."""
        self._suspected = {resident_id: dict(devices) for resident_id, devices in state["suspected"].items()}
        self._confirmed = dict(state["confirmed"])
