"""Policies and people made up at random, and an alarm that nobody answers, played to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from alerts.episodes.lifecycle import Response
from alerts.episodes.policies.due import Standing, Turn, begun, due, planned, reaches_somebody
from alerts.episodes.policies.policy import Days, Hours, Party, Policy, Scope, Step
from alerts.episodes.policies.who import House, There, Way, WhoIsWho
from alerts.kinds import DRILLS, KINDS, Route
from anhu.contract.priority import Priority
from anhu.registry.duties import Duty
from anhu.registry.tiers import Tier

CHANNELS = ("webhook", "email", "sms")
_STAFF = {House.CENTRE: "centre", House.TEAM: "team"}


@st.composite
def steps(draw: st.DrawFn) -> tuple[Step, ...]:
    """Draw steps that may be saved at high priority."""
    times = sorted(draw(st.sets(st.integers(1, 3_600), max_size=5)))
    made = [_step(draw, second * 1_000) for second in (draw(st.integers(0, 0)), *times)]
    helpers = st.sampled_from(sorted(set(Party) - {Party.RESIDENT}))
    for place in (0, -1):
        made[place] = made[place]._replace(parties=tuple({*made[place].parties, draw(helpers)}))
    if not made[-1].repeat_times:
        made[-1] = made[-1]._replace(prompt_emergency=True)
    return tuple(made)


def _step(draw: st.DrawFn, after_ms: int) -> Step:
    repeats = draw(st.integers(0, 4))
    return Step(
        after_ms,
        tuple(draw(st.lists(st.sampled_from(Party), min_size=1, max_size=4, unique=True))),
        tuple(draw(st.lists(st.sampled_from(CHANNELS), max_size=2, unique=True))),
        draw(st.booleans()),
        60_000 * draw(st.integers(1, 20)) if repeats else 0,
        repeats,
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Draw policies that may be saved at high priority."""
    return Policy(
        id="p-1",
        number=1,
        name="x",
        scope=Scope(priority=Priority.HIGH),
        steps=draw(steps()),
        ack_stands_ms=draw(st.integers(60_000, 3_600_000)),
        scene_within_ms=draw(st.none() | st.integers(300_000, 86_400_000)),
    )


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    """Draw scopes of every kind."""
    minute = st.integers(0, 1_439)
    hours = draw(st.none() | st.builds(Hours, minute, minute).filter(lambda one: one.minutes > 0))
    return Scope(
        organisation_id=draw(st.sampled_from(("", "o-1", "o-2"))),
        kinds=tuple(draw(st.lists(st.sampled_from(sorted(set(KINDS) - DRILLS)), max_size=2, unique=True))),
        route=draw(st.sampled_from(("", Route.PERSON, Route.SAFETY, Route.MEDICAL))),
        priority=draw(st.sampled_from((Priority.HIGH, Priority.MEDIUM))),
        tier=draw(st.sampled_from(("", *Tier))),
        hours=hours,
        days=draw(st.none() | st.sampled_from(Days)),
    )


@st.composite
def people(draw: st.DrawFn) -> WhoIsWho:
    """Draw everybody around a resident."""
    ways = [_way(draw, number) for number in range(draw(st.integers(0, 8)))]
    users = sorted({way.user_id for way in ways if way.user_id})
    some = st.sets(st.sampled_from(users)) if users else st.just(set())
    there = {house: There(frozenset(draw(some)), frozenset(draw(some))) for house in _STAFF}
    return WhoIsWho(tuple(ways), there)


def _way(draw: st.DrawFn, number: int) -> Way:
    house = draw(st.sampled_from(House))
    is_own = house is House.RESIDENT or (house in _STAFF and draw(st.booleans()))
    kind = str(house) if is_own else "user"
    user = "" if is_own else f"u-{draw(st.integers(0, 4))}"
    duty = str(draw(st.sampled_from(("", *Duty))))
    channel = draw(st.sampled_from(CHANNELS))
    return Way(
        f"k-{number}", channel, kind, user or "x", house, user, duty, draw(st.booleans()), draw(st.integers(0, 3))
    )


def played(policy: Policy, who: WhoIsWho, at_ms: Sequence[int]) -> list[tuple[int, Turn]]:
    """Return the turns of an alarm that nobody answers, looked at at these times, the first when it is raised."""
    turns = [(at_ms[0], turn) for turn in begun(policy, who)]
    last = turns[-1][1]
    number = last.number if reaches_somebody(last.ways) else 0
    standing = planned(policy, number + 1, since_ms=at_ms[0])
    for now_ms in at_ms:
        while standing is not None and (turn := due(policy, who, standing, now_ms)) is not None:
            turns.append((now_ms, turn))
            standing = turn.following
    return turns


def reached_contacts(turns: Sequence[tuple[int, Turn]]) -> Mapping[str, int]:
    """Return contact -> when it was first told, without the resident's own."""
    found: dict[str, int] = {}
    for at_ms, turn in turns:
        for way in turn.ways:
            if way.is_of_somebody_else:
                found.setdefault(way.contact_id, at_ms)
    return found


def unanswered(number: int, due_at_ms: int) -> Standing:
    """Return how an alarm stands that nobody has answered."""
    return Standing(Response.UNACKED, number, due_at_ms)
