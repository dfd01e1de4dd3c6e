"""What the provider's words on somebody are worth here: nothing, unless a rule says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from anhu.contract.errors import SettingsError
from anhu.registry.roles import Role

_MOST_VALUES = 2_000
_LONGEST = 255
_LEAD = "lead"
_PLACED = {Role.DESK: "centre", Role.TEAM: "team", Role.VENDOR: "vendor"}
_MAY_LEAD = frozenset({Role.DESK, Role.TEAM})
_EXPECTED = "VALUE=ROLE[:PLACE[:lead]]; …, as in anhu-admins=admin; desk-*=desk:*; hubin-gp=team:t-7:lead"


class RoleRule(NamedTuple):
    """One rule: who has this value has this role, there.

    Attributes
    ----------
    value : str
        A value of the claim; one ``*`` in it stands for the place's identity.
    place : str
        Identity of the centre or team, name of the vendor; ``*``: what the value's star stands for.
    """

    value: str
    role: Role
    place: str = ""
    is_lead: bool = False

    def place_for(self, value: str) -> str | None:
        """Return the place that a value of the claim stands for; None: the rule is about another."""
        head, star, tail = self.value.partition("*")
        if not star:
            return self.place if value == self.value else None
        if not (value.startswith(head) and value.endswith(tail)) or len(value) <= len(head) + len(tail):
            return None
        return value[len(head) : len(value) - len(tail)]


class Grant(NamedTuple):
    """A role that the provider's words are worth, and by which of them."""

    role: Role
    place: str
    is_lead: bool
    value: str


def parse_rules(text: str, variable: str) -> tuple[RoleRule, ...]:
    """Return the rules. Raises `SettingsError`."""
    parts = [part.strip() for part in text.replace("\n", ";").split(";")]
    return tuple(_rule(part, variable) for part in parts if part)


def _rule(part: str, variable: str) -> RoleRule:
    value, equals, worth = part.rpartition("=")  # a value may be a name in a directory: cn=desk,ou=care
    role, _, where = worth.strip().partition(":")
    place, _, lead = where.partition(":")
    if not (equals and value.strip()) or role not in (*_PLACED, Role.ADMIN) or lead not in ("", _LEAD):
        raise SettingsError(variable, part, _EXPECTED)
    rule = RoleRule(value.strip(), Role(role), place, is_lead=lead == _LEAD)
    has_star = rule.value.count("*")
    fits = bool(rule.place) == (rule.role in _PLACED) and (not rule.is_lead or rule.role in _MAY_LEAD)
    if not fits or has_star > 1 or bool(has_star) != (rule.place == "*"):
        raise SettingsError(variable, part, _EXPECTED)
    return rule


def granted(rules: Sequence[RoleRule], values: Sequence[str]) -> Iterator[Grant]:
    """Give what the values are worth, in the order of the rules."""
    for rule in rules:
        for value in values:
            place = rule.place_for(value)
            if place is not None:
                yield Grant(rule.role, place, rule.is_lead, value)


def values_of(claims: Mapping[str, Any], path: str) -> list[str] | None:
    """Return the values of a claim; None where there is no such claim, which another answer may have.

    A name may hold dots itself, as addresses do: the whole path is looked for before its parts.
    """
    found: Any = claims
    for name in (path,) if path in claims else path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return None
        found = found[name]
    listed = [found] if isinstance(found, str) else found
    if not isinstance(listed, list):
        return []
    return [one for one in listed[:_MOST_VALUES] if isinstance(one, str) and 0 < len(one) <= _LONGEST]
