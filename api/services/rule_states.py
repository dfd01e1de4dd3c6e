"""What each rule does for the visited resident, as the engine last wrote it down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from alerts.engine.rule_states import Doing, RuleState
from alerts.rule_state_tables import ResidentRules
from api.visit import ResidentVisit


class RulesOfResident(NamedTuple):
    """What the engine found.

    Attributes
    ----------
    at_ms : int
        When it looked; 0 where it never has. [ms]
    states : mapping
        Rule -> what it does; a rule that has nothing to read is not among them.
    """

    at_ms: int = 0
    states: Mapping[str, RuleState] = {}


def rule_states_of(visit: ResidentVisit) -> RulesOfResident:
    """Return what each rule does for the visited resident."""
    row = visit.session.get(ResidentRules, visit.resident_id)
    if row is None:
        return RulesOfResident()
    known = frozenset(Doing)
    states = {name: RuleState(Doing(one[0]), *one[1:]) for name, one in row.rules.items() if one[0] in known}
    return RulesOfResident(row.at_ms, states)
