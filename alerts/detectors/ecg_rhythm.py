"""One ECG lead: irregular rhythm like atrial fibrillation, pauses, fast and slow heart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.day_episodes import DayEpisodes
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.rhythm_watch import RhythmKinds, RhythmParams, RhythmWatch
from alerts.rules.strip_detector import StripDetector, usable_samples
from alerts.rules.waveform_rates import RateWatch, heart_rules
from alerts.signal.ecg.model import calibration, model
from alerts.signal.ecg.pause import PauseSearch, ShownPause
from alerts.signal.ecg.rhythm import MIN_LIKENESS, judge
from alerts.signal.ecg.stream import SHAPE, STRIP_MS, EcgStream
from alerts.signal.ecg.strip import Strip
from alerts.signal.judged_strip import JudgedStrip, RhythmJudge
from alerts.signal.model_file import SHIPPED
from alerts.time_shift import shifted
from anhu.contract.clock import HOUR_MS, SECOND_MS
from anhu.contract.priority import Priority

SUSPECTED, UNCLEAR = KINDS = RhythmKinds("irregular_rhythm", "rhythm_unclear")
_KNOWN = "atrial_fibrillation"
_LAG_MS = SHAPE.after_ms + 200
_OF_A_DAY = frozenset({SUSPECTED, UNCLEAR, "asystole_pause", "heart_rate_low"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What counts.

    Attributes
    ----------
    pause_s, long_pause_s : float
        A longer interval between two beats is a pause, and an urgent one. [s]
    many_pauses : int
        So many within an hour are urgent, however long. [1/h]
    stall_s : float
        A stream that stops is judged with what there is after this. [s]
    """

    pause_s: float = 3.0
    long_pause_s: float = 5.0
    many_pauses: int = 10
    stall_s: float = 60.0


class EcgRhythm(StripDetector):
    """Beats of one lead in strips of 30 s, each read only if its beats look alike.

    Of a strip that can be read, judged with its neighbours, one of four is said: fibrillation, irregular of unclear
    cause, none, or that nobody can tell. Two learned stages decide, both monotone, so that more irregular is never
    less suspicious: one of the intervals alone, with premature beats and what follows them told apart, trained on days
    of beat times of ectopy and pauses; one that adds the shapes of beats and P waves.
    ``irregular_rhythm``: 5 of 6 strips say fibrillation. A recording too short for that (a hand-held strip) is judged
    by the mean of its strips when it ends. Not raised where fibrillation is known (flag ``atrial_fibrillation``).
    ``rhythm_unclear``: irregular for ten minutes by ectopy, pauses or what nobody can name: for a doctor to look at.
    ``asystole_pause``: more than 3 s between two beats of the usual shape with a live, quiet signal between; high from
    5 s, or from ten in an hour. ``heart_rate_high``, ``heart_rate_low``: the mean rate of readable strips against the
    limits for reported rates. All but the fast rate are one alarm a day each, with a count; it pages again when worse.

    Blind to flutter with regular conduction, to fibrillation of fewer than three minutes in a long recording, and to
    an arrest that no beat ends: a dead heart and a loose electrode look alike. The first lead is read, no other.
    Measured figures are in ``alerts/measured/rhythm.md``.
    """

    name = "ecg_rhythm"
    version = 3
    models = ("ecg", "rhythm")
    kinds = (SUSPECTED, UNCLEAR, "asystole_pause", "heart_rate_high", "heart_rate_low")
    reads = ("ecg",)

    def __init__(self, params: Params | None = None, profile: Profile | None = None, trained: str = SHIPPED) -> None:
        self._params = p = params or Params()
        self._stream = EcgStream()
        super().__init__(self._stream, p.stall_s)
        known = profile or Profile()
        self._rates = RateWatch(heart_rules(known), "ecg")
        self._trees = model(trained)
        self._judge = RhythmJudge(calibration(trained))
        limits = {"likeness": MIN_LIKENESS}
        self._watch = RhythmWatch(KINDS, RhythmParams(), "ecg", is_known=_KNOWN in known.flags, limits=limits)
        self._pauses = PauseSearch(p.pause_s * SECOND_MS)
        self._paused_ms: list[int] = []
        self._days = DayEpisodes({"asystole_pause": "pause_s"})

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits for fast and slow."""
        return cls(profile=profile)

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take the next samples; return what is decided by now."""
        return self._take(window, usable_samples(window)[:, 0].copy()) if len(window.t_ms) else ()

    def due_ms(self) -> int | None:
        """When a stream that stopped is judged, or a day is over. [ms]."""
        stopped_ms, over_ms = super().due_ms(), self._days.due_ms
        if stopped_ms is None or over_ms is None:
            return over_ms if stopped_ms is None else stopped_ms
        return min(stopped_ms, over_ms)

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Judge a stream that stopped; end what lasted a day. [ms]."""
        return (*super().tick(now_ms), *self._days.over(now_ms))

    def _feed(self, t_ms: NDArray[np.int64], samples: NDArray[np.float32]) -> list[Finding]:
        strips = self._stream.feed(t_ms, samples)
        return [found for strip in strips for found in self._read(strip, strip.start_ms + STRIP_MS + _LAG_MS)]

    def _read(self, strip: Strip, now_ms: int) -> list[Finding]:
        found = [told for shown in self._pauses.feed(strip) for told in self._days.feed(self._paused(shown, now_ms))]
        for judged in self._judge.feed(judge(strip, self._trees)):
            found += self._told(judged, now_ms)
        return found

    def _end(self, now_ms: int) -> list[Finding]:
        found = [told for strip in self._stream.flush() for told in self._read(strip, now_ms)]
        for judged in self._judge.flush():
            found += self._told(judged, now_ms)
        for ended in self._watch.end(now_ms, self._device_id):
            found += self._days.feed(ended)
        self._pauses.forget()
        return found

    def _told(self, judged: JudgedStrip, now_ms: int) -> list[Finding]:
        if not judged.readable:
            return []
        found = self._rates.feed(judged.end_ms, judged.rate_bpm, self._device_id)
        found += self._watch.feed(judged, now_ms, self._device_id)
        return [told for one in found for told in (self._days.feed(one) if one.kind in _OF_A_DAY else [one])]

    def _paused(self, shown: ShownPause, now_ms: int) -> Finding:
        pause, start_ms, end_ms, beats_ms = shown
        p = self._params
        self._paused_ms = [t for t in self._paused_ms if t > pause.start_ms - HOUR_MS][1 - p.many_pauses :]
        self._paused_ms.append(pause.start_ms)
        lasted_s = (pause.end_ms - pause.start_ms) / SECOND_MS
        features = {"pause_s": lasted_s, "stir": round(pause.stir, 3), "pauses_per_hour": float(len(self._paused_ms))}
        limits = {"pause_s": p.pause_s}
        marks, phases = {"beat": beats_ms}, {"pause": [pause.start_ms, pause.end_ms]}
        evidence = Evidence(features, limits, "ecg", self._device_id, start_ms, end_ms, marks=marks, phases=phases)
        is_urgent = lasted_s >= p.long_pause_s or len(self._paused_ms) >= p.many_pauses
        priority = Priority.HIGH if is_urgent else Priority.MEDIUM
        return Finding("asystole_pause", Condition.PRESENT, pause.start_ms, now_ms, 0.9, priority, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {
            "stream": self._stream.snapshot(),
            "judge": self._judge.snapshot(),
            "watch": self._watch.snapshot(),
            "rates": self._rates.snapshot(),
            "before": self._pauses.snapshot(),
            "paused_ms": list(self._paused_ms),
            "days": self._days.snapshot(),
            "device": self._device_id,
            "received_ms": self._received_ms,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state; one of a version that judged otherwise starts afresh where it must."""
        self._stream.restore(state["stream"])
        self._rates.restore(state["rates"])
        self._pauses.restore(state["before"])
        self._device_id = state["device"]
        self._received_ms = state["received_ms"]
        if "days" in state:
            self._judge.restore(state["judge"])
            self._watch.restore(state["watch"])
            self._paused_ms = list(state["paused_ms"])
            self._days.restore(state["days"])

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._stream.shift(by_ms)
        self._judge.shift(by_ms)
        self._watch.shift(by_ms)
        self._rates.shift(by_ms)
        self._pauses.shift(by_ms)
        self._paused_ms = [shifted(t_ms, by_ms) for t_ms in self._paused_ms]
        self._days.shift(by_ms)
        self._received_ms = shifted(self._received_ms, by_ms)
