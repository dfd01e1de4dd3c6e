"""PPG at rest: fast and slow pulse, irregular pulse, fast and slow breathing; and a pulse that cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.strip_detector import StripDetector, usable_samples
from alerts.rules.unreadable import UnreadableWatch
from alerts.rules.waveform_rates import RateWatch, breath_rules, heart_rules
from alerts.signal.ppg.arm import STILL_G
from alerts.signal.ppg.rates import BREATH_SURE, LIKENESS, PULSE_SURE, STRIP_MS, PpgRates, PpgStrip
from alerts.signal.ppg.stream import STEP_OUT_MS, Looked, PpgStream
from alerts.signal.votes import Votes
from alerts.time_shift import shifted
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority

_KNOWN = "atrial_fibrillation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What counts.

    Attributes
    ----------
    changed_share, sample_entropy, lag_change : float
        At or above all of them a strip is irregular; `lag_change` keeps beats in twos and threes out.
    needed, of : int
        So many of the last so many readable strips.
    within_s : float
        Strips older than this do not count. [s]
    stall_s : float
        A stream that stops is judged with what there is after this. [s]
    unread_s : float
        So long a live signal may go without a sure pulse rate before that is said. [s]
    least_told, enough_told : float
        Share of sure rates below which that is so, and above which it is over. [-]
    """

    changed_share: float = 0.45
    sample_entropy: float = -1.3
    lag_change: float = 0.07
    needed: int = 5
    of: int = 6
    within_s: float = 1_800.0
    stall_s: float = 60.0
    unread_s: float = 1_800.0
    least_told: float = 0.1
    enough_told: float = 0.5


def is_irregular(measures: Mapping[str, float], params: Params) -> bool:
    """Tell whether a strip is irregular, by measures of `alerts.signal.ppg.strip.irregularity`."""
    lag = min(measures["lag2_change"], measures["lag3_change"])
    changed = measures["changed_share"] >= params.changed_share
    return changed and measures["sample_entropy"] >= params.sample_entropy and lag >= params.lag_change


class PpgPulse(StripDetector):
    """Pulse of a wrist or finger sensor; acceleration of the same device tells movement.

    What the arm's movement explains is taken out of the wave; the pulse rate of every 8 s is then followed as a belief
    over all rates, and told only where at least 0.8 of it stands within 5 /min. Alarms come from rest only: strips of
    32 s whose pulses look alike, whose beats agree with the told rate, and during which the arm was still (or nothing
    is known of it). ``irregular_rhythm`` needs 5 of 6 strips and is only a reason to take an ECG: LOW.
    ``respiration_*`` comes from baseline, height and intervals of the pulses, MEDIUM at most. Half an hour of a live
    signal with hardly a sure rate is said too, LOW (``measure_again``): a pulse that cannot be read is not a pulse that
    is well.

    Blind while the arm moves (a rate, but no alarm), at weak perfusion, and to any rhythm but a grossly irregular one;
    frequent early beats look like fibrillation. Measured figures are in ``alerts/measured/pulse.md``.
    """

    name = "ppg_pulse"
    version = 2
    kinds = (
        "irregular_rhythm", "heart_rate_high", "heart_rate_low", "respiration_high", "respiration_low", "measure_again",
    )  # fmt: skip
    reads = ("ppg", "acceleration")

    def __init__(self, params: Params | None = None, profile: Profile | None = None) -> None:
        self._params = p = params or Params()
        self._stream = PpgStream()
        super().__init__(self._stream, p.stall_s)
        known = profile or Profile()
        self._hearts = RateWatch(heart_rules(known), "ppg")
        self._breaths = RateWatch(breath_rules(known), "ppg")
        self._is_known = _KNOWN in known.flags
        self._rates = PpgRates()
        self._votes = Votes(p.needed, p.of, round(p.within_s * SECOND_MS))
        self._unread = UnreadableWatch(
            "measure_again",
            "ppg",
            within_ms=round(p.unread_s * SECOND_MS),
            step_ms=STEP_OUT_MS,
            least_share=p.least_told,
            enough_share=p.enough_told,
        )

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        return cls(profile=profile)

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take the next samples of either; return what is decided by now."""
        if not len(window.t_ms):
            return ()
        samples = usable_samples(window)
        if window.quantity == "acceleration":
            return tuple(self._judged(self._stream.feed_acc(window.t_ms, samples)))
        return self._take(window, samples)

    def _feed(self, t_ms: NDArray[np.int64], samples: NDArray[np.float32]) -> list[Finding]:
        return self._judged(self._stream.feed(t_ms, samples))

    def _end(self, now_ms: int) -> list[Finding]:
        found = self._judged(self._stream.flush())
        self._rates.flush()
        return [*found, *self._told(), *self._unread.stop(now_ms, self._device_id)]

    def _judged(self, blocks: Iterable[Looked]) -> list[Finding]:
        found: list[Finding] = []
        for looked in blocks:
            self._rates.feed(looked)
            found += self._told()
        return found

    def _told(self) -> Iterator[Finding]:
        """Return what the newest estimates and strips make known."""
        for pulse in self._rates.pulse:
            yield from self._unread.feed(pulse.t_ms, self._device_id, told=pulse.sure >= PULSE_SURE)
        for strip in self._rates.strips:
            yield from self._shared(self._hearts.feed(strip.end_ms, strip.rate_bpm, self._device_id))
            yield from self._shared(self._vote(strip))
        for breath in self._rates.breath:
            if breath.sure >= BREATH_SURE:
                yield from self._shared(self._breaths.feed(breath.t_ms, breath.rate, self._device_id))

    def _shared(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Add to findings how many of the last half hour's rates were sure enough to be told."""
        for finding in findings:
            evidence = finding.evidence
            features = evidence.features | {"told_share": round(self._unread.told_share, 3)}
            yield msgspec.structs.replace(finding, evidence=msgspec.structs.replace(evidence, features=features))

    def _vote(self, strip: PpgStrip) -> Iterator[Finding]:
        p, m = self._params, strip.measures
        if not self._votes.cast(strip.end_ms, yes=is_irregular(m, p)) or self._is_known:
            return
        features = {name: round(value, 4) for name, value in m.items()}
        features |= {"pulse_rate_bpm": round(strip.rate_bpm, 1), "likeness": round(strip.likeness, 3)}
        features |= {"strips_yes": float(self._votes.yes), "strips_read": float(self._votes.counted)}
        limits = {"changed_share": p.changed_share, "sample_entropy": p.sample_entropy, "lag2_change": p.lag_change}
        limits |= {
            "lag3_change": p.lag_change,
            "strips_yes": float(p.needed),
            "likeness": LIKENESS,
            "motion_g": STILL_G,
        }
        start_ms = strip.end_ms - STRIP_MS
        marks = {"beat": strip.beats_ms}
        evidence = Evidence(features, limits, "ppg", self._device_id, start_ms, strip.end_ms, marks=marks)
        condition = Condition.PRESENT if self._votes.on else Condition.GONE
        yield Finding("irregular_rhythm", condition, start_ms, strip.end_ms, 0.6, Priority.LOW, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {
            "stream": self._stream.snapshot(),
            "rates": self._rates.snapshot(),
            "hearts": self._hearts.snapshot(),
            "breaths": self._breaths.snapshot(),
            "votes": self._votes.snapshot(),
            "unread": self._unread.snapshot(),
            "device": self._device_id,
            "received_ms": self._received_ms,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._stream.restore(state["stream"])
        self._rates.restore(state["rates"])
        self._hearts.restore(state["hearts"])
        self._breaths.restore(state["breaths"])
        self._votes.restore(state["votes"])
        self._unread.restore(state["unread"])
        self._device_id = state["device"]
        self._received_ms = state["received_ms"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._stream.shift(by_ms)
        self._rates.shift(by_ms)
        self._hearts.shift(by_ms)
        self._breaths.shift(by_ms)
        self._votes.shift(by_ms)
        self._unread.shift(by_ms)
        self._received_ms = shifted(self._received_ms, by_ms)
