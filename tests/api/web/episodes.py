"""Episodes that the production detectors judge, for the pages' tests: recorded falls and ECGs, a night at home."""

from __future__ import annotations

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from app.demo.past import judge
from simulators.report import Story, length_ms, measured
from simulators.sources.night import BEGINS_H, night
from simulators.sources.scenarios import SCENARIOS
from tests.api.web.scene import Scene

UTC_OFFSET_MS = 8 * HOUR_MS


def tell(scene: Scene, resident: int, device: str, story: Story, start_ms: int) -> dict[str, str]:
    """Let a story happen; return kind -> id of the alerts that are open afterwards. [ms]."""
    with scene.sessions.begin() as session:
        raised = judge(
            scene.writer,
            session,
            story,
            resident_id=f"r-{resident}",
            device_id=f"{device}-{resident}",
            start_ms=start_ms,
        )
        return {alert.kind: alert.id for alert in raised}


def recorded(scene: Scene, resident: int, scenario: str, now_ms: int, seed: int = 0) -> dict[str, str]:
    """Let a recorded scenario end two minutes ago."""
    story = SCENARIOS[scenario].make(seed)
    return tell(scene, resident, "watch", story, now_ms - length_ms(story) - 120 * SECOND_MS)


def last_night(scene: Scene, resident: int, now_ms: int) -> dict[str, str]:
    """Let the made-up night be the last one that is over."""
    midnight_ms = now_ms - (now_ms + UTC_OFFSET_MS) % DAY_MS
    start_ms = midnight_ms + round((BEGINS_H - 24) * HOUR_MS)
    while start_ms + length_ms(night()) + HOUR_MS > now_ms:
        start_ms -= DAY_MS
    return tell(scene, resident, "home", night(), start_ms)


def poorly(scene: Scene, resident: int, now_ms: int) -> dict[str, str]:
    """Let vital signs get worse for a quarter of an hour: a high early-warning score with parts missing."""
    story = tuple(
        measured(
            minute * MINUTE_MS,
            heart_rate=float(112 + minute + minute % 3),
            spo2=float(93 - minute // 4),
            respiration_rate=float(22 + minute // 5),
            systolic_pressure=184.0,
        )
        for minute in range(16)
    )
    return tell(scene, resident, "watch", story, now_ms - 18 * MINUTE_MS)
