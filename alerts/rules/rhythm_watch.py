"""From judged strips to what is told of a rhythm: fibrillation, or irregular of unclear cause; minutes decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from alerts.finding import Condition, Evidence, Finding
from alerts.signal.judged_strip import JudgedStrip
from alerts.signal.rhythm_answer import FIBRILLATION_FROM, Rhythm, probability
from alerts.signal.votes import Votes
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority

_HALF_MINUTES = 0.5
_SAID_AGAIN = 30
"""While it lasts its burden is told anew after so many strips; nobody is called for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RhythmParams:
    """What counts.

    Attributes
    ----------
    needed, of : int
        So many of the last so many strips that can be read must say fibrillation.
    within_s : float
        Strips older than this do not count. [s]
    short_from : float
        A recording that ends before so many are there is judged by this mean probability: nobody takes more. [-]
    unclear_needed, unclear_of : int
        So many of the last so many must be irregular, of unclear cause.
    """

    needed: int = 5
    of: int = 6
    within_s: float = 600.0
    short_from: float = 0.5
    unclear_needed: int = 16
    unclear_of: int = 20


class RhythmKinds(NamedTuple):
    """What a detector calls its kinds: fibrillation suspected, and irregular of unclear cause."""

    suspected: str
    unclear: str


class RhythmWatch:
    """Votes over the strips of one sensor.

    Parameters
    ----------
    kinds : RhythmKinds
        What is raised.
    params : RhythmParams
        What counts.
    quantity : str
        The signal, for the evidence.
    is_known : bool
        Fibrillation is known: nobody is told of it again.
    limits : mapping of str to float
        What else a strip was compared with, for the evidence.
    """

    def __init__(
        self,
        kinds: RhythmKinds,
        params: RhythmParams,
        quantity: str,
        *,
        is_known: bool,
        limits: Mapping[str, float] | None = None,
    ) -> None:
        within_ms = round(params.within_s * SECOND_MS)
        self._kinds = kinds
        self._params = params
        self._quantity = quantity
        self._is_known = is_known
        self._limits = {"probability": FIBRILLATION_FROM, **(limits or {})}
        self._votes = Votes(params.needed, params.of, within_ms)
        self._unclear = Votes(params.unclear_needed, params.unclear_of, 2 * within_ms)
        self._stretch: list[JudgedStrip] = []
        self._read = self._fibrillating = self._untold = 0

    def feed(self, judged: JudgedStrip, now_ms: int, device_id: str) -> list[Finding]:
        """Take the next strip that can be read, judged with its neighbours. [ms]."""
        self._stretch = [*self._stretch, judged][-self._params.of :]
        self._read += 1
        self._fibrillating += judged.said is Rhythm.FIBRILLATION
        self._untold += judged.said is Rhythm.CANNOT_TELL
        found = []
        if self._votes.cast(judged.end_ms, yes=judged.said is Rhythm.FIBRILLATION) and not self._is_known:
            began = self._stretch[0]
            found.append(self._finding(self._kinds.suspected, self._votes, (began, judged), now_ms, device_id))
        elif self._votes.on and not self._is_known and self._read % _SAID_AGAIN == 0:
            grown = self._finding(self._kinds.suspected, self._votes, (judged, judged), now_ms, device_id)
            found.append(msgspec.structs.replace(grown, condition=Condition.GROWN))
        if self._unclear.cast(judged.end_ms, yes=judged.said is Rhythm.UNCLEAR):
            found.append(self._finding(self._kinds.unclear, self._unclear, (judged, judged), now_ms, device_id))
        return found

    def end(self, now_ms: int, device_id: str) -> list[Finding]:
        """Judge a recording that ended before enough strips were there to vote. [ms]."""
        stretch, self._stretch = self._stretch, []
        if not stretch or len(stretch) >= self._params.of:
            return []
        found = []
        said = {one.said for one in stretch}
        likely = probability(sum(one.log_odds for one in stretch) / len(stretch))
        worst = max(stretch, key=lambda one: one.log_odds)
        if (likely >= self._params.short_from) != self._votes.on and not self._is_known:
            self._votes.on = not self._votes.on
            found.append(self._finding(self._kinds.suspected, self._votes, (stretch[0], worst), now_ms, device_id))
        if not self._votes.on and (Rhythm.UNCLEAR in said and said <= {Rhythm.UNCLEAR, Rhythm.FIBRILLATION}):
            self._unclear.on = True
            found.append(self._finding(self._kinds.unclear, self._unclear, (stretch[0], worst), now_ms, device_id))
        return found

    def _finding(
        self, kind: str, votes: Votes, shown: tuple[JudgedStrip, JudgedStrip], now_ms: int, device_id: str
    ) -> Finding:
        began, strip = shown
        sure = probability(strip.log_odds)
        limits = dict(self._limits)
        if votes is self._votes and votes.counted >= self._params.of:
            limits["strips_yes"] = float(self._params.needed)
        features = {
            **strip.shown,
            "probability": round(sure, 3),
            "strips_yes": float(votes.yes),
            "strips_read": float(votes.counted),
            **self._burden(),
        }
        marks = {"beat": strip.beats_ms}
        evidence = Evidence(features, limits, self._quantity, device_id, strip.start_ms, strip.end_ms, marks=marks)
        at_ms = began.start_ms if votes.on else strip.end_ms
        priority = Priority.MEDIUM if kind == self._kinds.suspected else Priority.LOW
        score = sure if kind == self._kinds.suspected else 1.0 - sure
        condition = Condition.PRESENT if votes.on else Condition.GONE
        return Finding(kind, condition, at_ms, now_ms, score, priority, evidence)

    def _burden(self) -> dict[str, float]:
        """Return how much of what could be read since the beginning was what."""
        read = max(1, self._read)
        return {
            "burden_share": round(self._fibrillating / read, 3),
            "untold_share": round(self._untold / read, 3),
            "read_min": _HALF_MINUTES * self._read,
        }

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {
            "votes": self._votes.snapshot(),
            "unclear": self._unclear.snapshot(),
            "stretch": [msgspec.to_builtins(judged) for judged in self._stretch],
            "counts": [self._read, self._fibrillating, self._untold],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._votes.restore(state["votes"])
        self._unclear.restore(state["unclear"])
        self._stretch = msgspec.convert(state["stretch"], list[JudgedStrip])
        self._read, self._fibrillating, self._untold = state["counts"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._votes.shift(by_ms)
        self._unclear.shift(by_ms)
        self._stretch = [judged.shifted(by_ms) for judged in self._stretch]
