"""Choose the constants of a home's rules on all homes but one, and count what they raise in that one.

``python -m alerts.training.homes DATA`` prints, for `no_motion` and `bed_exit`, what each home left out would have
given: the fewest alarms in the other homes win, of equals the widest limits, and of equals again the earliest. Every
setting finds whoever lies still within twelve waking hours, because no limit may be wider.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

from alerts.accuracy.days import DEVICE, RESIDENT, WEEK_MS, episodes
from alerts.accuracy.sets.home_sensors import PROFILE, homes, readings
from alerts.detectors import bed_exit, no_motion
from alerts.engine.engine import Engine
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Detector, Profile
from alerts.rules.local_time import LocalTime
from anhu.contract.record import Reading

Setting = tuple[float, ...]
_STILL: Sequence[Setting] = tuple(product((4.0, 5.0, 6.0), (6.0, 8.0), (1.25, 1.5)))
_OUT: Sequence[Setting] = tuple(product((10.0, 15.0), (20.0, 45.0), (120.0, 240.0)))


def _no_motion(setting: Setting) -> Detector:
    shortest_h, still_h, over = setting
    params = no_motion.Params(shortest_h=shortest_h, still_h=still_h, over=over)
    return no_motion.NoMotion(params, LocalTime(PROFILE.time_zone), alone=True)


def _bed_exit(setting: Setting) -> Detector:
    away_min, learning_min, active_min = setting
    params = bed_exit.Params(away_min=away_min, learning_min=learning_min, learning_active_min=active_min)
    return bed_exit.BedExit(params, LocalTime(PROFILE.time_zone))


_TRIED: Mapping[type[Detector], tuple[Callable[[Setting], Detector], Sequence[Setting]]] = {
    no_motion.NoMotion: (_no_motion, _STILL),
    bed_exit.BedExit: (_bed_exit, _OUT),
}


def alarms(rule: type[Detector], setting: Setting, history: Sequence[Reading]) -> int:
    """Return how often a rule with other constants would have called in a home."""
    make = _TRIED[rule][0]

    class Tried(rule):  # type: ignore[valid-type, misc]  # a class that is known only here
        """The same rule with other constants."""

        @classmethod
        def for_profile(cls, profile: Profile) -> Detector:  # noqa: ARG003 - of one home
            return make(setting)

    engine = Engine([Tried])
    engine.update_roster([WatchedDevice(DEVICE, RESIDENT, PROFILE, enrolled_at_ms=history[0].received_at_ms)])
    return len(list(episodes(one for reading in history for one in engine.feed(reading))))


def left_out(counts: Mapping[Setting, Mapping[str, int]], home: str) -> tuple[Setting, int]:
    """Return the setting that the other homes choose, and what it raises in this one."""
    others = {s: sum(n for name, n in by_home.items() if name != home) for s, by_home in counts.items()}
    fewest = min(others.values())
    chosen = max(setting for setting, n in others.items() if n == fewest)
    return chosen, counts[chosen][home]


def table(histories: Mapping[str, Sequence[Reading]]) -> Iterator[str]:
    """Yield a line for each rule and home left out, and one for all of them."""
    spans = {home: (h[-1].received_at_ms - h[0].received_at_ms) / WEEK_MS for home, h in histories.items()}
    for rule, (_, settings) in _TRIED.items():
        counts = {s: {home: alarms(rule, s, h) for home, h in histories.items()} for s in settings}
        total = 0
        for home, weeks in spans.items():
            setting, n = left_out(counts, home)
            total += n
            yield f"{rule.name}, {home} left out: {setting} chosen; {n} alarms, {n / weeks:.2f} per person-week"
        yield f"{rule.name}: {total / sum(spans.values()):.2f} per person-week in homes left out"


if __name__ == "__main__":
    found = {home.name: list(readings(home)) for home in homes(Path(sys.argv[1]))}
    sys.stdout.write("\n".join(table(found)) + "\n")
