"""From the last sample that a fall's decision needs to the desk: a recorded fall, told in pieces, by many wearables."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from simulators.credential import Credential
from simulators.fleet import FleetDevice
from simulators.report import Story, length_ms
from simulators.sources.recording import SHIPPED, trial_story, trials
from tests.bench.desk import Desk
from tests.bench.load import load
from tests.bench.platform import Platform, running
from tests.bench.report import Options, Report, percentile

NAME = "falls"
_BESIDE = 7_500
_RESIDENTS = 1_000
_PIECE_S = 0.4  # longer than a decision takes, so that it is clear which piece brought it
_LISTEN_S = 2.0


class _Scene(NamedTuple):
    """Where it happens, who looks on, and what happens."""

    platform: Platform
    desk: Desk
    story: Story


def measure(options: Options, report: Report, folder: Path) -> None:
    """Play falls one after the other, idle and beside other devices."""
    falls, rate = (2, 200) if options.quick else (10, _BESIDE)
    recorded = next(t for t in trials(SHIPPED / "umafall_S05.npz") if t.is_fall and "waist" in t.acceleration)
    story = trial_story(recorded, position="waist")
    with running(folder, _RESIDENTS + 2 * falls * options.runs) as (platform, who):
        platform.log_in()
        fallers, others = list(who[_RESIDENTS:]), who[:_RESIDENTS]
        with Desk(platform) as desk:
            scene = _Scene(platform, desk, story)
            for _ in range(options.runs):
                _round(report, scene, [fallers.pop() for _ in range(falls)], "idle")
                with load(platform.mqtt_port, others) as devices:
                    devices.begin(rate, falls * (len(story) * _PIECE_S + 1) + _LISTEN_S)
                    _round(report, scene, [fallers.pop() for _ in range(falls)], f"{rate}/s beside")
                    devices.end()
                    platform.catch_up(120)


def _round(report: Report, scene: _Scene, who: Sequence[Credential], state: str) -> None:
    platform, desk, story = scene
    sent_s = {f"r-{one.device_id}": asyncio.run(_fall(platform, one, story)) for one in who}
    time.sleep(_LISTEN_S)
    heard = {resident: desk.seen_s[resident] for resident in sent_s if resident in desk.seen_s}
    report.add(NAME, f"falls told of {len(who)}, {state}", "falls", len(heard))
    took_s = [at_s - max(s for s in sent_s[resident] if s < at_s) for resident, at_s in heard.items()]
    for part in (0.5, 0.99):
        metric = f"last sample to the desk, {state}, p{100 * part:.0f} of {len(took_s)}"
        report.add(NAME, metric, "ms", 1_000 * percentile(took_s, part))


async def _fall(platform: Platform, one: Credential, story: Story) -> list[float]:
    """Publish a story piece by piece, faster than it happened; return when each piece left. [s]."""
    device = FleetDevice(one, host="127.0.0.1", port=platform.mqtt_port)
    await device.connect()
    start_ms = round(time.time() * 1_000) - length_ms(story)
    left_s = []
    for piece in story:
        left_s.append(time.monotonic())
        await device.publish(piece.payload(start_ms))
        await device.wait_acknowledged()
        await asyncio.sleep(_PIECE_S)
    await device.close()
    return left_s
