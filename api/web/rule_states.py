"""What is watched for a resident, what is not yet, and what is not: by kind of alert, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from alerts.engine.rule_states import Doing, RuleState
from alerts.kinds import KINDS, Route
from alerts.kinds.sheet import AlertKind
from alerts.versions import known_versions
from anhu.contract.clock import DAY_MS, HOUR_MS
from api.services.rule_states import RulesOfResident
from api.web.wording import Wording

STALE_MS = 2 * HOUR_MS
"""The engine writes at least once an hour: what is older is no longer known. [ms]"""
_ABOUT_A_PERSON = frozenset({Route.MEDICAL, Route.PERSON, Route.SAFETY})
_ORDER = {one: number for number, one in enumerate(Doing)}
_NOT = (Doing.CANNOT_TELL, Doing.DOUBT, Doing.NOT_WORN, Doing.NOT_HEARD)


class NotYet(NamedTuple):
    """A kind of alert of which something is missing, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class RuleStates:
    """What the template draws.

    Attributes
    ----------
    at_ms : int
        When the engine looked; 0 where it never has. [ms]
    is_stale : bool
        It has not looked for too long: nobody knows what is watched now.
    no_device : sequence of str
        Nothing that the resident has tells of these.
    """

    at_ms: int
    is_stale: bool
    watched: Sequence[str]
    learning: Sequence[NotYet]
    not_now: Sequence[NotYet]
    no_device: Sequence[str]


def rule_states_in_words(found: RulesOfResident, wording: Wording) -> RuleStates:
    """Return what a page says; a kind that several rules raise is told by the one that sees most."""
    by_kind = _by_kind(found.states)
    told = {code: by_kind.get(code) for code, kind in KINDS.items() if _is_told(code, kind)}
    of = {code: state for code, state in told.items() if state is not None}
    return RuleStates(
        at_ms=found.at_ms,
        is_stale=not found.at_ms or not 0 <= wording.now_ms - found.at_ms < STALE_MS,
        watched=[wording.kind(code) for code, state in of.items() if state.doing is Doing.WATCHES],
        learning=[
            NotYet(wording.kind(code), _until(state, found.at_ms, wording))
            for code, state in of.items()
            if state.doing is Doing.LEARNING
        ],
        not_now=[
            NotYet(wording.kind(code), wording.t(f"rules.why_{state.doing}"))
            for code, state in of.items()
            if state.doing in _NOT
        ],
        no_device=[
            wording.kind(code) for code, state in told.items() if state is None or state.doing is Doing.NO_SENSOR
        ],
    )


def _by_kind(states: Mapping[str, RuleState]) -> Mapping[str, RuleState]:
    found: dict[str, RuleState] = {}
    for rule, state in states.items():
        for code in known_versions()[rule][0].kinds if rule in known_versions() else ():
            if code not in found or _ORDER[state.doing] < _ORDER[found[code].doing]:
                found[code] = state
    return found


def _is_told(code: str, kind: AlertKind) -> bool:
    """Tell whether a kind is about the person, and raised by a rule of its own."""
    raised = {one for versions in known_versions().values() for one in versions[0].kinds}
    return kind.route in _ABOUT_A_PERSON and code in raised


def _until(state: RuleState, at_ms: int, wording: Wording) -> str:
    """Return how far a rule that learns has come, and when it knows enough at the earliest."""
    lesson = state.lesson
    if lesson is None:
        return wording.t("rules.learns")
    said = wording.t(f"rules.learned_{lesson.of}", known=lesson.known, needed=lesson.needed)
    if lesson.days_left is None:
        return said
    return f"{said} · {wording.t('rules.until', date=wording.date(at_ms + lesson.days_left * DAY_MS))}"
