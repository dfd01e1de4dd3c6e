"""Which policy counts: the most specific, in one order that is the same however they are listed."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.episodes.policies.choosing import Case, choose, fits, named, rank
from alerts.episodes.policies.defaults import DEFAULTS, default_policy
from alerts.episodes.policies.policy import Days, Hours, Policy, Scope
from alerts.kinds import DRILLS, KINDS
from anhu.contract.priority import Priority
from tests.alerts.episodes.policies.made import scopes

BASE = default_policy("fall", Priority.HIGH)
cases = st.builds(
    Case,
    st.sampled_from(("", "o-1", "o-2")),
    st.sampled_from(sorted(KINDS)),
    st.sampled_from((Priority.HIGH, Priority.MEDIUM)),
    st.sampled_from(("", "basic", "intensive")),
    st.sampled_from(("", "Asia/Shanghai", "Europe/Berlin")),
    st.integers(0, 4_000_000_000_000),
)


def policy(name: str, scope: Scope, **more: object) -> Policy:
    return replace(BASE, id=name, number=1, name=name, scope=scope, **more)  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@given(st.lists(scopes(), max_size=6), cases, st.randoms(use_true_random=False))
def test_the_order_is_total_and_does_not_depend_on_the_list(
    found: list[Scope], case: Case, shuffle: random.Random
) -> None:
    made = [policy(f"p-{number}", scope) for number, scope in enumerate(found)]
    assert len({rank(one) for one in made}) == len(made)
    shuffled = shuffle.sample(made, len(made))
    choice = choose(made, case)
    assert choice == choose(shuffled, case)
    fitting = [one for one in made if fits(one, case)]
    assert choice.policy == (min(fitting, key=rank) if fitting else default_policy(case.kind, case.priority))
    assert choice.why == named(choice.policy)
    if choice.policy.id:
        assert fits(choice.policy, case)
        assert choice.beaten[-1] == default_policy(case.kind, case.priority)


def test_what_an_organisation_says_goes_before_the_installation_and_then_who_says_more() -> None:
    high = Scope(priority=Priority.HIGH)
    ours = policy("ours", replace(high, organisation_id="o-1"))
    fall = policy("fall", replace(high, kinds=("fall",)))
    person = policy("person", replace(high, route="person"))
    tier = policy("tier", replace(high, tier="intensive"))
    night = policy("night", replace(high, hours=Hours(22 * 60, 6 * 60)))
    rest = policy("rest", replace(high, days=Days.RESTDAY))
    plain = policy("plain", high)
    everything = [plain, rest, night, tier, person, fall, ours]
    at_ms = 1_795_892_400_000  # 2026-11-28T19:00:00Z: 03:00 on Sunday in Shanghai
    case = Case("o-1", "fall", Priority.HIGH, "intensive", "Asia/Shanghai", at_ms)
    choice = choose(everything, case)
    said = [choice.policy.name, *(one.name for one in choice.beaten)]
    assert said == ["ours", "fall", "person", "tier", "night", "rest", "plain", "person high"]
    other = choose(everything, case._replace(organisation_id="o-2", kind="smoke", tier=""))
    assert [other.policy.name, *(one.name for one in other.beaten)] == ["night", "rest", "plain", "safety high"]


def test_the_time_is_that_of_the_home() -> None:
    night = policy("night", Scope(priority=Priority.HIGH, hours=Hours(22 * 60, 6 * 60)), zone="Asia/Shanghai")
    at_ms = 1_795_892_400_000
    for zone, counts in (("", True), ("Asia/Shanghai", True), ("Europe/Berlin", False), ("Asia/Urumqi", True)):
        assert fits(night, Case("", "fall", Priority.HIGH, "", zone, at_ms)) == counts, zone
    edge = Case("", "fall", Priority.HIGH, "", "UTC", 0)
    day = policy("day", Scope(priority=Priority.HIGH, hours=Hours(0, 6 * 60)))
    assert fits(day, edge)
    assert fits(day, edge._replace(at_ms=6 * 3_600_000 - 1))
    assert not fits(day, edge._replace(at_ms=6 * 3_600_000))


def test_a_drill_and_an_area_are_not_what_a_general_policy_is_about() -> None:
    general = policy("general", Scope(priority=Priority.HIGH))
    for drill in DRILLS:
        assert not fits(general, Case("", drill, Priority.HIGH, "", "", 0))
    assert not fits(general, Case("", "area_silent", Priority.HIGH, "", "", 0))
    named_area = policy("area", Scope(priority=Priority.HIGH, route="area"))
    assert fits(named_area, Case("", "area_silent", Priority.HIGH, "", "", 0))


def test_each_default_is_found_by_some_kind_that_there_is() -> None:
    found = {default_policy(kind, priority).name for kind in KINDS for priority in Priority}
    assert found - {"nobody", "heartbeat"} == set(DEFAULTS)  # of the heartbeat no person is told
