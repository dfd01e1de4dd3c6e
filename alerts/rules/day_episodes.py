"""One alarm a day for what a heart does again and again: it counts up, pages again only when worse, ends with its day.

Thirty pauses in half an hour are one thing that a doctor must know, with a number. An end is told when the day is
over, not when the rhythm is quiet for a while: what comes and goes is one alarm, which nobody has to close ten times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from alerts.finding import Condition, Finding
from alerts.time_shift import shifted
from anhu.contract.clock import DAY_MS


class _Running(msgspec.Struct, array_like=True):
    """What goes on.

    Attributes
    ----------
    since_ms : int
        When it was told of first, this day. [ms]
    times : int
        How often it was found since.
    lasts : bool
        It has not ended by itself.
    shown : Finding
        The worst, or where all are alike the newest.
    """

    since_ms: int
    times: int
    lasts: bool
    shown: Finding


class DayEpisodes:
    """Turns what is found again and again into one episode a day and kind.

    Parameters
    ----------
    worst_by : mapping of str to str
        Kinds of single moments -> the feature of whose largest value the evidence is kept. All other kinds last until
        they say that they end, and show the newest.
    """

    def __init__(self, worst_by: Mapping[str, str] | None = None) -> None:
        self._worst_by = worst_by or {}
        self._running: dict[str, _Running] = {}

    @property
    def due_ms(self) -> int | None:
        """When the first of the days is over. [ms]."""
        return min(one.since_ms for one in self._running.values()) + DAY_MS if self._running else None

    def feed(self, finding: Finding) -> list[Finding]:
        """Take a finding; return what is told of it.

        Parameters
        ----------
        finding : Finding
            Of any kind; those of a kind in order of `decided_at_ms`.

        Returns
        -------
        list of Finding
            The first of a day, or a worse one: present. Another one: grown. None for an end: its day ends it.
        """
        told = self.over(finding.decided_at_ms)
        running = self._running.get(finding.kind)
        if finding.condition is Condition.GONE:
            if running is not None:
                running.lasts = False
        elif running is None and finding.condition is Condition.PRESENT:
            began = _Running(
                since_ms=finding.decided_at_ms, times=1, lasts=finding.kind not in self._worst_by, shown=finding
            )
            self._running[finding.kind] = began
            told.append(_counted(finding, 1, Condition.PRESENT))
        elif running is not None:
            told.append(self._again(running, finding))
        return told

    def _again(self, running: _Running, finding: Finding) -> Finding:
        before, feature = running.shown, self._worst_by.get(finding.kind, "")
        is_worse = finding.priority > before.priority
        running.times += finding.condition is Condition.PRESENT
        running.lasts = finding.kind not in self._worst_by
        if is_worse or _value(finding, feature) >= _value(before, feature):
            running.shown = msgspec.structs.replace(finding, priority=max(before.priority, finding.priority))
        shown = msgspec.structs.replace(running.shown, at_ms=finding.at_ms, decided_at_ms=finding.decided_at_ms)
        return _counted(shown, running.times, Condition.PRESENT if is_worse else Condition.GROWN)

    def over(self, now_ms: int) -> list[Finding]:
        """Return what is told when days are over: an end, or that it goes on for another day. [ms]."""
        told = []
        for kind in [kind for kind, one in self._running.items() if one.since_ms + DAY_MS <= now_ms]:
            running = self._running[kind]
            at_ms = running.since_ms + DAY_MS
            shown = msgspec.structs.replace(running.shown, at_ms=at_ms, decided_at_ms=at_ms)
            if running.lasts:
                running.since_ms, running.times = at_ms, 1
                told.append(_counted(shown, 1, Condition.PRESENT))
            else:
                del self._running[kind]
                told.append(_counted(shown, running.times, Condition.GONE))
        return told

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {kind: msgspec.to_builtins(one) for kind, one in self._running.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._running = msgspec.convert(state, dict[str, _Running])

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        for one in self._running.values():
            one.since_ms = shifted(one.since_ms, by_ms)
            one.shown = one.shown.shifted(by_ms)


def _value(finding: Finding, feature: str) -> float:
    return finding.evidence.features.get(feature, 0.0)


def _counted(finding: Finding, times: int, condition: Condition) -> Finding:
    features = {**finding.evidence.features, "times_today": float(times)}
    evidence = msgspec.structs.replace(finding.evidence, features=features)
    return msgspec.structs.replace(finding, condition=condition, evidence=evidence)
