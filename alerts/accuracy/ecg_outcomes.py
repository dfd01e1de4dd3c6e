"""What the production detector, and its parts, make of a recorded ECG."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.beat_matching import BeatTally, matched
from alerts.accuracy.ecg_recordings import Recording
from alerts.accuracy.stream import stream, windows
from alerts.detectors.ecg_rhythm import EcgRhythm
from alerts.finding import Condition, Finding
from alerts.signal.ecg.model import calibration, model
from alerts.signal.ecg.rhythm import judge
from alerts.signal.ecg.stream import STRIP_MS, EcgStream
from alerts.signal.judged_strip import JudgedStrip, RhythmJudge
from alerts.signal.rhythm_answer import FIBRILLATION_FROM, NONE_UP_TO, probability

_SILENCE_S = 120.0


class RhythmStrip(NamedTuple):
    """What was said of half a minute, and what is true."""

    person: str
    fibrillates: bool
    judged: JudgedStrip

    @property
    def is_told(self) -> bool:
        """Whether it was said that it fibrillates, or that it does not."""
        likely = probability(self.judged.log_odds)
        return self.judged.readable and (likely >= FIBRILLATION_FROM or likely <= NONE_UP_TO)


@dataclass(frozen=True, slots=True)
class RhythmOutcome:
    """What was found in a recording.

    Attributes
    ----------
    beats : BeatTally
        Found, missed, invented.
    strips : sequence of RhythmStrip
        Half minutes.
    findings : list of Finding
        What the detector said.
    seconds : float
        What the detector cost. [s]
    """

    recording: Recording
    beats: BeatTally
    strips: Sequence[RhythmStrip]
    findings: Sequence[Finding]
    seconds: float

    def raised(self, kind: str) -> Sequence[Finding]:
        """Return the alarms of a kind: what began, or became worse."""
        return [f for f in self.findings if f.kind == kind and f.condition is Condition.PRESENT]

    @property
    def fibrillates(self) -> bool:
        """Whether the atria fibrillate in any half minute."""
        return any(strip.fibrillates for strip in self.strips)


def outcome(recording: Recording, trained: str) -> RhythmOutcome:
    """Stream a recording through the production detector, and through its parts to see beats and strips.

    Parameters
    ----------
    trained : str
        Name of the model that judges.
    """
    beats, judged = _parts(recording, trained)
    detector = EcgRhythm(trained=trained)
    pieces = windows("ecg", recording.t_ms, recording.lead_mv[:, None], sampling_rate_hz=recording.rate_hz)
    handed = list(pieces)
    begun = time.process_time()
    findings = stream(detector, iter(handed), silence_s=_SILENCE_S)
    seconds = time.process_time() - begun
    halves = [one for one in judged if one.end_ms - one.start_ms >= STRIP_MS // 2 or len(judged) == 1]
    strips = [RhythmStrip(recording.person, recording.fibrillates(one.start_ms, one.end_ms), one) for one in halves]
    return RhythmOutcome(recording, _tally(recording, beats), strips, findings, seconds)


def _parts(recording: Recording, trained: str) -> tuple[NDArray[np.float64], list[JudgedStrip]]:
    reader, judging, trees = EcgStream(), RhythmJudge(calibration(trained)), model(trained)
    strips = [*reader.feed(recording.t_ms, recording.lead_mv), *reader.flush()]
    judged = [one for strip in strips for one in judging.feed(judge(strip, trees))]
    beats = np.concatenate([strip.beats_ms for strip in strips]) if strips else np.empty(0)
    return beats, [*judged, *judging.flush()]


def _tally(recording: Recording, beats: NDArray[np.float64]) -> BeatTally:
    def counted(times: NDArray[np.float64]) -> NDArray[np.float64]:
        inside = [(times > start) & (times < end) for start, end in recording.flutters]
        return times[~np.any(inside, axis=0)] if inside else times

    return matched(counted(recording.beats_ms), counted(beats))
