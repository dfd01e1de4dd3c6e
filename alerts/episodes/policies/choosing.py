"""Which policy counts for an alarm: the most specific one, by one total order that can be explained. Pure.

What an organisation has said goes before what the installation says, whatever either is about. Then who names the
kind, then the way of the kind, the tier, the hours, the days; then the shorter time and the fewer kinds; then the
older policy. Whatever nobody has written anything about has a default.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from alerts.episodes.policies.defaults import default_policy, route_of
from alerts.episodes.policies.policy import Days, Policy
from alerts.kinds import Route
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority
from anhu.registry.rota.workdays import PLAIN, china

_IN_CHINA = frozenset({"Asia/Shanghai", "Asia/Urumqi"})
"""Zones where days of rest are moved by notice; elsewhere only the weekday counts."""
_ALL_DAY = 24 * 60

_NO_ALARMS = frozenset({Route.DRILL, Route.HEARTBEAT})


class Case(NamedTuple):
    """What a policy is chosen by.

    Attributes
    ----------
    zone : str
        The home's; empty: as the policy says.
    at_ms : int
        When it was raised, or was last news. [ms]
    """

    organisation_id: str
    kind: str
    priority: Priority
    tier: str
    zone: str
    at_ms: int


class Choice(NamedTuple):
    """The policy that counts.

    Attributes
    ----------
    why : tuple of str
        What of its scope names the alarm: ``organisation``, ``kind``, ``route``, ``tier``, ``hours``, ``days``.
    beaten : sequence of Policy
        Which ones would count without it, the next first.
    """

    policy: Policy
    why: tuple[str, ...]
    beaten: Sequence[Policy]


def choose(policies: Iterable[Policy], case: Case) -> Choice:
    """Return the policy of an alarm."""
    fitting = sorted((one for one in policies if fits(one, case)), key=rank)
    fallback = default_policy(case.kind, case.priority)
    policy, *beaten = [*fitting, fallback]
    return Choice(policy, named(policy), beaten)


def fits(policy: Policy, case: Case) -> bool:
    """Tell whether an alarm is within a policy's scope.

    A drill, and the platform's own heartbeat, are none of its business, ever. An alarm that is about an area, and no
    person, has to be named.
    """
    scope, route = policy.scope, route_of(case.kind)
    if route in _NO_ALARMS or scope.priority is not case.priority:
        return False
    if route is Route.AREA and not scope.kinds and not scope.route:
        return False
    if scope.organisation_id not in ("", case.organisation_id) or scope.tier not in ("", case.tier):
        return False
    if (scope.kinds and case.kind not in scope.kinds) or scope.route not in ("", route):
        return False
    return (scope.hours is None and scope.days is None) or _is_time(policy, case)


def rank(policy: Policy) -> tuple[int | str, ...]:
    """Return the place of a policy among those that fit: the lowest counts. No two policies have the same."""
    scope, says = policy.scope, named(policy)
    order = ("organisation", "kind", "route", "tier", "hours", "days")
    minutes = scope.hours.minutes if scope.hours else _ALL_DAY
    return (*(int(name not in says) for name in order), minutes, len(scope.kinds), policy.id)


def named(policy: Policy) -> tuple[str, ...]:
    """Return what of a policy's scope is more than "any"."""
    scope = policy.scope
    said = {
        "organisation": scope.organisation_id,
        "kind": scope.kinds,
        "route": scope.route,
        "tier": scope.tier,
        "hours": scope.hours,
        "days": scope.days,
    }
    return tuple(name for name, value in said.items() if value)


def _is_time(policy: Policy, case: Case) -> bool:
    zone = case.zone or policy.zone or "UTC"
    local = datetime.fromtimestamp(case.at_ms / SECOND_MS, tz=ZoneInfo(zone))
    scope = policy.scope
    if scope.hours and not scope.hours.holds(local.hour * 60 + local.minute):
        return False
    workdays = china() if zone in _IN_CHINA else PLAIN
    return scope.days is None or (scope.days is Days.WORKDAY) == workdays.is_workday(local.date())
