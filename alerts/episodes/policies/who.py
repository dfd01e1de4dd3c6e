"""Whom a party is: from who there is, who is on call and who is on leave, to ways of reaching them. Pure.

While anybody of a party can be reached it is never nobody: who is on call comes first; where no contact of theirs is,
everybody of that work; then who is on leave; then the desk or the team as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from alerts.episodes.policies.policy import Party, Rung
from anhu.registry.duties import Duty


class House(StrEnum):
    """Where somebody belongs, seen from a resident."""

    RESIDENT = "resident"
    CENTRE = "centre"
    TEAM = "team"
    FAMILY = "family"
    ORGANISATION = "organisation"
    """Supervisors of other centres of the same organisation."""


class Way(NamedTuple):
    """One way of reaching somebody: a contact, and whose it is.

    Attributes
    ----------
    user_id : str
        Empty for what belongs to the resident, or to a desk or team as a whole.
    duty : str
        The user's work.
    place : int
        Of a relative: 0 for those of the lowest rank, 1 for the next...
    """

    contact_id: str
    channel: str
    owner_kind: str
    owner_id: str
    house: House
    user_id: str = ""
    duty: str = ""
    is_lead: bool = False
    place: int = 0

    @property
    def is_of_somebody_else(self) -> bool:
        """Whether it is anybody's but the resident's own."""
        return self.house is not House.RESIDENT


class There(NamedTuple):
    """Who is there of a desk or a team.

    Attributes
    ----------
    on_call : frozenset of str
        Users whom a rota names now, or everybody when it leaves a gap; empty without a rota.
    away : frozenset of str
        Users on leave.
    """

    on_call: frozenset[str] = frozenset()
    away: frozenset[str] = frozenset()


class WhoIsWho(NamedTuple):
    """Everybody around a resident who can be reached at a priority, and who is there."""

    ways: tuple[Way, ...]
    there: Mapping[House, There]


_HOUSES = {Party.RESIDENT: House.RESIDENT, Party.FAMILY: House.FAMILY}
_WHOLE = {Party.CENTRE: House.CENTRE, Party.TEAM: House.TEAM}
_FAMILY = {Party.FAMILY_FIRST: 0, Party.FAMILY_SECOND: 1, Party.FAMILY_THIRD: 2}
_DUTIES: Mapping[Party, tuple[House, frozenset[Duty]]] = {
    Party.CARER: (House.CENTRE, frozenset({Duty.CARER})),
    Party.NURSE: (House.TEAM, frozenset({Duty.NURSE})),
    Party.GP: (House.TEAM, frozenset({Duty.GP, Duty.VILLAGE_DOCTOR})),
    Party.PUBLIC_HEALTH: (House.TEAM, frozenset({Duty.PUBLIC_HEALTH})),
}


def reached(rung: Rung, who: WhoIsWho) -> Sequence[Way]:
    """Return by which ways a rung's parties are reached, each contact once."""
    found = (way for party in rung.parties for way in _over(ways_of(party, who), rung.channels))
    return list({way.contact_id: way for way in found}.values())


def ways_of(party: Party, who: WhoIsWho) -> Sequence[Way]:
    """Return the ways to a party; empty only when nobody of it can be reached."""
    if party in _HOUSES:
        return _of(_HOUSES[party], who)
    if party in _FAMILY:
        return [way for way in _of(House.FAMILY, who) if way.place == _FAMILY[party]]
    if party in _WHOLE:
        return _whole(_WHOLE[party], who)
    if party is Party.SUPERVISOR:
        return supervisors(who) or _whole(House.CENTRE, who)
    if party is Party.EVERYBODY:
        near = everybody_else(who)
        return _there(near, who) or near
    house, duties = _DUTIES[party]
    members = [way for way in _of(house, who) if way.duty in duties]
    return _first(members, who) or _whole(house, who)


def is_stood_in(party: Party, who: WhoIsWho) -> bool:
    """Tell whether nobody of a party itself can be reached: others are told instead, or nobody is."""
    if party is Party.SUPERVISOR:
        return not supervisors(who)
    ways = ways_of(party, who)
    return not ways or (party in _DUTIES and all(way.duty not in _DUTIES[party][1] for way in ways))


def everybody_else(who: WhoIsWho) -> Sequence[Way]:
    """Return every way to anybody around the resident, on leave or not; supervisors from elsewhere are told apart."""
    return [way for way in who.ways if way.is_of_somebody_else and way.house is not House.ORGANISATION]


def supervisors(who: WhoIsWho) -> Sequence[Way]:
    """Return the ways to whoever answers for the centre: its supervisors, its leads, those of its organisation."""
    centre = [way for way in _of(House.CENTRE, who) if way.user_id]
    return (
        _first([way for way in centre if way.duty == Duty.SUPERVISOR], who)
        or _first([way for way in centre if way.is_lead], who)
        or _of(House.ORGANISATION, who)
    )


def _whole(house: House, who: WhoIsWho) -> Sequence[Way]:
    """Return what is a desk's or a team's own, and its members on call; all of them where it has nothing of its own."""
    ways = _of(house, who)
    own = [way for way in ways if not way.user_id]
    called = [way for way in ways if way.user_id in _who_there(house, who).on_call]
    return [*own, *called] or _there(ways, who) or ways


def _first(members: Sequence[Way], who: WhoIsWho) -> Sequence[Way]:
    """Return who is on call; else who is there; else all."""
    called = [way for way in members if way.user_id in _who_there(way.house, who).on_call]
    return called or _there(members, who) or members


def _there(ways: Iterable[Way], who: WhoIsWho) -> Sequence[Way]:
    return [way for way in ways if not way.user_id or way.user_id not in _who_there(way.house, who).away]


def _over(ways: Sequence[Way], channels: Sequence[str]) -> Sequence[Way]:
    """Return what goes over these channels; everything where a party has none of them."""
    return [way for way in ways if way.channel in channels] or ways if channels else ways


def _of(house: House, who: WhoIsWho) -> Sequence[Way]:
    return [way for way in who.ways if way.house is house]


def _who_there(house: House, who: WhoIsWho) -> There:
    return who.there.get(house, There())
