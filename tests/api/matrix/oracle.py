"""Who may do what of whom, written by hand: it reads nothing of the product, and a route without a row is an error."""

from __future__ import annotations

from tests.api.matrix.callers import Caller
from tests.api.matrix.oracle_api import API, ENDS
from tests.api.matrix.oracle_pages import PAGES
from tests.api.matrix.rows import LEADS, Row

PASSES = frozenset({200, 201, 202, 204, 303, 409})
"""What lets a caller in; 409 says that it does not fit the present state, to somebody who may know that."""

ORACLE: dict[str, Row] = {**API, **PAGES, **ENDS}
ELSEWHERE = {
    "POST /api/v1/login": "tests of its own, as nobody: whoever logs in is nobody before",
    "POST /login": "the same, as a page",
    "GET /login/oidc": "no provider is set up here; tests/api/oidc, as nobody",
    "GET /login/oidc/callback": "the same",
    "POST /login/oidc/logout": "the same: who signs it is its right",
    "POST /forgot-password": "tests of its own, as nobody",
    "POST /reset": "the same: who has the link",
    "POST /desk/wall/start": "tests of its own: it ends the session that it is asked with",
    "GET /s/{secret}": "tests of its own: opened by a link, by nobody",
    "HEAD /openapi.json": "the same as GET",
    "POST /api/v1/me/swaps": "between two members only: tests/api/test_my_rota.py, as both and as strangers",
    "POST /api/v1/me/swaps/{swap_id}/{answer}": "the same",
    "POST /api/v1/leaves": "one's own, or of whom one leads: the same",
    "DELETE /api/v1/leaves/{leave_id}": "the same",
    "GET /calendar/{secret}.ics": "nobody logs in: the address is the secret, the same",
    "GET /a/{token}": "the token is the right, whoever comes with it: tests/api/web/test_answer_page.py",
    "POST /a/{token}": "the same",
    "GET /callbacks/{channel}/{secret}": "the secret is the right: tests/api/test_callbacks.py",
    "POST /callbacks/{channel}/{secret}": "the same",
}


def verdict(row: Row, caller: Caller, side: str) -> frozenset[int]:
    """Return which answers are right.

    Parameters
    ----------
    side : str
        Whose the object is: A, B, O (nobody's), or M for one that is not there; empty: no single object.
    """
    if not row.roles:
        return PASSES
    if not caller.role:
        return frozenset({401})
    roles = {caller.role, "lead", f"{caller.role}-lead"} if caller.leads else {caller.role}
    if roles.isdisjoint(row.roles.split()) or not caller.scopes.issuperset(row.scope.split()):
        return frozenset({403})
    if row.session and caller.how != "cookie":
        return frozenset({row.otherwise})
    if side and not _sees(row, caller, side):
        return frozenset({404})
    return _where_seen(row, caller, side)


def _where_seen(row: Row, caller: Caller, side: str) -> frozenset[int]:
    if row.names and caller.leads and not _looks_after_a(row, caller):
        return frozenset({row.elsewhere})
    let_in = PASSES | {row.also} if row.also else PASSES
    return frozenset({row.worn or 403}) if is_anothers_to_decide(row, caller, side) else let_in


def may_name(caller: Caller, what: str, side: str) -> bool:
    """Tell whether a caller may name a thing in what is sent, or behind a thing of his own in the path.

    Parameters
    ----------
    what : str
        ``resident``, ``user``: whom something is given to; ``gateway``: what a sensor sits behind; ``limit``: one that
        is not of the resident in the path.
    """
    if side == "M" or what == "limit":
        return False
    if what == "gateway" or (what == "resident" and caller.role == "desk" and caller.leads):
        return side in caller.sees
    return caller.role == "admin"


def may(row: Row, caller: Caller, side: str) -> bool:
    """Tell whether the caller is let in."""
    return verdict(row, caller, side) >= PASSES


def is_anothers_to_decide(row: Row, caller: Caller, side: str) -> bool:
    """Tell whether somebody asks what he sees and may not do: he may know that the thing is there."""
    if row is LEADS and caller.role == "team":
        return side in caller.sees  # the rota of the desk beside the team: to look at
    return bool(row.worn) and caller.role == "vendor" and side in {"A", "B"} and _sees(row, caller, side)


def _sees(row: Row, caller: Caller, side: str) -> bool:
    if side == "M" or row.about == "mine":
        return False  # what the town has is nobody's own
    if row.about == "browser":
        return caller.name == "family-a-session" and side == "A"
    if row.about == "token":
        return caller.role == "admin" and "administer" in caller.scopes
    if caller.leads and row.about in _LED_BY:
        return caller.role in _LED_BY[row.about].split() and side in caller.sees
    return side in caller.sees or (caller.role == "admin" and row.about in {*_LED_BY, "rota"})


_LED_BY = {
    "user": "",  # each side's is a relative: no member of a desk or a team
    "organisation": "",
    "centre": "desk",
    "contact": "desk",  # each side's is its centre's
    "team": "team",
    "place": "desk team",
    "policy": "desk team",
}
"""What is looked after -> whose leads do, each of the own side; an administrator looks after all of it."""


def _looks_after_a(row: Row, caller: Caller) -> bool:
    return "A" in caller.sees and (row.names == "side" or caller.role == "desk")
