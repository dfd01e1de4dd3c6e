"""What staff learn of the platform's calls of itself."""

from __future__ import annotations

import dataclasses

import pytest

from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.registry.roles import Role
from api.schemas.platform import BeatView, Component
from api.security.roles import Viewer
from api.services.heartbeat import heartbeat, hours
from api.services.platform import parts_down
from tests.api.world import NOW_MS, Site

DESK = Viewer(user_id="u-desk", login="desk", name="desk", role=Role.DESK, centre_id="c-ours")


def beat(minutes_ago: int, phone_ms: int | None) -> BeatView:
    return BeatView(at_ms=NOW_MS - minutes_ago * MINUTE_MS, door_ms=1, alert_ms=2, phone_ms=phone_ms)


def test_the_last_day_is_told_and_what_is_older_is_not(site: Site) -> None:
    beats = [beat(25 * 60, 9_000), beat(3, 40), beat(2, 60), beat(1, None), beat(0, None)]
    deps = dataclasses.replace(site.deps, beats=lambda: beats)
    said = heartbeat(deps, DESK)
    assert (said.calls, said.arrived, said.half_ms, said.slowest_ms) == (4, 2, 40, 60)
    assert said.failing_since_ms == NOW_MS - MINUTE_MS
    by_hour = hours(deps, DESK)
    assert len(by_hour) == 24
    assert sum(hour.calls for hour in by_hour) == 4
    assert {hour.begins_ms % HOUR_MS for hour in by_hour} == {0}
    assert sum(hour.failed for hour in by_hour) == 2


def test_without_any_call_nothing_is_claimed(site: Site) -> None:
    said = heartbeat(site.deps, DESK)
    assert (said.calls, said.half_ms, said.last, said.failing_since_ms) == (0, None, None, None)


@pytest.mark.parametrize(
    ("failing_s", "stage", "shown"),
    [(0, "phone", ()), (60, "phone", ()), (120, "phone", ("heartbeat_phone",)), (120, "door", ("heartbeat_door",))],
)
def test_the_desk_is_told_where_calls_end_when_more_than_one_did(
    site: Site, failing_s: int, stage: str, shown: tuple[str, ...]
) -> None:
    since_ms = NOW_MS - failing_s * 1_000 if failing_s else 0
    said = {"failing_since_ms": float(since_ms), f"failed_{stage}": 1.0}
    parts = [Component(name=name, at_ms=NOW_MS, counters={}) for name in ("gateway", "alerts", "dispatcher")]
    watcher = Component(name="watcher", at_ms=NOW_MS, counters=said)
    deps = dataclasses.replace(site.deps, components=lambda: [*parts, watcher])
    assert parts_down(deps) == shown
    gone = watcher.model_copy(update={"at_ms": NOW_MS - 60_000})
    assert parts_down(dataclasses.replace(site.deps, components=lambda: [*parts, gone])) == ("watcher",)
