"""Many alike at once: one alert for the area instead of hundreds for its devices.

When a street's power or network fails, each of its devices becomes silent for itself; when a firmware goes wrong, each
device complains for itself. Such complaints of devices (`WITHHELD`) wait five minutes; if enough of one centre or
one gateway come together, one alert is raised in their place, on the resident found first, whom the desk can ring.
What persons need is never held back: of other kinds a storm is only named.

All times are those at which the engine was told, so that a replay decides the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.storms.areas import LEAST, Areas
from alerts.engine.storms.rule_storms import HOLD_MS, MOST_NAMED, RuleStorms, storm_name, storm_note
from alerts.engine.storms.waiting import Waiting
from alerts.engine.watched_device import WatchedDevice
from alerts.finding import Condition, Evidence, Finding
from alerts.kinds import KINDS
from alerts.kinds.sheet import Storm
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS
from anhu.contract.priority import Priority

WITHHELD: Mapping[str, Storm] = {code: kind.storm for code, kind in KINDS.items() if kind.storm is not None}
"""Complaints of devices: these wait, and go into a storm's one alert."""
AFTER_MS = 15 * MINUTE_MS
"""When the area is back, whoever is still silent is told after this. [ms]"""
RESIDENTS = 5
"""A storm has at least so many residents: a home of many sensors that lost its power is no area."""
_BACK = 0.5
_REPEAT_MS = HOUR_MS
_FORGOTTEN_MS = DAY_MS
"""Complaints other than silence need not end; the storm does, a day after the newest. [ms]"""


class _Ongoing(msgspec.Struct):
    """One kind in one area, from the first alert until half of its members are well again."""

    resident_id: str
    began_ms: int
    said_ms: int
    newest_ms: int
    most: int
    members: dict[str, ResidentFinding]
    """Device -> its complaint."""

    def evidence(self, kind: str, areas: Areas, area: str, now_ms: int) -> Evidence:
        residents = sorted({one.resident_id for one in self.members.values()})
        return Evidence(
            features={
                "devices": float(self.most),
                "residents": float(len(residents)),
                "still_so": float(len(self.members)),
                "area_devices": float(areas.size(area)),
            },
            limits={"devices": areas.many(area)},
            start_ms=self.began_ms - HOLD_MS,
            end_ms=now_ms,
            note=WITHHELD[kind].note or storm_note(kind),
            room=storm_name(area, kind),
            devices=sorted(self.members)[:MOST_NAMED],
            residents=residents[:MOST_NAMED],
        )

    def plain(self) -> dict[str, Any]:
        members = {device_id: one.plain() for device_id, one in self.members.items()}
        return msgspec.structs.asdict(self) | {"members": members}


class DeviceStorms:
    """The stage that tells one alert for an area in place of its devices' complaints, and names the storms of rules."""

    def __init__(self) -> None:
        self._areas = Areas()
        self._waiting = Waiting(self._areas)
        self._rule_storms = RuleStorms(self._areas)
        self._storms: dict[tuple[str, str], _Ongoing] = {}  # area, kind
        self.due_ms: int | None = None
        """When `pass_on` is next wanted though nothing was found. [ms]"""

    def know(self, device: WatchedDevice) -> None:
        """Learn to which areas a device belongs; one that changed hands has no complaint left."""
        for kind in WITHHELD:
            self._waiting.forget_former(kind, device)
        for storm in self._storms.values():
            one = storm.members.get(device.device_id)
            if one is not None and one.resident_id != device.resident_id:
                del storm.members[device.device_id]
        former = self._areas.of(device.device_id)
        self._areas.know(device)
        if former != self._areas.of(device.device_id):
            self._waiting.leave(former, device.device_id)

    def pass_on(self, found: Sequence[ResidentFinding], now_ms: int) -> list[ResidentFinding]:
        """Return what is to be told now of what was found, and of what has waited. [ms]."""
        out = self._let_time_pass(now_ms) if self.due_ms is not None and now_ms >= self.due_ms else []
        for one in found:
            areas = self._areas.of(one.device_id)
            if one.finding.kind not in WITHHELD:
                out.append(one)
                out += self._rule_storms.count(one, now_ms)
                if self._rule_storms.due_ms is not None:
                    self._wake(self._rule_storms.due_ms)
            elif one.finding.priority is Priority.HIGH or not any(self._areas.size(area) >= LEAST for area in areas):
                out.append(one)
            elif one.finding.condition is Condition.GONE:
                out += self._ended(one, areas, now_ms)
            else:
                out += self._began(one, areas, now_ms)
        return out

    def _began(self, one: ResidentFinding, areas: tuple[str, ...], now_ms: int) -> list[ResidentFinding]:
        kind = one.finding.kind
        for area in areas:
            storm = self._storms.get((area, kind))
            if storm is not None:
                storm.members[one.device_id] = one
                storm.most = max(storm.most, len(storm.members))
                storm.newest_ms = now_ms
                return []
        if self._waiting.renew(one):
            return []
        self._hold(one, now_ms + HOLD_MS)
        for area in areas:
            near = self._waiting.gather(area, one)
            if self._areas.is_many(area, len(near)) and len({d.resident_id for d in near.values()}) >= RESIDENTS:
                return self._start(area, kind, dict(near), now_ms)
        return []

    def _hold(self, one: ResidentFinding, until_ms: int) -> None:
        self._waiting.hold(one, until_ms)
        self._wake(until_ms)

    def _wake(self, at_ms: int) -> None:
        self.due_ms = at_ms if self.due_ms is None else min(self.due_ms, at_ms)

    def _start(self, area: str, kind: str, members: dict[str, ResidentFinding], now_ms: int) -> list[ResidentFinding]:
        for device_id in members:
            self._waiting.forget(kind, device_id)
        first = next(iter(members.values()))
        storm = self._storms[area, kind] = _Ongoing(first.resident_id, now_ms, now_ms, now_ms, len(members), members)
        self._wake(now_ms + _REPEAT_MS)
        return [self._named(area, kind, storm, Condition.PRESENT, now_ms)]

    def _ended(self, one: ResidentFinding, areas: tuple[str, ...], now_ms: int) -> list[ResidentFinding]:
        kind, device_id = one.finding.kind, one.device_id
        untold = WITHHELD[kind].always_ends  # else it may have been told before, milder: its end is told in any case
        if self._waiting.forget(kind, device_id):
            return [] if untold else [one]
        for area in areas:
            storm = self._storms.get((area, kind))
            if storm is not None and storm.members.pop(device_id, None) is not None:
                over = self._over(area, kind, now_ms) if len(storm.members) <= _BACK * storm.most else []
                return over if untold else [one, *over]
        return [one]

    def _over(self, area: str, kind: str, now_ms: int) -> list[ResidentFinding]:
        """End a storm; whoever is still in it is told one by one, unless that changes soon."""
        storm = self._storms.pop((area, kind))
        for one in storm.members.values():
            self._hold(one, now_ms + AFTER_MS)
        return [self._named(area, kind, storm, Condition.GONE, now_ms)]

    def _let_time_pass(self, now_ms: int) -> list[ResidentFinding]:
        out = self._waiting.pop_over(now_ms)
        for (area, kind), storm in [*self._storms.items()]:
            if now_ms - storm.newest_ms >= _FORGOTTEN_MS and not WITHHELD[kind].always_ends:
                storm.members.clear()
                out += self._over(area, kind, now_ms)
            elif now_ms - storm.said_ms >= _REPEAT_MS:
                storm.said_ms = now_ms
                out.append(self._named(area, kind, storm, Condition.PRESENT, now_ms))
        out += self._rule_storms.let_time_pass(now_ms)
        self._plan()
        return out

    def _plan(self) -> None:
        repeats = (storm.said_ms + _REPEAT_MS for storm in self._storms.values())
        wanted = (self._waiting.due_ms, self._rule_storms.due_ms, *repeats)
        self.due_ms = min((due for due in wanted if due is not None), default=None)

    def _named(self, area: str, kind: str, storm: _Ongoing, condition: Condition, now_ms: int) -> ResidentFinding:
        evidence = storm.evidence(kind, self._areas, area, now_ms)
        code = WITHHELD[kind].becomes
        finding = Finding(code, condition, now_ms, now_ms, 1.0, Priority.MEDIUM, evidence)
        return ResidentFinding(storm.resident_id, "", finding)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._waiting.shift(by_ms)
        self._rule_storms.shift(by_ms)
        for storm in self._storms.values():
            storm.began_ms, storm.said_ms = storm.began_ms + by_ms, storm.said_ms + by_ms
            storm.newest_ms += by_ms
            storm.members.update({device_id: one.shifted(by_ms) for device_id, one in storm.members.items()})
        self._plan()

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state; which device belongs where comes from the roster."""
        return {
            "waiting": self._waiting.snapshot(),
            "noise": self._rule_storms.snapshot(),
            "storms": [[*key, storm.plain()] for key, storm in self._storms.items()],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state, after the roster."""
        self._waiting.restore(state["waiting"])
        self._rule_storms.restore(state["noise"])
        self._storms = {
            (area, kind): msgspec.convert(kept, _Ongoing)
            for area, kind, kept in state["storms"]
            if kind in WITHHELD  # else its detector was removed since, and nothing will end it
        }
        self._plan()


def complaints(stage: DeviceStorms, device_ids: Collection[str], now_ms: int) -> list[Any]:
    """Return the complaints of devices that leave for another engine, each with when it is to be told there. [ms].

    Who leaves in the middle of a storm complains there by itself: what is over here tells nobody there.
    """
    storms, waiting = stage._storms, stage._waiting  # noqa: SLF001 - the stage's own
    stormed = [one for storm in storms.values() for device_id, one in storm.members.items() if device_id in device_ids]
    return [*waiting.of(device_ids), *([one.plain(), now_ms + AFTER_MS] for one in stormed)]


def let_wait(stage: DeviceStorms, kept: Sequence[Any]) -> None:
    """Let complaints wait that waited in another engine; they count in no area here."""
    for plain, until_ms in kept:
        stage._hold(msgspec.convert(plain, ResidentFinding), until_ms)  # noqa: SLF001 - the stage's own
