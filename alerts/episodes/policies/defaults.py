"""The policies that are there without anybody writing one, and can be copied and replaced, not taken away. Pure.

Source: the telecare practice of answering in 60 s and escalating at 180 s. H: desk and family at once, and the doctor
team too where a person may be hurt or ill; everybody at the desk and the supervisor after 60 s, the doctor team and the
next relative after 180 s, then the emergency prompt. M: desk or doctor at once, again after 15 and 60 minutes. L and
below page nobody: they are the worklist. A resident who may be hurt is called back, in the same moment as the others
are told, never before.

Of 100 alarms 90 are attended within 45 minutes: who has taken one and is not on the way after five minutes, a
doctor who advises by telephone after fifteen, has not gone; who left 45 minutes ago and is not there is asked after.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alerts.episodes.policies.policy import Party, Policy, Scope, Step
from alerts.kinds import KINDS, Route
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.priority import Priority

_EVERYBODY = (Party.CENTRE, Party.TEAM, Party.FAMILY)
_LAST = Step(300 * SECOND_MS, _EVERYBODY, prompt_emergency=True, repeat_every_ms=10 * MINUTE_MS, repeat_times=6)
"""The last step of a high alert comes again: silence must never be the answer to a call for help."""
_AT_60_S = Step(60 * SECOND_MS, (Party.CENTRE, Party.SUPERVISOR))
_AT_180_S = Step(180 * SECOND_MS, (Party.TEAM, Party.FAMILY))
_STANDS_MS = 5 * MINUTE_MS
_ADVICE_STANDS_MS = 15 * MINUTE_MS
_MEDIUM_STANDS_MS = 60 * MINUTE_MS
_SCENE_MS = 45 * MINUTE_MS


def _policy(
    name: str, route: Route, priority: Priority, *steps: Step, stands_ms: int | None, scene_ms: int | None = _SCENE_MS
) -> Policy:
    scope = Scope(route=route, priority=priority)
    return Policy(name=name, scope=scope, steps=steps, ack_stands_ms=stands_ms, scene_within_ms=scene_ms)


def _high(route: Route, *first: Party, stands_ms: int) -> Policy:
    return _policy(
        f"{route} high", route, Priority.HIGH, Step(0, first), _AT_60_S, _AT_180_S, _LAST, stands_ms=stands_ms
    )


def _medium(route: Route, name: str, *first: Party) -> Policy:
    steps = (
        Step(0, first),
        Step(15 * MINUTE_MS, (Party.CENTRE, Party.TEAM)),
        Step(60 * MINUTE_MS, (*_EVERYBODY, Party.SUPERVISOR)),
    )
    return _policy(name, route, Priority.MEDIUM, *steps, stands_ms=_MEDIUM_STANDS_MS)


_SAFETY_MEDIUM = _medium(Route.SAFETY, "safety medium", Party.CENTRE, Party.FAMILY_FIRST)
_ASKED_MEDIUM = _medium(Route.SAFETY, "asked medium", Party.CENTRE, Party.FAMILY_FIRST, Party.RESIDENT)
_DRILL = tuple(
    _policy("drill", Route.DRILL, priority, Step(0, _EVERYBODY), stands_ms=None, scene_ms=None)
    for priority in (Priority.HIGH, Priority.MEDIUM)
)
_HEARTBEAT = tuple(
    _policy("heartbeat", Route.HEARTBEAT, priority, Step(0, (Party.RESIDENT,)), stands_ms=None, scene_ms=None)
    for priority in (Priority.HIGH, Priority.MEDIUM)
)
_POLICIES = (
    _high(Route.SAFETY, Party.CENTRE, Party.FAMILY_FIRST, stands_ms=_STANDS_MS),
    _high(Route.PERSON, Party.TEAM, Party.CENTRE, Party.FAMILY_FIRST, Party.RESIDENT, stands_ms=_STANDS_MS),
    _high(Route.MEDICAL, Party.TEAM, Party.CENTRE, Party.FAMILY_FIRST, stands_ms=_ADVICE_STANDS_MS),
    _high(Route.AREA, Party.CENTRE, Party.FAMILY_FIRST, stands_ms=_STANDS_MS),
    _SAFETY_MEDIUM,
    _medium(Route.PERSON, "person medium", Party.CENTRE, Party.FAMILY_FIRST, Party.RESIDENT),
    _policy(
        "medical medium",
        Route.MEDICAL,
        Priority.MEDIUM,
        Step(0, (Party.TEAM,)),
        Step(15 * MINUTE_MS, (Party.TEAM,)),
        Step(60 * MINUTE_MS, (Party.TEAM, Party.CENTRE)),
        stands_ms=None,
    ),
    _policy(
        "area medium",
        Route.AREA,
        Priority.MEDIUM,
        Step(0, (Party.CENTRE,)),
        Step(15 * MINUTE_MS, (Party.CENTRE,)),
        Step(60 * MINUTE_MS, (Party.CENTRE, Party.TEAM)),
        stands_ms=None,
        scene_ms=None,
    ),
    *_DRILL,
    *_HEARTBEAT,
)
DEFAULTS: Mapping[str, Policy] = MappingProxyType(
    {one.name: one for one in (*_POLICIES, _ASKED_MEDIUM) if not one.is_call_back}
)
"""Name -> policy, of those that people are told by."""
_BY_WAY = {(one.scope.route, one.scope.priority): one for one in _POLICIES}
_NOBODY = {
    priority: Policy(name="nobody", scope=Scope(priority=priority), steps=(), ack_stands_ms=None, scene_within_ms=None)
    for priority in Priority
}


def route_of(kind: str) -> Route:
    """Return who is first told of a kind: it stands in its data sheet; one that there is no more goes to the desk."""
    return KINDS[kind].route if kind in KINDS else Route.SAFETY


def default_policy(kind: str, priority: Priority) -> Policy:
    """Return what holds for a kind at a priority where nobody has written anything; no step when nobody is paged."""
    found = _BY_WAY.get((route_of(kind), priority), _NOBODY[priority])
    return _ASKED_MEDIUM if found is _SAFETY_MEDIUM and kind in KINDS and KINDS[kind].called_back else found
