"""What lasts is said again: somebody may have closed it by mistake, and the detector does not know.

A detector says once that nobody moves or that a door stands open, and once that it is over. If a person closes the
alert in between, nothing would ever come again. So the engine repeats what has not ended, after `AlertKind.again_h`,
then after twice as long each time, for a day. While the alert is open a repeat only counts up. All times are those at
which it was due, so that a replay says the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from alerts.engine.resident_finding import ResidentFinding
from alerts.finding import Condition, Finding
from alerts.kinds import KINDS
from alerts.time_shift import shifted
from anhu.contract.clock import DAY_MS, HOUR_MS

AGAIN_MS: Mapping[str, int] = {code: round(kind.again_h * HOUR_MS) for code, kind in KINDS.items() if kind.again_h}
"""Kinds that are said again while they last, and how long after the first time. [ms]"""

Key = tuple[str, str, str, str]
"""Resident, kind, the device that found it (empty when the whole home did), and its room if it watches several."""


class _Lasting(NamedTuple):
    said: ResidentFinding
    since_ms: int
    due_ms: int


class StillThere:
    """The stage that repeats what lasts."""

    def __init__(self) -> None:
        self._lasting: dict[Key, _Lasting] = {}
        self.due_ms: int | None = None
        """When `pass_on` is next wanted though nothing was found, at the earliest. [ms]"""

    def pass_on(self, found: Sequence[ResidentFinding], now_ms: int) -> list[ResidentFinding]:
        """Return what was found, and what is due to be said again. [ms]."""
        out = [*found]
        for one in found:
            if one.finding.kind in AGAIN_MS:
                self._note(one)
        if self.due_ms is not None and self.due_ms <= now_ms:
            out += self._again(now_ms)
        return out

    def _note(self, one: ResidentFinding) -> None:
        finding = one.finding
        key = one.resident_id, finding.kind, finding.evidence.device_id, finding.evidence.room
        if finding.condition is Condition.GONE:
            self._lasting.pop(key, None)
        else:
            at_ms = finding.decided_at_ms
            due_ms = at_ms + AGAIN_MS[finding.kind]
            self._lasting[key] = _Lasting(one, at_ms, due_ms)
            self.due_ms = due_ms if self.due_ms is None else min(due_ms, self.due_ms)

    def _again(self, now_ms: int) -> list[ResidentFinding]:
        due = {key: one for key, one in self._lasting.items() if one.due_ms <= now_ms}
        for key, one in due.items():
            next_ms = one.since_ms + 2 * (one.due_ms - one.since_ms)
            if next_ms - one.since_ms <= DAY_MS:
                self._lasting[key] = one._replace(due_ms=next_ms)
            else:
                del self._lasting[key]
        self._plan()
        return [one.said._replace(finding=_repeated(one.said.finding, one.due_ms)) for one in due.values()]

    def _plan(self) -> None:
        self.due_ms = min((one.due_ms for one in self._lasting.values()), default=None)

    def part(self, device_id: str, resident_id: str) -> None:
        """Forget what a device found of a resident whom it no longer watches."""
        for key in [k for k in self._lasting if k[0] == resident_id and k[2] == device_id]:
            del self._lasting[key]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        moved = ((key, one.said.shifted(by_ms), one.since_ms, one.due_ms) for key, one in self._lasting.items())
        self._lasting = {
            key: _Lasting(said, shifted(since_ms, by_ms), shifted(due_ms, by_ms))
            for key, said, since_ms, due_ms in moved
        }
        self._plan()

    def remembered(self, resident_id: str) -> list[Any]:
        """Return what lasts of one resident."""
        return [_plain(one) for key, one in self._lasting.items() if key[0] == resident_id]

    def take_over(self, kept: Sequence[Any]) -> None:
        """Go on with what another engine remembered of a resident."""
        self._add(kept)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state as plain values."""
        return {"lasting": [_plain(one) for one in self._lasting.values()]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state that `snapshot` returned."""
        self._lasting = {}
        self._add(state["lasting"])

    def _add(self, kept: Sequence[Any]) -> None:
        for resident_id, device_id, plain, late, since_ms, due_ms in kept:
            finding = msgspec.convert(plain, Finding)
            key = resident_id, finding.kind, finding.evidence.device_id, finding.evidence.room
            self._lasting[key] = _Lasting(ResidentFinding(resident_id, device_id, finding, late), since_ms, due_ms)
        self._plan()


def _plain(one: _Lasting) -> list[Any]:
    return [*one.said.plain(), one.since_ms, one.due_ms]


def _repeated(finding: Finding, at_ms: int) -> Finding:
    evidence = msgspec.structs.replace(finding.evidence, end_ms=at_ms)
    return msgspec.structs.replace(finding, at_ms=at_ms, decided_at_ms=at_ms, evidence=evidence)
