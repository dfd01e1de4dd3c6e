"""A policy as plain data and back: what the database keeps, and what programs send. Times are whole seconds there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from alerts.episodes.policies.policy import Days, Hours, Party, Policy, Scope, Step
from anhu.contract.clock import SECOND_MS
from anhu.contract.errors import FieldError
from anhu.contract.priority import Priority

T = TypeVar("T")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


def plain_policy(policy: Policy) -> dict[str, Any]:
    """Return what a policy says, without who made which version of it when."""
    scope = policy.scope
    return {
        "kinds": list(scope.kinds),
        "route": str(scope.route),
        "priority": scope.priority.name.lower(),
        "tier": str(scope.tier),
        "hours": f"{_clock(scope.hours.from_minute)}-{_clock(scope.hours.until_minute)}" if scope.hours else "",
        "days": str(scope.days or ""),
        "steps": [_plain_step(step) for step in policy.steps],
        "ack_stands_s": _seconds(policy.ack_stands_ms),
        "scene_within_s": _seconds(policy.scene_within_ms),
        "zone": policy.zone,
    }


def policy_from(
    plain: Mapping[str, Any], *, name: str, organisation_id: str, policy_id: str = "", number: int = 0
) -> Policy:
    """Return the policy that plain data mean. Raises `FieldError` for what cannot be read."""
    scope = Scope(
        organisation_id=organisation_id,
        kinds=tuple(dict.fromkeys(plain["kinds"])),
        route=plain["route"],
        priority=_one("priority", lambda word: Priority[word.upper()], plain["priority"], ("high", "medium")),
        tier=plain["tier"],
        hours=_hours(plain["hours"]),
        days=_one("days", Days, plain["days"], tuple(Days)) if plain["days"] else None,
    )
    return Policy(
        id=policy_id,
        number=number,
        name=name,
        scope=scope,
        steps=tuple(_step(place, step) for place, step in enumerate(plain["steps"], start=1)),
        ack_stands_ms=_milliseconds(plain["ack_stands_s"]),
        scene_within_ms=_milliseconds(plain["scene_within_s"]),
        zone=plain.get("zone", ""),
    )


def _plain_step(step: Step) -> dict[str, Any]:
    return {
        "after_s": step.after_ms // SECOND_MS,
        "parties": [str(party) for party in step.parties],
        "channels": list(step.channels),
        "prompt_emergency": step.prompt_emergency,
        "repeat_every_s": step.repeat_every_ms // SECOND_MS,
        "repeat_times": step.repeat_times,
    }


def _step(place: int, plain: Mapping[str, Any]) -> Step:
    return Step(
        after_ms=plain["after_s"] * SECOND_MS,
        parties=_each(f"steps.{place}.parties", Party, plain["parties"], tuple(Party)),
        channels=tuple(dict.fromkeys(plain["channels"])),
        prompt_emergency=plain["prompt_emergency"],
        repeat_every_ms=plain["repeat_every_s"] * SECOND_MS,
        repeat_times=plain["repeat_times"],
    )


def _hours(said: str) -> Hours | None:
    if not said:
        return None
    begin, _, end = said.partition("-")
    try:
        return Hours(_minute(begin), _minute(end))
    except ValueError:
        raise FieldError("hours", said, "such as 22:00-06:00", zh="如 22:00-06:00") from None


def _minute(said: str) -> int:
    found = _CLOCK.fullmatch(said.strip())
    if found is None:
        raise ValueError(said)
    hour, minute = found.groups()
    return int(hour) * 60 + int(minute)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _one(field: str, made: Callable[[str], T], given: str, expected: Sequence[str]) -> T:
    try:
        return made(given)
    except (KeyError, ValueError):
        raise FieldError(field, given, "one of " + ", ".join(expected), zh="以下之一：" + "、".join(expected)) from None


def _each(field: str, made: Callable[[str], T], given: Sequence[str], expected: Sequence[str]) -> tuple[T, ...]:
    return tuple(_one(field, made, one, expected) for one in dict.fromkeys(given))


def _seconds(value_ms: int | None) -> int | None:
    return None if value_ms is None else value_ms // SECOND_MS


def _milliseconds(value_s: int | None) -> int | None:
    return None if value_s is None else value_s * SECOND_MS
