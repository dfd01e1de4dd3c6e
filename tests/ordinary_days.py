"""Made-up ordinary days through every production detector: whatever it raises is a false alarm.

``python -m tests.ordinary_days --first 0 --residents 10 --days 90 --json FILE`` for a part, then
``python -m tests.ordinary_days --sum FILE FILE ...`` for the table of all parts.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from time import process_time
from typing import Any

from alerts.accuracy.days import DEVICE, RESIDENT, episodes
from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile
from anhu.contract.clock import DAY_MS
from anhu.contract.observation import one_by_one
from anhu.contract.record import Reading
from gateway.codec import Frame
from gateway.codecs.open_json import decode
from gateway.door_specs import DoorKind
from simulators.sources.synthetic_day import day

START_MS = 1_790_784_000_000
"""Midnight of a day in China. [ms]"""
_ALONE = ((), ("lives_alone",))
_MEDICAL = ((), ("diabetes",), ("heart_failure", "beta_blocker"), ("copd",), ("atrial_fibrillation",))
_CARE = ((), ("fall_risk",), ("dementia",))
FLAGS: Sequence[frozenset[str]] = tuple(
    frozenset(("age_65", *alone, *medical, *care)) for alone, medical, care in product(_ALONE, _MEDICAL, _CARE)
)


def readings(seed: int, number: int) -> Iterator[Reading]:
    """Yield one of a person's days as the engine gets it."""
    start_ms = START_MS + number * DAY_MS
    for report in day(seed, number=number):
        at_ms = start_ms + report.after_ms
        frame = Frame(
            door=DoorKind.MQTT,
            route=f"anhu/v1/{DEVICE}/up",
            payload=report.payload(start_ms),
            device_id=DEVICE,
            received_at_ms=at_ms,
        )
        yield Reading(DEVICE, RESIDENT, at_ms, one_by_one(decode(frame)))


def lived(seed: int, days: int) -> dict[str, Any]:
    """Return what is raised in a person's days, how many messages they had, and what the engine took."""
    engine = Engine(discover())
    profile = Profile(flags=FLAGS[seed % len(FLAGS)], report_period_s=60.0)
    engine.update_roster([WatchedDevice(DEVICE, RESIDENT, profile, enrolled_at_ms=START_MS)])
    found: list[ResidentFinding] = []
    messages, spent_s = 0, 0.0
    for number in range(days):
        today = list(readings(seed, number))
        began = process_time()
        for reading in today:
            found += engine.feed(reading)
        spent_s += process_time() - began
        messages += len(today)
    raised = [
        [one.finding.kind, (one.finding.decided_at_ms - START_MS) / DAY_MS, one.finding.evidence.features]
        for one in episodes(found)
    ]
    return {
        "seed": seed,
        "days": days,
        "flags": sorted(profile.flags),
        "raised": raised,
        "messages": messages,
        "s": spent_s,
    }


def table(people: Sequence[dict[str, Any]]) -> str:
    """Return alarms per person-week by rule, each alarm, and the engine's time for a message."""
    weeks = sum(one["days"] for one in people) / 7
    counts = Counter(raised[0] for one in people for raised in one["raised"])
    messages = sum(one["messages"] for one in people)
    lines = [f"{len(people)} people, {weeks:.1f} person-weeks, {messages} messages"]
    lines.append(f"{1e6 * sum(one['s'] for one in people) / messages:.1f} us of CPU time in the engine for a message")
    lines += [f"{kind}: {n} ({n / weeks:.4f} per person-week)" for kind, n in counts.most_common()]
    lines += [f"no alarm of any of {len(discover())} detectors"] if not counts else []
    for one in people:
        for kind, at_day, features in one["raised"]:
            lines.append(f"person {one['seed']} {'+'.join(one['flags'])} day {at_day:.2f} {kind} {features}")
    return "\n".join(lines)


def main() -> None:
    """Run the command line."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--residents", type=int, default=1)
    asked.add_argument("--days", type=int, default=90)
    asked.add_argument("--json", type=Path)
    asked.add_argument("--sum", type=Path, nargs="*")
    options = asked.parse_args()
    if options.sum:
        people = [one for file in options.sum for one in json.loads(file.read_text(encoding="utf-8"))]
    else:
        people = [lived(seed, options.days) for seed in range(options.first, options.first + options.residents)]
        if options.json:
            options.json.write_text(json.dumps(people), encoding="utf-8")
    sys.stdout.write(table(people) + "\n")


if __name__ == "__main__":
    main()
