"""Who is due: from a policy, who is who, how an alarm stands, and now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from alerts.episodes.lifecycle import Response
from alerts.episodes.policies.policy import Policy, Rung
from alerts.episodes.policies.who import Way, WhoIsWho, everybody_else, reached
from alerts.kinds import Route
from anhu.contract.priority import Priority


class Standing(NamedTuple):
    """How an alarm stands: its history, as far as paging goes.

    Attributes
    ----------
    number : int
        The rung that comes next, from 0.
    due_at_ms : int
        When it does. [ms]
    """

    response: Response
    number: int
    due_at_ms: int


class Turn(NamedTuple):
    """A rung that is due.

    Attributes
    ----------
    following : Standing, optional
        How the alarm stands when it was taken; None: nothing comes after it.
    """

    number: int
    rung: Rung
    ways: Sequence[Way]
    following: Standing | None


def rung_at(policy: Policy, number: int) -> Rung | None:
    """Return a rung by its number from 0; None past the end."""
    return policy.rungs[number] if number < len(policy.rungs) else None


def due(policy: Policy, who: WhoIsWho, standing: Standing, now_ms: int) -> Turn | None:
    """Return the turn that is due now; None while nobody is. [ms].

    A rung that came due while nothing ran is taken once, late; the one after it keeps its distance from it.
    """
    rung = rung_at(policy, standing.number)
    if rung is None or standing.response is not Response.UNACKED or now_ms < standing.due_at_ms:
        return None
    following = planned(policy, standing.number + 1, since_ms=now_ms - rung.after_ms)
    return Turn(standing.number, rung, told(policy, standing.number, who), following)


def told(policy: Policy, number: int, who: WhoIsWho) -> Sequence[Way]:
    """Return whom a rung tells.

    A high alarm neither begins nor ends in nobody while there is anybody: where the last step, or all before the
    emergency, name only people who cannot be reached, everybody who can be is told instead.
    """
    ways = reached(policy.rungs[number], who)
    is_own_call = policy.scope.route == Route.HEARTBEAT  # of the platform itself: it is nobody's business, ever
    if policy.scope.priority is not Priority.HIGH or is_own_call or reaches_somebody(ways):
        return ways
    early = _before_emergency(policy)
    is_last = number >= len(policy.rungs) - 1
    if is_last or (number < len(early) and not any(reaches_somebody(reached(rung, who)) for rung in early)):
        return list({way.contact_id: way for way in (*ways, *everybody_else(who))}.values())
    return ways


def planned(policy: Policy, number: int, *, since_ms: int) -> Standing | None:
    """Return how an alarm stands when a rung is planned, counted from when it was news; None: past the end. [ms]."""
    rung = rung_at(policy, number)
    return Standing(Response.UNACKED, number, since_ms + rung.after_ms) if rung else None


def begun(policy: Policy, who: WhoIsWho) -> Sequence[Turn]:
    """Return what is taken at once when an alarm is news: the first rung, and if it reaches nobody, the next that does.

    A resident whose desk has no contact must not wait until the doctor team's turn comes. The emergency prompt keeps
    its time. Being called back, the resident is nobody who comes.
    """
    turns: list[Turn] = []
    for number, rung in enumerate(_before_emergency(policy)):
        ways = told(policy, number, who)
        if number == 0 or reaches_somebody(ways):
            turns.append(Turn(number, rung, ways, None))
        if reaches_somebody(ways):
            break
    return turns


def _before_emergency(policy: Policy) -> Sequence[Rung]:
    """Return what may be taken before its time: the first rung, and all until one asks for the emergency services."""
    prompts = (number for number, rung in enumerate(policy.rungs) if number and rung.prompt_emergency)
    return policy.rungs[: next(prompts, len(policy.rungs))]


def reaches_somebody(ways: Sequence[Way]) -> bool:
    """Tell whether anybody who may come is among them."""
    return any(way.is_of_somebody_else for way in ways)


def whole_run(policy: Policy, who: WhoIsWho, at_ms: int) -> Sequence[tuple[int, Turn]]:
    """Return all turns of an alarm that nobody answers, each with its time, in the order in which they come. [ms]."""
    turns = [(at_ms, turn) for turn in begun(policy, who)]
    if not turns:
        return turns
    last = turns[-1][1]
    number = last.number if reaches_somebody(last.ways) else 0
    standing = planned(policy, number + 1, since_ms=at_ms)
    while standing is not None and (turn := due(policy, who, standing, standing.due_at_ms)) is not None:
        turns.append((standing.due_at_ms, turn))
        standing = turn.following
    return turns
