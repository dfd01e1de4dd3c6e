"""A worn device whose signal nobody can read for long says so, instead of silence that looks like "all is well"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.signal.ppg.told import SPAN_MS, ToldShare
from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority

_LEAST = 0.75


class UnreadableWatch:
    """Finds that hardly any estimate was sure for half an hour of a live signal; LOW, over when most are sure again.

    Parameters
    ----------
    kind, quantity : str
        What is found, and of which signal.
    within_ms, step_ms : int
        How long, and how far apart the estimates are. [ms]
    least_share, enough_share : float
        Below it nothing is known; above it in the last five minutes something is again. [-]
    """

    def __init__(
        self, kind: str, quantity: str, *, within_ms: int, step_ms: int, least_share: float, enough_share: float
    ) -> None:
        self._kind, self._quantity = kind, quantity
        self._within_ms, self._step_ms = within_ms, step_ms
        self._least_share, self._enough_share = least_share, enough_share
        self._told = ToldShare(within_ms)
        self._on = False

    @property
    def told_share(self) -> float:
        """Which share of the estimates of the last minutes was told; NaN when there was none. [-]."""
        return self._told.share()

    def feed(self, t_ms: int, device_id: str, *, told: bool) -> Iterator[Finding]:
        """Count an estimate. [ms]."""
        if not self._told.feed(t_ms, told=told):
            return
        whole = self._within_ms // SPAN_MS
        share = self._told.share(whole)
        if self._on and self._told.share(1) >= self._enough_share:
            yield self.end(t_ms, device_id)
        elif not self._on and self._is_long() and share < self._least_share:
            self._on = True
            yield self._finding(t_ms, device_id, share, Condition.PRESENT)

    def _is_long(self) -> bool:
        return self._told.seen * self._step_ms >= _LEAST * self._within_ms

    def end(self, t_ms: int, device_id: str) -> Finding:
        """Return that it is over. [ms]."""
        self._on = False
        return self._finding(t_ms, device_id, self._told.share(1), Condition.GONE)

    def stop(self, t_ms: int, device_id: str) -> Iterator[Finding]:
        """Take note that the signal stopped: what is silent is not unreadable. [ms]."""
        if self._on:
            yield self.end(t_ms, device_id)
        self._told = ToldShare(self._within_ms)

    def _finding(self, t_ms: int, device_id: str, share: float, condition: Condition) -> Finding:
        features = {"told_share": round(share, 3), "watched_min": self._within_ms / MINUTE_MS}
        limits = {"told_share": self._least_share}
        start_ms = t_ms - self._within_ms
        evidence = Evidence(features, limits, self._quantity, device_id, start_ms, t_ms, note=_note(condition))
        return Finding(self._kind, condition, start_ms, t_ms, 0.5, Priority.LOW, evidence)

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        return [self._on, self._told.snapshot()]

    def restore(self, state: list[Any]) -> None:
        """Take over a state."""
        self._on = state[0]
        self._told.restore(state[1])

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._told.shift(by_ms)


def _note(condition: Condition) -> str:
    return "alert.note.pulse_unreadable" if condition is Condition.PRESENT else ""
