"""Falls from body-worn acceleration: impact, posture, stillness, and whether the person rises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.usable import usable_events
from alerts.signal.fall.aftermath import Aftermath, begin, restored, seconds
from alerts.signal.fall.features import phases_at
from alerts.signal.fall.impact import POST_MS, PRE_MS, Impact, ImpactGate
from alerts.signal.fall.model import TRUNK, FallModel, JudgedImpact, judge, model
from alerts.time_shift import shifted
from anhu.contract.clock import SECOND_MS
from anhu.contract.observation import Quality
from anhu.contract.priority import Priority

_UNUSABLE = int(Quality.OUT_OF_RANGE | Quality.DUPLICATE | Quality.RETAINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What counts as a fall, and how long to wait for the person to rise.

    Attributes
    ----------
    gate_g : float
        Smallest vector length that is looked at more closely. [g]
    suspect_score : float
        Smallest score of a suspicion; 0.5 is the model's operating point for the position. 0 to 1.
    sure_score : float
        A suspicion from here on is urgent at once. 0 to 1.
    confirm_s : float
        Not risen for this long after the impact: a fall (alert catalogue 2). [s]
    long_lie_s : float
        Still for this long after the fall: a long lie (alert catalogue 4). [s]
    stall_s : float
        A stream that stops is judged with what there is after this. [s]
    watch_s : float
        A fall is followed no longer than this. [s]
    """

    gate_g: float = 1.6
    suspect_score: float = 0.5
    sure_score: float = 0.9
    confirm_s: float = 60.0
    long_lie_s: float = 600.0
    stall_s: float = 5.0
    watch_s: float = 3_600.0


@dataclass(slots=True)
class _Episode:
    """A suspected fall that is being followed."""

    peak_ms: int
    score: float
    features: dict[str, float]
    limits: dict[str, float]
    kind: str
    aftermath: Aftermath
    long_lie: bool = False


class FallMotion(Detector):
    """A hard impact that a learned stage takes for a fall, then the wait for the person to rise.

    A vectorised gate passes over everything without a knock. Around each knock (3 s before, 3.5 s after)
    orientation-free multiphase features go through a small model of trees: a score of `suspect_score` raises
    ``fall_suspected`` 3.5 s after the impact: HIGH from `sure_score` on, so that the desk sees a plain fall within
    seconds, else MEDIUM. If the person has not risen 60 s after the impact (upright again or walking for 8 of 10 s),
    or the signal stopped and nobody took it back for 60 s, it becomes ``fall``, HIGH. Ten minutes still, by recorded
    samples, add ``long_lie``. Rising, or "I'm OK" on the device, ends the condition; only a person closes the alert.

    Blind to slow slides without a knock and to falls on something soft; trained on acted falls only, as no open set
    holds real falls of old people. Measured figures are in ``alerts/README.md``.
    """

    name = "fall_motion"
    kinds = ("fall_suspected", "fall", "long_lie")
    reads = ("acceleration", "fall_cancelled")

    def __init__(self, params: Params | None = None, learned: FallModel | None = None) -> None:
        self._params = params or Params()
        self._learned = learned or model()
        self._waits = {"not_risen_s": self._params.confirm_s, "still_s": self._params.long_lie_s}
        self._gate = ImpactGate(self._params.gate_g)
        self._episode: _Episode | None = None
        self._position = ""
        self._device_id = ""
        self._received_ms = 0

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:  # noqa: ARG003 - a fall is a fall
        """Make one; it is the same for everybody."""
        return cls()

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take samples or "I'm OK"; return suspicions, falls, long lies, and their end."""
        if not len(window.t_ms):
            return ()
        self._received_ms = max(window.received_at_ms, int(window.t_ms[-1]))
        if window.quantity == "fall_cancelled":
            return self._cancelled(window)
        self._position, self._device_id = window.position, window.device_id
        samples = window.values.astype(np.float32)
        if window.quality.any():
            samples[(window.quality & _UNUSABLE) != 0] = np.nan
        found: list[Finding] = []
        for impact in self._gate.feed(window.t_ms, samples):
            found += self._follow(impact.ready_ms)
            found += self._judge(impact)
        if self._episode is not None:
            found += self._follow(int(window.t_ms[-1]))
        return tuple(found)

    def _judge(self, impact: Impact) -> list[Finding]:
        if self._episode is not None:
            return []  # a knock while somebody is down belongs to the same fall
        judged = judge(impact, self._learned, self._position)
        if judged.score < self._params.suspect_score:
            return []
        self._episode = self._begin(impact, judged)
        urgent = judged.score >= self._params.sure_score
        return [self._finding("fall_suspected", impact.ready_ms, Priority.HIGH if urgent else Priority.MEDIUM)]

    def _begin(self, impact: Impact, judged: JudgedImpact) -> _Episode:
        aftermath = begin(
            impact.ready_ms,
            trunk=self._position in TRUNK,
            tilt_deg=judged.features.get("tilt_deg", 0.0),
            gravity=judged.gravity,
        )
        limits = {"score": self._params.suspect_score, "peak_g": self._params.gate_g}
        return _Episode(impact.peak_ms, judged.score, judged.features, limits, "fall_suspected", aftermath)

    def _follow(self, until_ms: int) -> list[Finding]:
        """Judge the seconds after a suspicion that are complete by a time. [ms]."""
        found: list[Finding] = []
        if self._episode is None:
            return found
        t, acc = self._gate.since(self._episode.aftermath.next_ms, until_ms)
        for second in seconds(self._episode.aftermath, t, acc, until_ms):
            found += self._second(self._episode, second)
            if self._episode is None:
                break
        return found

    def _second(self, episode: _Episode, acc: np.ndarray[Any, np.dtype[np.float64]]) -> list[Finding]:
        risen = episode.aftermath.second(acc)
        at_ms = episode.aftermath.next_ms
        since_ms = at_ms - episode.peak_ms
        if risen:
            return self._over(at_ms)
        found: list[Finding] = []
        if episode.kind == "fall_suspected" and since_ms >= self._params.confirm_s * SECOND_MS:
            found += self._confirmed(episode, at_ms)
        if not episode.long_lie and episode.aftermath.still_ms >= self._params.long_lie_s * SECOND_MS:
            episode.long_lie = True
            found.append(self._finding("long_lie", at_ms, Priority.HIGH))
        if since_ms >= self._params.watch_s * SECOND_MS:
            self._episode = None
        return found

    def _confirmed(self, episode: _Episode, at_ms: int, note: str = "") -> list[Finding]:
        episode.kind = "fall"
        return [self._finding("fall", at_ms, Priority.HIGH, note=note)]

    def _cancelled(self, window: Window) -> tuple[Finding, ...]:
        taken_back = [t for t, on in usable_events(window) if on and self._episode and t >= self._episode.peak_ms]
        return tuple(self._over(taken_back[-1])) if taken_back else ()

    def _over(self, at_ms: int) -> list[Finding]:
        episode = self._episode
        if episode is None:
            return []
        kinds = ["fall_suspected"]
        kinds += ["fall"] if episode.kind == "fall" else []
        kinds += ["long_lie"] if episode.long_lie else []
        found = [self._finding(kind, at_ms, Priority.MEDIUM, condition=Condition.GONE) for kind in kinds]
        self._episode = None
        return found

    def _finding(
        self,
        kind: str,
        decided_ms: int,
        priority: Priority,
        *,
        condition: Condition = Condition.PRESENT,
        note: str = "",
    ) -> Finding:
        episode = self._episode
        assert episode is not None  # noqa: S101 - findings are only made while an episode lasts
        down_s = max(0.0, round((decided_ms - episode.peak_ms) / SECOND_MS, 1))
        still_s = episode.aftermath.still_ms / SECOND_MS
        evidence = Evidence(
            features=episode.features | {"not_risen_s": down_s, "still_s": still_s},
            limits=episode.limits | self._waits,
            quantity="acceleration",
            device_id=self._device_id,
            start_ms=episode.peak_ms - PRE_MS,
            end_ms=episode.peak_ms + POST_MS,
            note=note,
            marks={"impact": [episode.peak_ms]},
            phases=phases_at(episode.peak_ms),
        )
        at_ms = episode.peak_ms if condition is Condition.PRESENT else decided_ms
        return Finding(kind, condition, at_ms, decided_ms, episode.score, priority, evidence)

    def due_ms(self) -> int | None:
        """Return when a stream that stopped is judged, or a suspicion nobody took back becomes a fall. [ms]."""
        if self._gate.waiting:
            return self._received_ms + round(self._params.stall_s * SECOND_MS)
        if self._episode is not None and self._episode.kind == "fall_suspected":
            return self._received_ms + round(self._params.confirm_s * SECOND_MS)
        return None

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Let time pass without samples. [ms]."""
        found: list[Finding] = []
        due = self.due_ms()
        if self._gate.waiting and due is not None and now_ms >= due:
            for impact in self._gate.flush():
                found += self._judge(impact)
        due = self.due_ms()
        if due is not None and now_ms >= due and self._episode is not None:
            found += self._confirmed(self._episode, self._gate.last_ms or due, note="alert.note.not_taken_back")
        return tuple(found)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        episode = None
        if self._episode is not None:
            episode = asdict(self._episode) | {"aftermath": self._episode.aftermath.snapshot()}
        return {
            "gate": self._gate.snapshot(),
            "episode": episode,
            "position": self._position,
            "device_id": self._device_id,
            "received_ms": self._received_ms,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._gate.restore(state["gate"])
        episode = state["episode"]
        self._episode = _Episode(**{**episode, "aftermath": restored(episode["aftermath"])}) if episode else None
        self._position, self._device_id = state["position"], state["device_id"]
        self._received_ms = state["received_ms"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._gate.shift(by_ms)
        if self._episode is not None:
            self._episode.peak_ms = shifted(self._episode.peak_ms, by_ms)
            self._episode.aftermath.next_ms = shifted(self._episode.aftermath.next_ms, by_ms)
        self._received_ms = shifted(self._received_ms, by_ms)
