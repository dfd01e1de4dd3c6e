"""What follows a suspected fall: the person rises, or stays down; it becomes a fall, a long lie, or is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from alerts.finding import Condition, Evidence, Finding
from alerts.signal.fall.aftermath import Aftermath, begin, restored, seconds
from alerts.signal.fall.features import phases_at
from alerts.signal.fall.impact import POST_MS, PRE_MS, Impact, Samples, Times
from alerts.signal.fall.model import JudgedImpact
from alerts.signal.motion import Float
from alerts.time_shift import shifted
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority


class FallKinds(NamedTuple):
    """What a suspicion, a fall and a long lie after it are called."""

    suspicion: str
    fall: str
    lying: str


@dataclass(slots=True)
class _Episode:
    """A suspected fall that is being followed."""

    peak_ms: int
    score: float
    features: dict[str, float]
    limits: dict[str, float]
    kind: str
    aftermath: Aftermath
    down_ms: int
    """Since when nobody has risen: the first impact, where others followed before it was confirmed. [ms]"""
    told: list[str]
    """Kinds that were said and have not ended, those of falls before it included."""
    long_lie: bool = False
    unseen_s: int = 0
    """How long there has been no sample by now. [s]"""
    longest_unseen_s: int = 0

    def come_after(self, before: _Episode, *, unseen_ms: float) -> None:
        """Go on with what is open of the fall before: its wait while it is a suspicion, else how its wearer stands."""
        self.told = [*dict.fromkeys([*before.told, *self.told])]
        if before.kind == self.kind:
            self.aftermath, self.down_ms = before.aftermath, before.down_ms
        elif before.aftermath.turned and before.longest_unseen_s * SECOND_MS < unseen_ms:
            self.aftermath.upright, self.aftermath.turned = before.aftermath.upright, True  # who lies shows no standing

    def tell(self, kind: str) -> None:
        """Remember that a kind was said."""
        self.told = [*dict.fromkeys([*self.told, kind])]

    def see(self, acc: Float) -> None:
        """Take note whether there are samples of a second."""
        self.unseen_s = 0 if len(acc) else self.unseen_s + 1
        self.longest_unseen_s = max(self.longest_unseen_s, self.unseen_s)

    def evidence(self, device_id: str, waits: Mapping[str, float], decided_ms: int, note: str) -> Evidence:
        """Return why something is said of it now. [ms]."""
        down_s = max(0.0, round((decided_ms - self.down_ms) / SECOND_MS, 1))
        still_s = self.aftermath.still_ms / SECOND_MS
        return Evidence(
            features=self.features | {"not_risen_s": down_s, "still_s": still_s},
            limits=self.limits | dict(waits),
            quantity="acceleration",
            device_id=device_id,
            start_ms=self.peak_ms - PRE_MS,
            end_ms=self.peak_ms + POST_MS,
            note=note,
            marks={"impact": [self.peak_ms]},
            phases=phases_at(self.peak_ms),
        )

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self.peak_ms, self.down_ms = shifted(self.peak_ms, by_ms), shifted(self.down_ms, by_ms)
        self.aftermath.next_ms = shifted(self.aftermath.next_ms, by_ms)


def _restored(state: Mapping[str, Any], kinds: FallKinds) -> _Episode:
    """Return what was being followed; version 0.2 told of one fall at a time."""
    older = {"down_ms": state["peak_ms"], "told": []}
    episode = _Episode(**{**older, **state, "aftermath": restored(state["aftermath"])})
    if not episode.told:
        episode.told = [*dict.fromkeys([kinds.suspicion, episode.kind]), *([kinds.lying] if episode.long_lie else [])]
    return episode


class FallWatch:
    """Follows the latest suspected fall, second by second, until the person has risen or says so.

    What people have done about it is not known here, so nothing is kept back for its sake: a further impact that looks
    like a fall is a finding of its own, with its own time, whether or not anybody was seen to rise in between. Only
    impacts closer together than `tumble_s` are one fall.

    Parameters
    ----------
    kinds : FallKinds
        Names of what it finds.
    confirm_s : float
        Not risen for this long after the impact: a fall. [s]
    long_lie_s : float
        Still for this long: a long lie. [s]
    watch_s : float
        It is followed no longer than this. [s]
    tumble_s : float
        Impacts closer than this are one fall. [s]

    Attributes
    ----------
    device_id : str
        Whose samples it is given.
    """

    def __init__(
        self, kinds: FallKinds, *, confirm_s: float, long_lie_s: float, watch_s: float, tumble_s: float
    ) -> None:
        self._kinds = kinds
        self._waits = {"not_risen_s": confirm_s, "still_s": long_lie_s}
        self._confirm_ms = confirm_s * SECOND_MS
        self._long_lie_ms = long_lie_s * SECOND_MS
        self._watch_ms = watch_s * SECOND_MS
        self._tumble_ms = tumble_s * SECOND_MS
        self._episode: _Episode | None = None
        self.device_id = ""

    def is_same(self, peak_ms: int) -> bool:
        """Whether an impact belongs to the fall that is being followed: nobody falls twice within seconds. [ms]."""
        return self._episode is not None and peak_ms - self._episode.peak_ms < self._tumble_ms

    @property
    def is_suspicion(self) -> bool:
        """Whether what is being followed is not yet taken for a fall."""
        return self._episode is not None and self._episode.kind == self._kinds.suspicion

    @property
    def next_ms(self) -> int | None:
        """From when samples are wanted; None when nothing is followed. [ms]."""
        return None if self._episode is None else self._episode.aftermath.next_ms

    def begin(
        self, impact: Impact, judged: JudgedImpact, limits: dict[str, float], priority: Priority, *, trunk: bool
    ) -> Finding:
        """Follow what came after an impact from here on; return the suspicion.

        Of a suspicion before it that nobody took back the wait goes on: further impacts cannot put a fall off.
        """
        tilt_deg, kind = judged.features.get("tilt_deg", 0.0), self._kinds.suspicion
        aftermath = begin(impact.ready_ms, trunk=trunk, tilt_deg=tilt_deg, gravity=judged.gravity)
        at_ms = impact.peak_ms
        episode = _Episode(at_ms, judged.score, judged.features, limits, kind, aftermath, at_ms, [kind])
        if self._episode is not None:
            episode.come_after(self._episode, unseen_ms=self._confirm_ms)
        self._episode = episode
        return self._finding(episode, kind, impact.ready_ms, priority)

    def follow(self, t_ms: Times, acc: Samples, until_ms: int) -> list[Finding]:
        """Judge the seconds from `next_ms` on that are complete by a time. [ms, g]."""
        found: list[Finding] = []
        if self._episode is None:
            return found
        until_ms = min(until_ms, self._episode.down_ms + round(self._watch_ms) + SECOND_MS)  # however long the gap
        for second in seconds(self._episode.aftermath, t_ms, acc, until_ms):
            found += self._second(self._episode, second)
            if self._episode is None:
                break
        return found

    def _second(self, episode: _Episode, acc: Float) -> list[Finding]:
        risen = episode.aftermath.second(acc)
        at_ms = episode.aftermath.next_ms
        since_ms = at_ms - episode.down_ms
        episode.see(acc)
        if risen:
            return self._over(episode, at_ms)
        found: list[Finding] = []
        if episode.kind == self._kinds.suspicion and since_ms >= self._confirm_ms:
            found.append(self._confirmed(episode, at_ms))
        if not episode.long_lie and episode.aftermath.still_ms >= self._long_lie_ms:
            episode.long_lie = True
            episode.tell(self._kinds.lying)
            found.append(self._finding(episode, self._kinds.lying, at_ms, Priority.HIGH))
        if since_ms >= self._watch_ms:
            self._episode = None
        return found

    def not_taken_back(self, at_ms: int) -> list[Finding]:
        """Take a suspicion for a fall: the signal stopped, and nobody said otherwise. [ms]."""
        if self._episode is None:
            return []
        return [self._confirmed(self._episode, at_ms, note="alert.note.not_taken_back")]

    def _confirmed(self, episode: _Episode, at_ms: int, note: str = "") -> Finding:
        episode.kind = self._kinds.fall
        episode.tell(episode.kind)
        return self._finding(episode, episode.kind, at_ms, Priority.HIGH, note=note)

    def taken_back(self, at_ms: Sequence[int]) -> list[Finding]:
        """End it if somebody said "I'm OK" at one of these times after the impact. [ms]."""
        episode = self._episode
        if episode is None:
            return []
        after = [t_ms for t_ms in at_ms if t_ms >= episode.peak_ms]
        return self._over(episode, after[-1]) if after else []

    def _over(self, episode: _Episode, at_ms: int) -> list[Finding]:
        self._episode = None
        gone = Condition.GONE
        return [self._finding(episode, kind, at_ms, Priority.MEDIUM, condition=gone) for kind in episode.told]

    def _finding(
        self,
        episode: _Episode,
        kind: str,
        decided_ms: int,
        priority: Priority,
        *,
        condition: Condition = Condition.PRESENT,
        note: str = "",
    ) -> Finding:
        evidence = episode.evidence(self.device_id, self._waits, decided_ms, note)
        at_ms = episode.peak_ms if condition is Condition.PRESENT else decided_ms
        return Finding(kind, condition, at_ms, decided_ms, episode.score, priority, evidence)

    def snapshot(self) -> dict[str, Any] | None:
        """Return what is being followed."""
        if self._episode is None:
            return None
        return asdict(self._episode) | {"aftermath": self._episode.aftermath.snapshot()}

    def restore(self, state: Mapping[str, Any] | None) -> None:
        """Follow what was being followed."""
        self._episode = None if state is None else _restored(state, self._kinds)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        if self._episode is not None:
            self._episode.shift(by_ms)
