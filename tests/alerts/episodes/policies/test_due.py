"""Who is due, for any policy, any people and any moments."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.episodes.lifecycle import Response
from alerts.episodes.policies.checking import flaws
from alerts.episodes.policies.due import Standing, Turn, due, told
from alerts.episodes.policies.policy import Party, Policy, Rung
from alerts.episodes.policies.who import House, There, Way, WhoIsWho, everybody_else, reached, ways_of
from anhu.registry.duties import Duty
from tests.alerts.episodes.policies.made import CHANNELS, people, played, policies, reached_contacts, unanswered

_LONG_MS = 10_000_000
many = settings(max_examples=100, deadline=None)


@many
@given(policies(), people())
def test_what_may_be_saved_at_high_priority_never_ends_in_nobody(policy: Policy, who: WhoIsWho) -> None:
    assert list(flaws(policy, channels=CHANNELS)) == []
    helpers = everybody_else(who)
    turns = played(policy, who, range(0, 12 * _LONG_MS, _LONG_MS // 4))
    assert not helpers or 0 in reached_contacts(turns).values(), "somebody is told at once"
    last = turns[-1][1]
    assert last.number == len(policy.rungs) - 1
    assert not helpers or any(way.is_of_somebody_else for way in last.ways), "and in the end"


@many
@given(policies(), people(), st.lists(st.integers(1, _LONG_MS), max_size=20))
def test_whenever_it_is_looked_at_each_step_is_taken_once_in_order_and_none_is_lost(
    policy: Policy, who: WhoIsWho, moments: list[int]
) -> None:
    turns = played(policy, who, [0, *sorted(moments), *range(_LONG_MS, 12 * _LONG_MS, _LONG_MS // 4)])
    numbers = [turn.number for _, turn in turns]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == len(policy.rungs) - 1
    missed = set(range(len(policy.rungs))) - set(numbers)
    assert not any(way.is_of_somebody_else for number in missed for way in told(policy, number, who))


@many
@given(policies(), people(), st.integers(0, 50), st.integers(0, _LONG_MS), st.integers(0, _LONG_MS))
def test_what_is_due_stays_due_until_it_is_taken(
    policy: Policy, who: WhoIsWho, number: int, due_at_ms: int, later_ms: int
) -> None:
    standing = unanswered(number, due_at_ms)
    first, later = due(policy, who, standing, due_at_ms), due(policy, who, standing, due_at_ms + later_ms)
    assert (first is None) == (later is None) == (number >= len(policy.rungs))
    if first and later:
        assert (first.number, first.ways) == (later.number, later.ways)
        assert due(policy, who, standing, due_at_ms - 1) is None
        if first.following and later.following:
            assert later.following.due_at_ms == first.following.due_at_ms + later_ms, "steps keep their distance"


@many
@given(policies(), people(), st.sampled_from([one for one in Response if one is not Response.UNACKED]))
def test_nobody_is_due_once_somebody_has_answered(policy: Policy, who: WhoIsWho, response: Response) -> None:
    assert due(policy, who, Standing(response, 0, 0), _LONG_MS) is None


@many
@given(policies(), people(), st.integers(0, 600_000))
def test_an_alarm_goes_on_from_any_point_to_the_end_without_losing_a_step(
    policy: Policy, who: WhoIsWho, at_ms: int
) -> None:
    half = played(policy, who, [0, at_ms])[-1][1].following
    rest = [turn.number for _, turn in _from(policy, who, half)]
    assert rest == ([] if half is None else list(range(half.number, len(policy.rungs))))


def _from(policy: Policy, who: WhoIsWho, standing: Standing | None) -> list[tuple[int, Turn]]:
    turns: list[tuple[int, Turn]] = []
    while standing is not None and (turn := due(policy, who, standing, standing.due_at_ms)) is not None:
        turns.append((standing.due_at_ms, turn))
        standing = turn.following
    return turns


@many
@given(people(), st.sampled_from(Party))
def test_a_party_is_nobody_only_when_nobody_of_it_can_be_reached(who: WhoIsWho, party: Party) -> None:
    staff = {Party.CENTRE: House.CENTRE, Party.TEAM: House.TEAM, Party.NURSE: House.TEAM, Party.CARER: House.CENTRE}
    if party in staff and any(way.house is staff[party] for way in who.ways):
        assert ways_of(party, who)
    if party is Party.EVERYBODY and any(way.house in {House.CENTRE, House.TEAM, House.FAMILY} for way in who.ways):
        assert ways_of(party, who)


def _nurse(number: int, **more: object) -> Way:
    way = Way(f"k-{number}", "sms", "user", f"u-{number}", House.TEAM, f"u-{number}", Duty.NURSE)
    return way._replace(**more)  # type: ignore[arg-type]


def names(ways: list[Way]) -> list[str]:
    return [way.contact_id for way in ways]


def test_who_is_on_call_comes_first_then_everybody_of_that_work_then_who_is_on_leave_then_the_team() -> None:
    team = Way("k-team", "webhook", "team", "t-1", House.TEAM)
    nurses = (_nurse(1), _nurse(2), _nurse(3))

    def nurse(ways: tuple[Way, ...], on_call: set[str], away: set[str]) -> list[str]:
        there = {House.TEAM: There(frozenset(on_call), frozenset(away))}
        return names(list(ways_of(Party.NURSE, WhoIsWho(ways, there))))

    assert nurse((*nurses, team), {"u-2"}, {"u-3"}) == ["k-2"]
    assert nurse((*nurses, team), {"u-without-a-contact"}, {"u-3"}) == ["k-1", "k-2"]
    assert nurse((*nurses, team), set(), {"u-1", "u-2", "u-3"}) == ["k-1", "k-2", "k-3"]
    assert nurse((team,), {"u-2"}, set()) == ["k-team"]


def test_a_desk_is_its_own_telephone_and_who_is_on_call_there() -> None:
    desk = Way("k-desk", "webhook", "centre", "c-1", House.CENTRE)
    members = tuple(_nurse(number, house=House.CENTRE, duty=Duty.OPERATOR) for number in (1, 2))

    def centre(ways: tuple[Way, ...], on_call: set[str], away: set[str]) -> list[str]:
        there = {House.CENTRE: There(frozenset(on_call), frozenset(away))}
        return names(list(ways_of(Party.CENTRE, WhoIsWho(ways, there))))

    assert centre((desk, *members), {"u-1"}, set()) == ["k-desk", "k-1"]
    assert centre((desk, *members), set(), set()) == ["k-desk"]
    assert centre(members, set(), {"u-2"}) == ["k-1"]
    assert centre(members, set(), {"u-1", "u-2"}) == ["k-1", "k-2"]


def test_a_channel_that_somebody_does_not_have_is_no_reason_to_leave_him_out() -> None:
    family = (_nurse(1, house=House.FAMILY, duty=""), _nurse(2, house=House.FAMILY, duty="", place=1, channel="email"))
    who = WhoIsWho(family, {})
    rung = policy_rung((Party.FAMILY_FIRST, Party.FAMILY_SECOND), ("email",))
    assert names(list(reached(rung, who))) == ["k-1", "k-2"]
    both = (*family, _nurse(3, house=House.FAMILY, duty="", channel="email"))
    assert names(list(reached(policy_rung((Party.FAMILY_FIRST,), ("email",)), WhoIsWho(both, {})))) == ["k-3"]


def policy_rung(parties: tuple[Party, ...], channels: tuple[str, ...]) -> Rung:
    return Rung(0, parties, channels, prompt_emergency=False)
