"""Who is on call for a desk or a team: never nobody while there is anybody."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from anhu.registry.rota.duty import Turn, away_at, moment
from anhu.registry.rota.looking import read_rota
from anhu.registry.rota.model import Rota
from anhu.registry.rota.stretches import is_gap


class Because(StrEnum):
    """Why these are on call."""

    SHIFT = "shift"
    """The rota says so."""
    NO_ROTA = "no_rota"
    """There is no rota: everybody."""
    OFF_HOURS = "off_hours"
    """No shift runs and none need: everybody."""
    GAP = "gap"
    """Somebody should be there and nobody is: everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """Who is on call at an instant.

    Attributes
    ----------
    members : tuple of str
        Identities of users, in the order in which to call; empty only when the owner has nobody who may log in.
    turns : tuple of Turn
        Their parts in shifts; empty unless `because` is a shift.
    is_gap : bool
        Nobody is there who should be: everybody is called instead, and that has to be said.
    """

    members: tuple[str, ...]
    turns: tuple[Turn, ...]
    because: Because
    is_gap: bool


def on_call(session: Session, owner_kind: str, owner_id: str, at_ms: int) -> OnCall:
    """Return who is on call for a centre or a team.

    Parameters
    ----------
    owner_kind : str
        ``centre`` or ``team``.
    at_ms : int
        When, UTC. [ms]
    """
    return on_call_of(read_rota(session, owner_kind, owner_id, at_ms, at_ms), at_ms)


def on_call_of(rota: Rota, at_ms: int) -> OnCall:
    """Return who is on call by a rota: in a gap all who are not on leave, else all. [ms]."""
    now = moment(rota, at_ms)
    if now.turns:
        members = tuple(turn.user_id for turn in now.turns)
        return OnCall(members=members, turns=now.turns, because=Because.SHIFT, is_gap=False)
    away = away_at(rota, at_ms)
    all_there = tuple(one for one in rota.members if one not in away) or rota.members
    missing = is_gap(rota, now)
    because = Because.GAP if missing else Because.OFF_HOURS if rota.shifts else Because.NO_ROTA
    return OnCall(members=all_there, turns=(), because=because, is_gap=missing or not all_there)
