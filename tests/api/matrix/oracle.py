"""Who may do what of whom, written by hand: it reads nothing of the product, and a route without a row is an error."""

from __future__ import annotations

from typing import NamedTuple

from tests.api.matrix.callers import Caller

PASSES = frozenset({200, 201, 202, 204, 303, 409})
"""What lets a caller in; 409 says that it does not fit the present state, to somebody who may know that."""
STAFF = "desk team admin"
HEALTH = "desk team family admin"
EVERYBODY = "desk team family vendor admin"


class Row(NamedTuple):
    """One route.

    Attributes
    ----------
    roles : str
        Who may; empty: anybody, nobody included.
    scope : str
        What a token must be for, several with spaces between; empty: any.
    about : str
        What kind of thing the path names; empty: no single one.
    session : bool
        Only for somebody who logged in, no token.
    otherwise : int
        What a token is answered then.
    worn : int
        What a vendor is answered about a device that a resident has: that is for its centre; 0: he may.
    also : int
        What a caller who may is answered besides: not every alarm has a chart, not every user a link.
    """

    roles: str
    scope: str = ""
    about: str = ""
    session: bool = False
    otherwise: int = 403
    worn: int = 0
    also: int = 0


_READ_ALERT = Row(HEALTH, "read", "alert")
_ANSWER = Row(STAFF, "respond", "alert")
_READ_RESIDENT = Row(HEALTH, "read", "resident")
_TAKE_PART = Row(HEALTH, "respond", "resident")
_SUPPLY = Row("vendor admin", "provision", "device")
_ADMIN = Row("admin", "administer")

ORACLE: dict[str, Row] = {
    "GET /health": Row(""),
    "GET /openapi.json": Row(""),
    "GET /login": Row(""),
    "GET /": Row(EVERYBODY),
    "GET /api/v1/me": Row(EVERYBODY),
    "GET /api/v1/centres": Row(EVERYBODY, "read"),
    "GET /api/v1/teams": Row(EVERYBODY, "read"),
    "GET /api/v1/channels": _ADMIN,
    "GET /api/v1/tokens": Row(EVERYBODY),
    "POST /api/v1/tokens": Row(EVERYBODY, session=True),
    "DELETE /api/v1/tokens/{token_id}": Row(EVERYBODY, about="token"),
    "GET /api/v1/alerts": Row(HEALTH, "read"),
    "GET /api/v1/alerts/stream": Row(HEALTH, "read"),
    "GET /api/v1/alerts/{alert_id}": _READ_ALERT,
    "GET /api/v1/alerts/{alert_id}/history": _READ_ALERT,
    "GET /api/v1/alerts/{alert_id}/notifications": Row(STAFF, "respond", "alert"),
    "POST /api/v1/alerts/{alert_id}/comment": _ANSWER,
    "POST /api/v1/alerts/{alert_id}/acknowledge": _ANSWER,
    "POST /api/v1/alerts/{alert_id}/on-the-way": _ANSWER,
    "POST /api/v1/alerts/{alert_id}/on-scene": _ANSWER,
    "POST /api/v1/alerts/{alert_id}/close": _ANSWER,
    "GET /api/v1/messages": Row(HEALTH, "read"),
    "GET /api/v1/messages/unread": Row(HEALTH, "read"),
    "GET /api/v1/residents/{resident_id}/messages": _READ_RESIDENT,
    "POST /api/v1/residents/{resident_id}/messages": _TAKE_PART,
    "POST /api/v1/residents/{resident_id}/messages/read": _TAKE_PART,
    "GET /api/v1/requests": Row(HEALTH, "read"),
    "GET /api/v1/residents/{resident_id}/requests": _READ_RESIDENT,
    "POST /api/v1/residents/{resident_id}/requests": _TAKE_PART,
    "POST /api/v1/requests/{request_id}/take": Row(STAFF, "respond", "request"),
    "POST /api/v1/requests/{request_id}/done": Row(STAFF, "respond", "request"),
    "POST /api/v1/requests/{request_id}/cancel": Row(HEALTH, "respond", "request", also=403),
    "POST /api/v1/residents/{resident_id}/family": Row("family", "respond", "resident"),
    "GET /api/v1/residents/{resident_id}/sheet-links": Row(STAFF, "read respond", "resident"),
    "POST /api/v1/residents/{resident_id}/sheet-links": Row(STAFF, "respond", "resident"),
    "DELETE /api/v1/residents/{resident_id}/sheet-links/{link_id}": Row(STAFF, "respond", "resident"),
    "POST /api/v1/alerts/{alert_id}/steps": _ANSWER,
    "GET /api/v1/residents": Row(HEALTH, "read"),
    "GET /api/v1/latest": Row(HEALTH, "read"),
    "GET /api/v1/residents/{resident_id}": _READ_RESIDENT,
    "GET /api/v1/residents/{resident_id}/latest": _READ_RESIDENT,
    "GET /api/v1/residents/{resident_id}/observations": _READ_RESIDENT,
    "GET /api/v1/residents/{resident_id}/buckets": _READ_RESIDENT,
    "GET /api/v1/residents/{resident_id}/events": _READ_RESIDENT,
    "GET /api/v1/residents/{resident_id}/waveforms": _READ_RESIDENT,
    "GET /api/v1/residents/{resident_id}/limits": _READ_RESIDENT,
    "POST /api/v1/residents/{resident_id}/limits": Row("team admin", "respond", "resident"),
    "DELETE /api/v1/residents/{resident_id}/limits/{limit_id}": Row("team admin", "respond", "resident"),
    "POST /api/v1/residents": _ADMIN,
    "PATCH /api/v1/residents/{resident_id}": Row("admin", "administer", "resident"),
    "GET /api/v1/devices": Row(EVERYBODY, "read"),
    "GET /api/v1/devices/{device_id}": Row(EVERYBODY, "read", "device"),
    "GET /api/v1/devices/{device_id}/commands": Row(STAFF, "respond", "device"),
    "POST /api/v1/devices/{device_id}/commands": Row(STAFF, "respond", "device"),
    "POST /api/v1/devices": Row("vendor admin", "provision"),
    "PATCH /api/v1/devices/{device_id}": _SUPPLY._replace(worn=403),
    "POST /api/v1/devices/{device_id}/rotate": _SUPPLY._replace(worn=403),
    "POST /api/v1/devices/{device_id}/revoke": _SUPPLY._replace(worn=403),
    "POST /api/v1/devices/{device_id}/enable": _SUPPLY,
    "POST /api/v1/centres": _ADMIN,
    "PATCH /api/v1/centres/{centre_id}": Row("admin", "administer", "centre"),
    "POST /api/v1/teams": _ADMIN,
    "GET /api/v1/contacts": _ADMIN,
    "POST /api/v1/contacts": _ADMIN,
    "POST /api/v1/contacts/{contact_id}/disable": Row("admin", "administer", "contact"),
    "POST /api/v1/contacts/{contact_id}/enable": Row("admin", "administer", "contact"),
    "GET /api/v1/users": _ADMIN,
    "POST /api/v1/users": _ADMIN,
    "POST /api/v1/users/{user_id}/residents": Row("admin", "administer", "user"),
    "DELETE /api/v1/users/{user_id}/residents/{resident_id}": Row("admin", "administer", "user", also=404),
    "PATCH /api/v1/users/{user_id}": Row("admin", "administer", "user"),
    "GET /api/v1/audit": _ADMIN,
    "GET /api/v1/platform": Row(STAFF, "read"),
    "GET /metrics": Row(STAFF, "read"),
    "GET /api/v1/gaps": _ADMIN,
    "GET /docs": Row(EVERYBODY),
    "GET /api/v1/alarm-budget": Row(STAFF, "read"),
    "GET /api/v1/service-figures": Row(STAFF, "read"),
    "GET /api/v1/service-figures.csv": Row(STAFF, "read"),
    "GET /figures": Row(STAFF, "read"),
    "GET /platform": Row(STAFF, "read"),
    "GET /desk": Row(STAFF, "read respond"),
    "GET /desk/queue": Row(STAFF, "read respond"),
    "GET /desk/alerts/{alert_id}": Row(STAFF, "read respond", "alert"),
    "GET /desk/alerts/{alert_id}/trend.json": Row(HEALTH, "read", "alert", also=404),
    "GET /desk/alerts/{alert_id}/waveform.json": Row(HEALTH, "read", "alert", also=404),
    "GET /watch.json": Row(STAFF, "read respond"),
    "POST /session/renew": Row(EVERYBODY, session=True, otherwise=401),
    "GET /app": Row(EVERYBODY),
    "GET /sw.js": Row(""),
    "GET /offline": Row(""),
    "GET /worklist": Row(STAFF, "read respond"),
    "GET /messages": Row(HEALTH, "read"),
    "GET /unread.json": Row(HEALTH, "read"),
    "GET /requests": Row(HEALTH, "read"),
    "GET /residents/{resident_id}/messages": _READ_RESIDENT,
    "GET /residents/{resident_id}/requests": _READ_RESIDENT,
    "GET /residents/{resident_id}/card": Row(STAFF, "read respond", "resident"),
    "GET /residents/{resident_id}/sheet": Row(STAFF, "read respond", "resident"),
    "GET /residents": Row(HEALTH, "read"),
    "GET /residents/{resident_id}": _READ_RESIDENT,
    "GET /residents/{resident_id}/chart.json": _READ_RESIDENT,
    "GET /devices": Row(EVERYBODY, "read"),
    "GET /refusals": Row(f"{STAFF} vendor", "read"),
    "GET /api/v1/refusals": Row(f"{STAFF} vendor", "read"),
    "GET /api/v1/refusals/mapping": Row(f"{STAFF} vendor", "read"),
    "GET /budget": Row(STAFF, "read"),
    "POST /api/v1/me/password": Row(EVERYBODY, session=True),
    "POST /api/v1/logout": Row(EVERYBODY),
    "POST /logout": Row(EVERYBODY, also=401),
}
ELSEWHERE = {
    "POST /api/v1/login": "tests of its own, as nobody: whoever logs in is nobody before",
    "POST /login": "the same, as a page",
    "GET /s/{secret}": "tests of its own: opened by a link, by nobody",
    "HEAD /openapi.json": "the same as GET",
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
    if caller.role not in row.roles.split() or not caller.scopes.issuperset(row.scope.split()):
        return frozenset({403})
    if row.session and caller.how != "cookie":
        return frozenset({row.otherwise})
    if side and not _sees(row, caller, side):
        return frozenset({404})
    let_in = PASSES | {row.also} if row.also else PASSES
    return frozenset({row.worn}) if is_anothers_to_decide(row, caller, side) else let_in


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
    return side in caller.sees if what == "gateway" else caller.role == "admin"


def may(row: Row, caller: Caller, side: str) -> bool:
    """Tell whether the caller is let in."""
    return verdict(row, caller, side) >= PASSES


def is_anothers_to_decide(row: Row, caller: Caller, side: str) -> bool:
    """Tell whether a vendor asks what he sees and may not do: he may know that the thing is there."""
    return bool(row.worn) and caller.role == "vendor" and side in {"A", "B"} and _sees(row, caller, side)


def _sees(row: Row, caller: Caller, side: str) -> bool:
    if side == "M":
        return False
    if row.about in {"contact", "user", "centre"}:
        return True  # an admin, who administers all of them
    if row.about == "token":
        return caller.role == "admin" and "administer" in caller.scopes
    return side in caller.sees
