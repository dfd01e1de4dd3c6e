"""Falls from body-worn acceleration: impact, posture, stillness, and whether the person rises."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from alerts.finding import Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.fall_watch import FallKinds, FallWatch
from alerts.rules.usable import usable_events
from alerts.signal.fall.impact import Impact, ImpactGate, Samples, Times
from alerts.signal.fall.model import TRUNK, FallModel, judge, model
from alerts.signal.fall.slide import BLOCK_MS, KEPT_MS, TURNED_DEG, SlideGate, lowest
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
    tumble_s : float
        Impacts closer than this are one fall: the only time in which a further one is not judged. [s]
    """

    gate_g: float = 1.6
    suspect_score: float = 0.5
    sure_score: float = 0.9
    confirm_s: float = 60.0
    long_lie_s: float = 600.0
    stall_s: float = 5.0
    watch_s: float = 3_600.0
    tumble_s: float = 10.0


class FallMotion(Detector):
    """A hard impact that a learned stage takes for a fall, then the wait for the person to rise.

    A vectorised gate passes over everything without a knock. Around each knock (3 s before, 3.5 s after)
    orientation-free multiphase features go through a small model of trees: a score of `suspect_score` raises
    ``fall_suspected`` 3.5 s after the impact: HIGH from `sure_score` on, so that the desk sees a plain fall within
    seconds, else MEDIUM. If the person has not risen 60 s after the impact (upright again or walking for 8 of 10 s),
    or the signal stopped and nobody took it back for 60 s, it becomes ``fall``, HIGH. Ten minutes still, by recorded
    samples, add ``long_lie``. Rising, or "I'm OK" on the device, ends the condition; only a person closes the alert.

    At the trunk, a change of posture within seconds that ends in stillness without a knock goes to the same trees, with
    a limit of its own: ``fall_suspected``, MEDIUM.

    A further impact that looks like a fall is a suspicion of its own, seen to rise or not: the first may have been
    answered and closed since, or the watch taken off to lift its wearer. Whether it is the same alert, the database
    decides.

    Blind to slow slides away from the trunk and to falls on something soft; trained on acted falls only, as no open set
    holds real falls of old people. Measured figures are in ``alerts/measured/falls.md``.
    """

    name = "fall_motion"
    version = 3
    models = ("fall",)
    kinds = FallKinds("fall_suspected", "fall", "long_lie")
    reads = ("acceleration", "fall_cancelled")

    def __init__(self, params: Params | None = None, learned: FallModel | None = None) -> None:
        self._params = params or Params()
        self._learned = learned or model()
        self._gate = ImpactGate(self._params.gate_g)
        self._slides = SlideGate()
        p = self._params
        self._watch = FallWatch(
            self.kinds, confirm_s=p.confirm_s, long_lie_s=p.long_lie_s, watch_s=p.watch_s, tumble_s=p.tumble_s
        )
        self._position = ""
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
            return tuple(self._watch.taken_back([t for t, on in usable_events(window) if on]))
        self._position, self._watch.device_id = window.position, window.device_id
        self._gate.kept_ms = KEPT_MS if self._position in TRUNK else 0
        samples = window.values.astype(np.float32)
        if window.quality.any():
            samples[(window.quality & _UNUSABLE) != 0] = np.nan
        found: list[Finding] = []
        for piece in _pieces(window.t_ms):
            for impact, slid in self._knocks_and_slides(window.t_ms[piece], samples[piece]):
                found += self._follow(impact.ready_ms)
                found += self._judge(impact, slid=slid)
            found += self._follow(int(window.t_ms[piece][-1]))
        return tuple(found)

    def _knocks_and_slides(self, t_ms: Times, acc: Samples) -> list[tuple[Impact, bool]]:
        """Return what is to be judged now, in the order in which it was known, and whether it came without a knock."""
        found = [(impact, False) for impact in self._gate.feed(t_ms, acc)]
        if self._position in TRUNK:
            slides = (lowest(slide, self._gate, self._params.gate_g) for slide in self._slides.feed(t_ms, acc))
            found += [(impact, True) for impact in slides if impact is not None]
        return sorted(found, key=lambda one: one[0].ready_ms)

    def _follow(self, until_ms: int) -> list[Finding]:
        next_ms = self._watch.next_ms
        return [] if next_ms is None else self._watch.follow(*self._gate.since(next_ms, until_ms), until_ms)

    def _judge(self, impact: Impact, *, slid: bool) -> list[Finding]:
        if self._watch.is_same(impact.peak_ms) or (slid and self._watch.next_ms is not None):
            return []  # who turns over on the floor has not slid off anything
        judged = judge(impact, self._learned, self._position, slid=slid)
        if judged.score < self._params.suspect_score:
            return []
        gate = {"turned_deg": TURNED_DEG} if slid else {"peak_g": self._params.gate_g}
        limits = {"score": self._params.suspect_score, **gate}
        sure = judged.score >= self._params.sure_score and not slid
        priority = Priority.HIGH if sure else Priority.MEDIUM
        return [self._watch.begin(impact, judged, limits, priority, trunk=self._position in TRUNK)]

    def due_ms(self) -> int | None:
        """Return when a stream that stopped is judged, or a suspicion nobody took back becomes a fall. [ms]."""
        if self._gate.waiting:
            return self._received_ms + round(self._params.stall_s * SECOND_MS)
        if self._watch.is_suspicion:
            return self._received_ms + round(self._params.confirm_s * SECOND_MS)
        return None

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Let time pass without samples. [ms]."""
        found: list[Finding] = []
        due = self.due_ms()
        if self._gate.waiting and due is not None and now_ms >= due:
            for impact in self._gate.flush():
                found += self._judge(impact, slid=False)
        due = self.due_ms()
        if due is not None and now_ms >= due:
            found += self._watch.not_taken_back(self._gate.last_ms or due)
        return tuple(found)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {
            "gate": self._gate.snapshot(),
            "slides": self._slides.snapshot(),
            "episode": self._watch.snapshot(),
            "position": self._position,
            "device_id": self._watch.device_id,
            "received_ms": self._received_ms,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._gate.restore(state["gate"])
        if "slides" in state:  # version 0.2 did not look for any
            self._slides.restore(state["slides"])
        self._watch.restore(state["episode"])
        self._position, self._watch.device_id = state["position"], state["device_id"]
        self._received_ms = state["received_ms"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._gate.shift(by_ms)
        self._slides.shift(by_ms)
        self._watch.shift(by_ms)
        self._received_ms = shifted(self._received_ms, by_ms)


def _pieces(t_ms: Times) -> Iterator[slice]:
    """Cut a message that is longer than what is kept of those before it: it must give what short ones give."""
    if int(t_ms[-1]) - int(t_ms[0]) < BLOCK_MS:
        yield slice(0, len(t_ms))
        return
    edges = [0, *(np.flatnonzero(np.diff(t_ms // BLOCK_MS)) + 1).tolist(), len(t_ms)]
    for first, last in itertools.pairwise(edges):
        yield slice(first, last)
