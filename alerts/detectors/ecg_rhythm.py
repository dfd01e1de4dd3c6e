"""One ECG lead: irregular rhythm like atrial fibrillation, pauses, fast and slow heart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.strip_detector import StripDetector, usable_samples
from alerts.rules.waveform_rates import RateWatch, heart_rules
from alerts.signal.ecg.model import model
from alerts.signal.ecg.pause import PauseSearch, ShownPause
from alerts.signal.ecg.rhythm import MIN_LIKENESS, JudgedStrip, RhythmJudge
from alerts.signal.ecg.stream import SHAPE, STRIP_MS, EcgStream
from alerts.signal.ecg.strip import Strip
from alerts.signal.trees import Trees
from alerts.signal.votes import Votes
from alerts.time_shift import shifted
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority

_KNOWN = "atrial_fibrillation"
_LAG_MS = SHAPE.after_ms + 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What counts.

    Attributes
    ----------
    limit : float
        Log-odds of fibrillation from which a strip is a yes; chosen on people the trees had not seen.
    needed, of : int
        So many of the last so many readable strips.
    within_s : float
        Strips older than this do not count. [s]
    pause_s : float
        A longer interval between two beats is a pause. [s]
    stall_s : float
        A stream that stops is judged with what there is after this. [s]
    """

    limit: float = -0.4
    needed: int = 5
    of: int = 6
    within_s: float = 600.0
    pause_s: float = 3.0
    stall_s: float = 60.0


class EcgRhythm(StripDetector):
    """Beats of one lead in strips of 30 s, each read only if its beats look alike.

    ``irregular_rhythm``: a small boosted tree model on published interval measures (symbolic entropy, CosEn, share of
    changes), with ectopic beats told by shape and kept apart, and on P waves of the median beat; monotone, so that
    more irregular is never less suspicious. A strip is judged with its neighbours; 5 of 6 strips raise, 1 of 6
    ends. A recording too short for that (a hand-held strip) is judged by the mean of its strips when it ends. Not
    raised where fibrillation is known (flag ``atrial_fibrillation``).
    ``asystole_pause``: more than 3 s between two beats of the usual shape with a live, quiet signal between.
    ``heart_rate_high``, ``heart_rate_low``: the mean rate of readable strips against the limits for reported rates.

    Blind to flutter with regular conduction, to fibrillation of fewer than three minutes in a long recording, and to
    an arrest that no beat ends: a dead heart and a loose electrode look alike. The first lead is read, no other.
    Measured figures are in ``alerts/README.md``.
    """

    name = "ecg_rhythm"
    models = ("ecg",)
    kinds = ("irregular_rhythm", "asystole_pause", "heart_rate_high", "heart_rate_low")
    reads = ("ecg",)

    def __init__(
        self, params: Params | None = None, trees: Trees | None = None, profile: Profile | None = None
    ) -> None:
        self._params = p = params or Params()
        self._stream = EcgStream()
        super().__init__(self._stream, p.stall_s)
        self._rates = RateWatch(heart_rules(profile or Profile()), "ecg")
        self._is_known = profile is not None and _KNOWN in profile.flags
        self._judge = RhythmJudge(trees or model())
        self._votes = Votes(p.needed, p.of, round(p.within_s * SECOND_MS))
        self._stretch: list[JudgedStrip] = []
        self._pauses = PauseSearch(p.pause_s * SECOND_MS)

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits for fast and slow."""
        return cls(profile=profile)

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take the next samples; return what is decided by now."""
        return self._take(window, usable_samples(window)[:, 0].copy()) if len(window.t_ms) else ()

    def _feed(self, t_ms: NDArray[np.int64], samples: NDArray[np.float32]) -> list[Finding]:
        strips = self._stream.feed(t_ms, samples)
        return [found for strip in strips for found in self._read(strip, strip.start_ms + STRIP_MS + _LAG_MS)]

    def _read(self, strip: Strip, now_ms: int) -> list[Finding]:
        found = [self._paused(shown, now_ms) for shown in self._pauses.feed(strip)]
        for judged in self._judge.feed(strip):
            found += self._vote(judged, now_ms)
        return found

    def _end(self, now_ms: int) -> list[Finding]:
        found = [told for strip in self._stream.flush() for told in self._read(strip, now_ms)]
        for judged in self._judge.flush():
            found += self._vote(judged, now_ms)
        found += self._short(now_ms)
        self._stretch = []
        self._pauses.forget()
        return found

    def _vote(self, judged: JudgedStrip, now_ms: int) -> list[Finding]:
        if not judged.readable:
            return []
        found = self._rates.feed(judged.end_ms, judged.rate_bpm, self._device_id)
        self._stretch = [*self._stretch, judged][-self._params.of :]
        if self._votes.cast(judged.end_ms, yes=judged.log_odds >= self._params.limit):
            found += self._irregular(judged, now_ms, judged.log_odds)
        return found

    def _short(self, now_ms: int) -> list[Finding]:
        """Judge a recording that ended before enough strips were there to vote."""
        if not self._stretch or len(self._stretch) >= self._params.of:
            return []
        mean = sum(judged.log_odds for judged in self._stretch) / len(self._stretch)
        if (mean >= self._params.limit) == self._votes.on:
            return []
        self._votes.on = not self._votes.on
        worst = max(self._stretch, key=lambda judged: judged.log_odds)
        return self._irregular(worst, now_ms, mean)

    def _irregular(self, judged: JudgedStrip, now_ms: int, log_odds: float) -> list[Finding]:
        if self._is_known:
            return []
        votes = {"strips_yes": float(self._votes.yes), "strips_read": float(self._votes.counted)}
        limits = {"log_odds": self._params.limit, "likeness": MIN_LIKENESS}
        if self._votes.counted >= self._params.of:
            limits["strips_yes"] = float(self._params.needed)
        evidence = Evidence(
            features={**judged.shown, "log_odds": round(log_odds, 3), **votes},
            limits=limits,
            quantity="ecg",
            device_id=self._device_id,
            start_ms=judged.start_ms,
            end_ms=judged.end_ms,
            marks={"beat": judged.beats_ms},
        )
        score = float(1.0 / (1.0 + np.exp(-np.clip(log_odds, -50.0, 50.0))))
        condition = Condition.PRESENT if self._votes.on else Condition.GONE
        began = self._stretch[0].start_ms
        at_ms = began if self._votes.on else judged.end_ms
        return [Finding("irregular_rhythm", condition, at_ms, now_ms, score, Priority.MEDIUM, evidence)]

    def _paused(self, shown: ShownPause, now_ms: int) -> Finding:
        pause, start_ms, end_ms, beats_ms = shown
        features = {"pause_s": (pause.end_ms - pause.start_ms) / SECOND_MS, "stir": round(pause.stir, 3)}
        limits = {"pause_s": self._params.pause_s}
        marks, phases = {"beat": beats_ms}, {"pause": [pause.start_ms, pause.end_ms]}
        where = ("ecg", self._device_id, start_ms, end_ms)
        evidence = Evidence(features, limits, *where, marks=marks, phases=phases)
        return Finding("asystole_pause", Condition.PRESENT, pause.start_ms, now_ms, 0.9, Priority.HIGH, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {
            "stream": self._stream.snapshot(),
            "judge": self._judge.snapshot(),
            "votes": self._votes.snapshot(),
            "rates": self._rates.snapshot(),
            "stretch": [msgspec.to_builtins(judged) for judged in self._stretch],
            "before": self._pauses.snapshot(),
            "device": self._device_id,
            "received_ms": self._received_ms,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._stream.restore(state["stream"])
        self._judge.restore(state["judge"])
        self._votes.restore(state["votes"])
        self._rates.restore(state["rates"])
        self._stretch = [JudgedStrip(*kept) for kept in state["stretch"]]
        self._pauses.restore(state["before"])
        self._device_id = state["device"]
        self._received_ms = state["received_ms"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._stream.shift(by_ms)
        self._judge.shift(by_ms)
        self._votes.shift(by_ms)
        self._rates.shift(by_ms)
        self._stretch = [judged.shifted(by_ms) for judged in self._stretch]
        self._pauses.shift(by_ms)
        self._received_ms = shifted(self._received_ms, by_ms)
