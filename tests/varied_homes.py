"""Made-up homes of many kinds through the rules of a home: false alarms, and who is found that moves no more.

``python -m tests.varied_homes --days 42 --seeds 0 2 4`` prints a table; even seeds are the ones to develop on, odd ones
are looked at for a release.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from alerts.accuracy.days import DEVICE, RESIDENT, episodes, found_in
from alerts.accuracy.sets.home_sensors import DETECTORS
from alerts.accuracy.stillness import emergencies
from alerts.rules.detector import Profile
from anhu.contract.clock import DAY_MS
from anhu.contract.observation import one_by_one
from anhu.contract.record import Reading
from gateway.codec import Frame
from gateway.codecs.open_json import decode
from gateway.door_specs import DoorKind
from simulators.sources.varied_home import KINDS, day
from tests.ordinary_days import START_MS

PROFILE = Profile(flags=frozenset({"lives_alone", "age_65"}))
_HOURS = (3.0, 9.5, 14.0, 19.0)
_LYING = DETECTORS[:4]


def readings(kind: str, seed: int, days: int) -> Iterator[Reading]:
    """Yield a home's days as the engine gets them."""
    for number in range(days):
        start_ms = START_MS + number * DAY_MS
        for report in day(kind, seed, number):
            at_ms = start_ms + report.after_ms
            frame = Frame(
                door=DoorKind.MQTT,
                route=f"anhu/v1/{DEVICE}/up",
                payload=report.payload(start_ms),
                device_id=DEVICE,
                received_at_ms=at_ms,
            )
            yield Reading(DEVICE, RESIDENT, at_ms, one_by_one(decode(frame)))


def alarms(kind: str, seed: int, days: int) -> Counter[str]:
    """Return how often each rule called in a home, each by itself."""
    history = list(readings(kind, seed, days))
    return Counter({rule: len(list(episodes(found_in(history, [rule], PROFILE)))) for rule in DETECTORS})


def found(kind: str, seed: int, days: int) -> tuple[int, int, list[float]]:
    """Return how many made-up emergencies at home were noticed within a day, of how many, and after how long. [h]."""
    history = list(readings(kind, seed, days))
    made_up = [one for one in emergencies(history, _LYING, PROFILE, _HOURS) if not one.is_out]
    waits = sorted(one.after_s / 3_600 for one in made_up if one.after_s is not None)
    return len(waits), len(made_up), waits


def table(seeds: Sequence[int], days: int) -> str:
    """Return one line a kind of home: alarms per person-week by rule, and who was found."""
    lines, total, weeks = [], Counter[str](), len(seeds) * days / 7
    for kind in KINDS:
        counts = sum((alarms(kind, seed, days) for seed in seeds), Counter[str]())
        total += counts
        n, of, waits = (sum(part, type(part[0])()) for part in zip(*(found(kind, s, days) for s in seeds), strict=True))
        said = ", ".join(f"{rule} {count / weeks:.2f}" for rule, count in counts.most_common() if count) or "none"
        middle = sorted(waits)[len(waits) // 2] if waits else 0.0
        lines.append(f"{kind}: alarms per person-week {said}; found {n} of {of}, median {middle:.1f} h")
    weeks *= len(KINDS)
    lines.append("all: " + ", ".join(f"{rule} {total[rule] / weeks:.3f}" for rule in DETECTORS))
    return "\n".join(lines)


def main() -> None:
    """Run the command line."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--days", type=int, default=42)
    asked.add_argument("--seeds", type=int, nargs="+", default=[0, 2])
    options = asked.parse_args()
    sys.stdout.write(table(options.seeds, options.days) + "\n")


if __name__ == "__main__":
    main()
