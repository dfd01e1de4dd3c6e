"""Everybody who may ask: of side A, of side B, of neither, with fields that belong to another role, and nobody."""

from __future__ import annotations

from typing import NamedTuple

EVERY_SCOPE = frozenset({"read", "respond", "provision", "administer"})


class Caller(NamedTuple):
    """Somebody who asks.

    Attributes
    ----------
    role : str
        Empty: nobody, whatever the request says.
    sees : str
        Letters of the sides whose residents and devices the caller may see: A, B, O (nobody's).
    how : str
        ``token``, ``cookie``, or what is wrong with it.
    belongs : mapping
        Centre, team and vendor in the user's row.
    leads : bool
        Looks after the people of the own centre or team.
    """

    name: str
    role: str
    sees: str = ""
    how: str = "token"
    scopes: frozenset[str] = EVERY_SCOPE
    belongs: tuple[tuple[str, str], ...] = ()
    leads: bool = False


def _belongs(**fields: str) -> tuple[tuple[str, str], ...]:
    return tuple(fields.items())


_WITH_TOKENS = (
    Caller("desk-a", "desk", "A", belongs=_belongs(centre_id="a")),
    Caller("desk-b", "desk", "B", belongs=_belongs(centre_id="b")),
    Caller("desk-none", "desk"),
    Caller("desk-odd", "desk", belongs=_belongs(team_id="a", vendor="a")),
    Caller("team-a", "team", "A", belongs=_belongs(team_id="a")),
    Caller("team-b", "team", "B", belongs=_belongs(team_id="b")),
    Caller("team-none", "team"),
    Caller("team-odd", "team", belongs=_belongs(centre_id="a", vendor="a")),
    Caller("family-a", "family", "A"),
    Caller("family-b", "family", "B"),
    Caller("family-none", "family"),
    Caller("family-odd", "family", belongs=_belongs(centre_id="a", team_id="a", vendor="a")),
    Caller("vendor-a", "vendor", "A", belongs=_belongs(vendor="a")),
    Caller("vendor-b", "vendor", "B", belongs=_belongs(vendor="b")),
    Caller("vendor-none", "vendor"),
    Caller("vendor-odd", "vendor", belongs=_belongs(centre_id="a", team_id="a")),
    Caller("desk-lead-a", "desk", "A", belongs=_belongs(centre_id="a"), leads=True),
    Caller("desk-lead-b", "desk", "B", belongs=_belongs(centre_id="b"), leads=True),
    Caller("team-lead-a", "team", "A", belongs=_belongs(team_id="a"), leads=True),
    Caller("team-lead-b", "team", "B", belongs=_belongs(team_id="b"), leads=True),
    Caller("admin", "admin", "ABO"),
)
_SCOPED = tuple(
    one._replace(name=f"{one.name}-{scope}", scopes=frozenset({scope}))
    for one in _WITH_TOKENS
    for scope in sorted(EVERY_SCOPE)
    if one.name in {"desk-a", "desk-lead-a", "vendor-a", "admin"}
)
_SESSIONS = tuple(
    one._replace(name=f"{one.name}-session", how="cookie")
    for one in _WITH_TOKENS
    if one.name in {"desk-a", "desk-lead-a", "team-b", "team-lead-b", "family-a", "vendor-b", "admin"}
)
NOBODIES = tuple(
    Caller(how, "", how=how)
    for how in ("anonymous", "garbage", "expired", "revoked", "disabled", "session as token", "token as cookie")
)
CALLERS = (*_WITH_TOKENS, *_SCOPED, *_SESSIONS, *NOBODIES)
AT_THE_EDGES = tuple(one for one in CALLERS if one.scopes == EVERY_SCOPE and (one.role or one.how == "anonymous"))
"""Who tries filters, cursors, numbers and fields too; the others are told apart by the routes."""
SESSIONS = tuple(one for one in CALLERS if one.how == "cookie")
USERS = _WITH_TOKENS


def user_of(caller: Caller) -> str:
    """Return the login behind a caller; those that are nobody borrow the admin's."""
    if not caller.role:
        return "locked-out" if caller.how == "disabled" else "admin"
    return next(one.name for one in USERS if caller.name.startswith(one.name))
