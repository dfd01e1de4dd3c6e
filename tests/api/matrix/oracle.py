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
_RECORD = Row("admin", "administer", "resident")
_LEADS = Row("admin", "administer", "rota")
"""And leads, whom tests/api/test_rota.py asks."""
_MEMBERS = Row(STAFF, "respond", also=404)
"""404: of no desk and no team."""

_PLACE = Row("admin", "administer", "centre")
_USER = Row("admin", "administer", "user")
_CONTACT = Row("admin", "administer", "contact")
_MINE = Row(EVERYBODY, about="mine", session=True)
_PAGES_OF_ADMINISTRATION = {
    "GET /admin": Row(STAFF, "read"),
    "GET /admin/start": _ADMIN,
    "POST /admin/start/drill": _ADMIN._replace(session=True),
    "GET /admin/audit": _ADMIN,
    "GET /admin/audit.csv": _ADMIN,
    "GET /admin/users": _ADMIN,
    "GET /admin/users/new": _ADMIN,
    "POST /admin/users": _ADMIN._replace(session=True),
    "GET /admin/users/{user_id}": _USER,
    "POST /admin/users/{user_id}": _USER,
    "POST /admin/users/{user_id}/reset": _USER._replace(session=True),
    "GET /admin/places": _ADMIN,
    "GET /admin/places/organisation/new": _ADMIN,
    "GET /admin/places/centre/new": _ADMIN,
    "GET /admin/places/team/new": _ADMIN,
    "POST /admin/places/organisation": _ADMIN,
    "POST /admin/places/centre": _ADMIN,
    "POST /admin/places/team": _ADMIN,
    "GET /admin/places/organisation/{place_id}": _PLACE._replace(about="organisation"),
    "GET /admin/places/centre/{place_id}": _PLACE,
    "GET /admin/places/team/{place_id}": _PLACE._replace(about="team"),
    "POST /admin/places/organisation/{place_id}": _PLACE._replace(about="organisation"),
    "POST /admin/places/centre/{place_id}": _PLACE,
    "POST /admin/places/team/{place_id}": _PLACE._replace(about="team"),
    "POST /admin/places/organisation/{place_id}/close": _PLACE._replace(about="organisation"),
    "POST /admin/places/centre/{place_id}/close": _PLACE,
    "POST /admin/places/team/{place_id}/close": _PLACE._replace(about="team"),
    "POST /admin/places/organisation/{place_id}/reopen": _PLACE._replace(about="organisation"),
    "POST /admin/places/centre/{place_id}/reopen": _PLACE,
    "POST /admin/places/team/{place_id}/reopen": _PLACE._replace(about="team"),
    "GET /admin/contacts": _ADMIN,
    "POST /admin/contacts": _ADMIN,
    "GET /admin/contacts/{contact_id}": _CONTACT,
    "POST /admin/contacts/{contact_id}/test": _CONTACT,
    "POST /admin/contacts/{contact_id}/enable": _CONTACT,
    "POST /admin/contacts/{contact_id}/disable": _CONTACT,
    "POST /admin/contacts/{contact_id}/change": _CONTACT,
    "POST /admin/contacts/{contact_id}/up": _CONTACT,
    "POST /admin/contacts/{contact_id}/down": _CONTACT,
    "POST /admin/contacts/{contact_id}/remove": _CONTACT,
}
_OWN_ACCOUNT = {
    "GET /forgot-password": Row(""),
    "GET /reset": Row(""),
    "GET /account": Row(EVERYBODY),
    "GET /account/password": Row(EVERYBODY),
    "POST /account/language": Row(EVERYBODY, session=True),
    "POST /account/contacts": Row(EVERYBODY, session=True),
    "GET /account/contacts/{contact_id}": _MINE._replace(session=False),
    "POST /account/contacts/{contact_id}/test": _MINE,
    "POST /account/contacts/{contact_id}/prove": _MINE,
    "POST /account/contacts/{contact_id}/code": _MINE,
    "POST /account/contacts/{contact_id}/enable": _MINE,
    "POST /account/contacts/{contact_id}/disable": _MINE,
    "POST /account/contacts/{contact_id}/change": _MINE,
    "POST /account/contacts/{contact_id}/up": _MINE,
    "POST /account/contacts/{contact_id}/down": _MINE,
    "POST /account/contacts/{contact_id}/remove": _MINE,
    "POST /account/logins/end-others": Row(EVERYBODY, session=True),
    "POST /account/logins/{login_id}/end": _MINE,
    "POST /account/tokens": Row(EVERYBODY, session=True),
    "POST /account/tokens/{token_id}/revoke": Row(EVERYBODY, about="token", also=404),
}

ORACLE: dict[str, Row] = {
    "GET /health": Row(""),
    "GET /openapi.json": Row(""),
    "GET /login": Row(""),
    "GET /sw.js": Row(""),
    "GET /": Row(EVERYBODY),
    "GET /notifications": Row(EVERYBODY),
    "GET /api/v1/me/browsers": Row(EVERYBODY),
    "POST /api/v1/me/browsers": Row(EVERYBODY, session=True),
    "POST /api/v1/me/browsers/{browser_id}/leave": Row(EVERYBODY, about="browser", session=True),
    "GET /api/v1/me": Row(EVERYBODY),
    "GET /api/v1/centres": Row(EVERYBODY, "read"),
    "GET /api/v1/teams": Row(EVERYBODY, "read"),
    "GET /api/v1/organisations": Row(EVERYBODY, "read"),
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
    "POST /api/v1/alerts/{alert_id}/reopen": _ANSWER,
    "POST /api/v1/alerts/{alert_id}/practice": _ANSWER,
    "POST /api/v1/alerts/{alert_id}/merge": _ANSWER._replace(also=404),
    "GET /api/v1/alerts/{alert_id}/colleagues": _ANSWER,
    "POST /api/v1/alerts/{alert_id}/offer": _ANSWER._replace(also=404),
    "POST /api/v1/alerts/{alert_id}/take-over": _ANSWER,
    "POST /api/v1/alerts/{alert_id}/call-off": _ANSWER,
    "POST /api/v1/alerts/{alert_id}/calls": _ANSWER,
    "POST /api/v1/alerts/bulk": Row(STAFF, "respond", also=422),
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
    "POST /api/v1/residents/{resident_id}/family-words": Row("family", "respond", "resident"),
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
    "GET /api/v1/residents/{resident_id}/record": _RECORD._replace(scope="administer read"),
    "POST /api/v1/residents/{resident_id}/consents": _RECORD,
    "POST /api/v1/residents/{resident_id}/consents/{consent_id}/withdraw": _RECORD._replace(also=404),
    "POST /api/v1/residents/{resident_id}/move": _RECORD,
    "POST /api/v1/residents/{resident_id}/family": _RECORD,
    "PUT /api/v1/residents/{resident_id}/family": _RECORD._replace(also=422),
    "DELETE /api/v1/residents/{resident_id}/family/{user_id}": _RECORD._replace(also=404),
    "PUT /api/v1/residents/{resident_id}/photo": _RECORD,
    "GET /api/v1/residents/{resident_id}/photo": _READ_RESIDENT._replace(also=404),
    "POST /api/v1/residents/{resident_id}/end": _RECORD,
    "POST /api/v1/residents/{resident_id}/resume": _RECORD,
    "GET /api/v1/regions": Row(EVERYBODY, "read"),
    "GET /api/v1/places": _ADMIN,
    "POST /api/v1/places": _ADMIN,
    "PATCH /api/v1/places/{place_id}": Row("admin", "administer", "place"),
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
    "PATCH /api/v1/centres/{centre_id}": _PLACE,
    "POST /api/v1/centres/{centre_id}/close": _PLACE,
    "POST /api/v1/centres/{centre_id}/reopen": _PLACE,
    "POST /api/v1/teams": _ADMIN,
    "PATCH /api/v1/teams/{team_id}": _PLACE._replace(about="team"),
    "POST /api/v1/teams/{team_id}/close": _PLACE._replace(about="team"),
    "POST /api/v1/teams/{team_id}/reopen": _PLACE._replace(about="team"),
    "POST /api/v1/organisations": _ADMIN,
    "PATCH /api/v1/organisations/{place_id}": _PLACE._replace(about="organisation"),
    "POST /api/v1/organisations/{place_id}/close": _PLACE._replace(about="organisation"),
    "POST /api/v1/organisations/{place_id}/reopen": _PLACE._replace(about="organisation"),
    "GET /api/v1/contacts": _ADMIN,
    "POST /api/v1/contacts": _ADMIN,
    "POST /api/v1/contacts/{contact_id}/disable": Row("admin", "administer", "contact"),
    "POST /api/v1/contacts/{contact_id}/enable": Row("admin", "administer", "contact"),
    "PATCH /api/v1/contacts/{contact_id}": Row("admin", "administer", "contact"),
    "POST /api/v1/contacts/{contact_id}/test": Row("admin", "administer", "contact"),
    "GET /api/v1/users": _ADMIN,
    "POST /api/v1/users": _ADMIN,
    "POST /api/v1/users/{user_id}/residents": Row("admin", "administer", "user"),
    "DELETE /api/v1/users/{user_id}/residents/{resident_id}": Row("admin", "administer", "user", also=404),
    "PATCH /api/v1/users/{user_id}": Row("admin", "administer", "user"),
    "GET /api/v1/policies": _ADMIN,
    "POST /api/v1/policies": _ADMIN,
    "POST /api/v1/policies/preview": Row("admin", "read administer"),
    "GET /api/v1/policies/{policy_id}/versions": Row("admin", "administer", "policy"),
    "PUT /api/v1/policies/{policy_id}": Row("admin", "administer", "policy"),
    "POST /api/v1/policies/{policy_id}/end": Row("admin", "administer", "policy"),
    "GET /admin/policies": _ADMIN,
    "GET /admin/policies/edit": _ADMIN,
    "POST /admin/policies/edit": Row("admin", "administer", also=422),
    "POST /api/v1/users/{user_id}/reset-password": _USER._replace(session=True),
    "GET /api/v1/audit": _ADMIN,
    "GET /api/v1/platform": Row(STAFF, "read"),
    "GET /metrics": Row(STAFF, "read"),
    "GET /api/v1/gaps": _ADMIN,
    "GET /api/v1/rotas": Row(STAFF, "respond"),
    "GET /api/v1/rotas/{rota_id}": Row(STAFF, "respond", "rota"),
    "GET /api/v1/rotas/{rota_id}/on-call": Row(STAFF, "respond", "rota"),
    "PUT /api/v1/rotas/{rota_id}": _LEADS,
    "POST /api/v1/rotas/{rota_id}/shifts": _LEADS,
    "PUT /api/v1/rotas/{rota_id}/shifts/{shift_id}": _LEADS,
    "POST /api/v1/rotas/{rota_id}/days": _LEADS,
    "POST /api/v1/rotas/{rota_id}/notes": Row(STAFF, "respond", "rota", also=403),
    "POST /api/v1/rotas/{rota_id}/notes/{note_id}/read": Row(STAFF, "respond", "rota", also=403),
    "DELETE /api/v1/rotas/{rota_id}/shifts/{shift_id}": _LEADS,
    "GET /api/v1/me/rota": _MEMBERS,
    "POST /api/v1/me/calendar": _MEMBERS,
    "DELETE /api/v1/me/calendar": Row(STAFF, "respond"),
    "GET /rota": Row(STAFF, "respond"),
    "GET /rota/now": Row(STAFF, "respond"),
    "GET /rota/mine": Row(STAFF, "respond"),
    "GET /docs": Row(EVERYBODY),
    "GET /api/v1/alarm-budget": Row(STAFF, "read"),
    "GET /api/v1/service-figures": Row(STAFF, "read"),
    "GET /api/v1/service-figures.csv": Row(STAFF, "read"),
    "GET /figures": Row(STAFF, "read"),
    "GET /platform": Row(STAFF, "read"),
    "GET /desk": Row(STAFF, "read respond"),
    "GET /desk/handover": Row(STAFF, "read respond"),
    "POST /desk/handover": Row(STAFF, "read respond"),
    "GET /desk/wall": Row(STAFF, "read"),
    "GET /desk/wall/state.json": Row(STAFF, "read"),
    "GET /desk/map.pmtiles": Row(STAFF, "respond", also=404),
    "GET /desk/queue": Row(STAFF, "read respond"),
    "GET /desk/alerts/{alert_id}": Row(STAFF, "read respond", "alert"),
    "GET /desk/alerts/{alert_id}/trend.json": Row(HEALTH, "read", "alert", also=404),
    "GET /desk/alerts/{alert_id}/waveform.json": Row(HEALTH, "read", "alert", also=404),
    "GET /watch.json": Row(STAFF, "read respond"),
    "POST /session/renew": Row(EVERYBODY, session=True, otherwise=401),
    "GET /app": Row(EVERYBODY),
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
    "POST /residents/{resident_id}/limits": Row("team admin", "respond", "resident"),
    "POST /residents/{resident_id}/limits/{limit_id}/end": Row("team admin", "respond", "resident", also=404),
    "GET /devices": Row(EVERYBODY, "read"),
    "GET /admin/residents": Row("admin", "administer read"),
    "GET /admin/residents/new": Row("admin", "administer read"),
    "POST /admin/residents/new": Row("admin", "administer read", also=422),
    "GET /admin/residents/{resident_id}": _RECORD._replace(scope="administer read"),
    "POST /admin/residents/{resident_id}": _RECORD._replace(scope="administer read", also=422),
    "POST /admin/residents/{resident_id}/{part}": _RECORD._replace(scope="administer read", also=422),
    "GET /admin/import": Row("admin", "administer"),
    "GET /api/v1/imports/{what}/template.{form}": _ADMIN,
    "GET /api/v1/imports/residents.csv": _ADMIN,
    "POST /api/v1/imports/{what}": _ADMIN._replace(also=422),
    "POST /api/v1/imports/{what}/faults": _ADMIN._replace(also=422),
    "GET /admin/beds": Row("admin", "administer read"),
    "POST /admin/beds": Row("admin", "administer read", also=422),
    "GET /devices/new": Row("vendor admin", "provision"),
    "POST /devices/new": Row("vendor admin", "provision"),
    "GET /devices/{device_id}": Row(EVERYBODY, "read", "device"),
    "POST /devices/{device_id}": _SUPPLY._replace(worn=403),
    "POST /devices/{device_id}/rotate": _SUPPLY._replace(worn=403),
    "POST /devices/{device_id}/revoke": _SUPPLY._replace(worn=403),
    "POST /devices/{device_id}/enable": _SUPPLY,
    "GET /refusals": Row(f"{STAFF} vendor", "read"),
    "GET /api/v1/refusals": Row(f"{STAFF} vendor", "read"),
    "GET /api/v1/refusals/mapping": Row(f"{STAFF} vendor", "read"),
    "GET /budget": Row(STAFF, "read"),
    **_PAGES_OF_ADMINISTRATION,
    **_OWN_ACCOUNT,
    "POST /account/password": Row(EVERYBODY, session=True),
    "POST /api/v1/me/password": Row(EVERYBODY, session=True),
    "DELETE /api/v1/contacts/{contact_id}": _CONTACT._replace(also=404),
    "POST /api/v1/logout": Row(EVERYBODY),
    "POST /logout": Row(EVERYBODY, also=401),
}
ELSEWHERE = {
    "POST /api/v1/login": "tests of its own, as nobody: whoever logs in is nobody before",
    "POST /login": "the same, as a page",
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
    if side == "M" or row.about == "mine":
        return False  # what the town has is nobody's own
    if row.about == "rota" and caller.role == "admin":
        return True
    if row.about in {"contact", "user", "centre", "team", "organisation", "place", "policy"}:
        return True  # an admin, who administers all of them
    if row.about == "browser":
        return caller.name == "family-a-session" and side == "A"
    if row.about == "token":
        return caller.role == "admin" and "administer" in caller.scopes
    return side in caller.sees
