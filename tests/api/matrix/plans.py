"""What is asked: every route of every thing, then filters, cursors, numbers, fields that are not offered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from api.services.paging import encode_cursor
from tests.api.matrix.oracle import ORACLE
from tests.api.matrix.rows import Row
from tests.api.matrix.town import canaries, object_id
from tests.api.world import PASSWORD

SHIFT = {"name": "x", "days": "1234567", "start_minute": 0, "end_minute": 0, "crews": [[]], "anchor": "2026-11-23"}
_STEPS = [{"after_s": 0, "parties": ["centre"], "repeat_every_s": 600, "repeat_times": 6}]
_POLICY = {"priority": "high", "days": "workday", "steps": _STEPS, "ack_stands_s": 300}
BODIES: dict[str, dict[str, Any]] = {
    "POST /api/v1/tokens": {"label": "x"},
    "POST /api/v1/alerts/{alert_id}/acknowledge": {},
    "POST /api/v1/alerts/{alert_id}/on-the-way": {},
    "POST /api/v1/alerts/{alert_id}/on-scene": {},
    "POST /api/v1/alerts/{alert_id}/comment": {"text": "x"},
    "POST /api/v1/alerts/{alert_id}/close": {"outcome": "true", "note": "x"},
    "POST /api/v1/alerts/{alert_id}/reopen": {},
    "POST /api/v1/alerts/{alert_id}/practice": {"practice": "drill"},
    "POST /api/v1/alerts/{alert_id}/merge": {"into": "al-M"},
    "POST /api/v1/alerts/{alert_id}/offer": {"to": "u-nobody"},
    "POST /api/v1/alerts/{alert_id}/calls": {"to": "x", "result": "reached"},
    "POST /api/v1/alerts/bulk": {"alert_ids": ["al-A"], "step": "acknowledge"},
    "POST /api/v1/alerts/{alert_id}/steps": {"step": "on_scene", "key": "matrix-key"},
    "POST /api/v1/residents/{resident_id}/messages": {"text": "x", "key": "matrix-key"},
    "POST /api/v1/residents/{resident_id}/messages/read": {"message_id": 1},
    "POST /api/v1/residents/{resident_id}/requests": {"kind": "meal", "key": "matrix-key"},
    "POST /api/v1/requests/{request_id}/done": {"outcome": "x"},
    "POST /api/v1/requests/{request_id}/cancel": {"outcome": "x"},
    "POST /api/v1/residents/{resident_id}/family-words": {"what": "here", "key": "matrix-key"},
    "POST /api/v1/residents/{resident_id}/sheet-links": {},
    "POST /api/v1/residents": {"name": "x", "centre_id": "a"},
    "PATCH /api/v1/residents/{resident_id}": {"phone": "13800138000"},
    "POST /api/v1/residents/{resident_id}/consents": {
        "purpose": "location",
        "text_version": "1",
        "given_by": "x",
        "given_on": "2026-11-01",
    },
    "POST /api/v1/residents/{resident_id}/consents/{consent_id}/withdraw": {"withdrawn_by": "x"},
    "POST /api/v1/residents/{resident_id}/move": {},
    "POST /api/v1/residents/{resident_id}/family": {"name": "x", "phone": "13900139000"},
    "PUT /api/v1/residents/{resident_id}/family": {"user_ids": []},
    "POST /api/v1/residents/{resident_id}/end": {"reason": "moved_away", "on_date": "2026-11-01"},
    "POST /api/v1/residents/{resident_id}/resume": {},
    "POST /api/v1/places": {"centre_id": "a", "kind": "building", "name": "x"},
    "PATCH /api/v1/places/{place_id}": {"name": "y"},
    "POST /api/v1/residents/{resident_id}/limits": {
        "name": "heart_rate_high.high_bpm",
        "value": 140,
        "reason": "x",
    },
    "POST /api/v1/quarantine/{stranger_id}/adopt": {},
    "POST /api/v1/unassigned/{reading_id}/assign": {"resident_id": "r-A"},
    "POST /api/v1/devices": {"id": "w-new"},
    "POST /api/v1/devices/{device_id}/bind": {"resident_id": "of the side"},
    "POST /api/v1/claims": {"code": "ABCD-2345", "resident_id": "r-A"},
    "POST /api/v1/products": {"id": "pr-new", "name": "x", "vendor": "x"},
    "PATCH /api/v1/products/{product_id}": {"name": "y"},
    "PUT /api/v1/products/{product_id}/poll": {"account": "a", "secret": "s"},
    "PATCH /api/v1/devices/{device_id}": {"room": "kitchen"},
    "POST /api/v1/devices/{device_id}/commands": {"name": "locate"},
    "POST /api/v1/centres": {"name": "x"},
    "PATCH /api/v1/centres/{centre_id}": {"time_zone": "Europe/Berlin"},
    "POST /api/v1/teams": {"name": "x"},
    "POST /api/v1/contacts": {
        "owner_kind": "centre",
        "owner_id": "a",
        "channel": "webhook",
        "address": "https://x.example/",
    },
    "POST /api/v1/policies": {**_POLICY, "name": "new"},
    "PUT /api/v1/policies/{policy_id}": {**_POLICY, "name": "x", "based_on": 1},
    "POST /api/v1/policies/preview": {"resident_id": "r-A"},
    "POST /api/v1/users": {"login": "new", "name": "x", "role": "desk", "centre_id": "a"},
    "PATCH /api/v1/users/{user_id}": {"name": "x", "role": "family"},
    "PATCH /api/v1/teams/{team_id}": {"name": "x"},
    "POST /api/v1/organisations": {"name": "x"},
    "PATCH /api/v1/organisations/{place_id}": {"name": "x"},
    "PATCH /api/v1/contacts/{contact_id}": {"min_priority": "high"},
    "POST /api/v1/users/{user_id}/residents": {"resident_id": "r-O"},
    "PUT /api/v1/rotas/{rota_id}": {"time_zone": "Asia/Shanghai"},
    "POST /api/v1/rotas/{rota_id}/shifts": SHIFT,
    "PUT /api/v1/rotas/{rota_id}/shifts/{shift_id}": SHIFT,
    "POST /api/v1/rotas/{rota_id}/days": {"shift_id": "sh-A", "day": "2026-11-23", "crew": []},
    "POST /api/v1/rotas/{rota_id}/notes": {"text": "x"},
    "POST /api/v1/me/browsers": {
        "endpoint": "https://fcm.googleapis.com/fcm/send/x",
        "keys": {
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        },
    },
    "POST /api/v1/me/password": {"present": "quiet-river-78", "new": "quiet-river-77"},
}
FORMS: dict[str, dict[str, Any]] = {
    "POST /bench": {"codec": "open_json", "payload": "{}"},
    "POST /admin/quarantine/{stranger_id}/adopt": {},
    "POST /admin/unassigned/{reading_id}/assign": {"resident_id": "r-A"},
    "POST /devices/new": {"id": "w-newer"},
    "POST /devices/{device_id}/bind": {"to_resident": "of the side"},
    "POST /claim": {"code": "ABCD-2345", "resident_id": "r-A"},
    "POST /admin/products/new": {"id": "pr-newer", "name": "x", "vendor": "x"},
    "POST /admin/products/{product_id}": {"name": "y"},
    "POST /admin/products/{product_id}/poll": {"account": "a", "secret": "s"},
    "POST /devices/{device_id}/commands": {"name": "locate"},
    "POST /devices/{device_id}": {"room": "kitchen"},
    "POST /residents/{resident_id}/limits": {"name": "heart_rate_high.high_bpm", "value": "140", "reason": "x"},
    "POST /admin/detectors": {"name": "sos", "step": "switch", "why": "x"},
    "POST /admin/start/drill": {"resident_id": "r-A"},
    "POST /admin/users": {"login": "newer", "name": "x", "role": "desk", "centre_id": "a", "language": "zh-CN"},
    "POST /admin/users/{user_id}": {"name": "x"},
    "POST /admin/places/organisation": {"name": "x"},
    "POST /admin/places/centre": {"name": "x"},
    "POST /admin/places/team": {"name": "x"},
    "POST /admin/places/organisation/{place_id}": {"name": "x"},
    "POST /admin/places/centre/{place_id}": {"name": "x"},
    "POST /admin/places/team/{place_id}": {"name": "x"},
    "POST /admin/contacts": {"owner": "centre:a", "channel": "webhook", "address": "https://x.example/"},
    "POST /admin/contacts/{contact_id}/change": {"min_priority": "high"},
    "POST /admin/users/{user_id}/link": {"subject": "x"},
    "POST /account/language": {"language": "en"},
    "POST /account/contacts": {"channel": "webhook", "address": "https://x.example/"},
    "POST /account/tokens": {"label": "x"},
    "POST /account/password": {"present": PASSWORD, "password": "quiet-river-78", "again": "quiet-river-78"},
}
"""What is sent to pages: they take no notice of fields that they do not know."""
_QUANTITIES = {"observations": "heart_rate", "buckets": "heart_rate", "waveforms": "ecg", "chart.json": "heart_rate"}
LISTS = ("alerts", "residents", "devices", "latest", "users", "audit")


class Asked(NamedTuple):
    """One request, and the route that it belongs to."""

    route: str
    row: Row
    side: str
    method: str
    url: str
    params: dict[str, str]
    body: dict[str, Any] | None

    @property
    def told(self) -> str:
        """Say what it is, in a failure."""
        return f"{self.method} {self.url} {self.params or ''} {self.body or ''}"


def _asked(
    route: str,
    side: str = "",
    *,
    params: dict[str, str] | None = None,
    more: Mapping[str, object] | None = None,
    limit_of: str = "",
) -> Asked:
    row = ORACLE[route]
    method, _, path = route.partition(" ")
    url = path
    if side:
        url = re.sub(r"\{(\w+)_id\}", object_id(row.about, side), url, count=1)
    url = url.replace("{part}", "bed").replace("{what}", "residents").replace("{form}", "csv")
    url = url.replace("{consent_id}", f"g-{side}").replace("{user_id}", f"u-spare-{side}")
    for name, prefix in (("shift", "sh"), ("note", "ho")):
        url = url.replace(f"{{{name}_id}}", f"{prefix}-{side}")
    url = url.replace("{link_id}", f"sl-{side}")
    url = re.sub(r"\{limit_id\}", f"l-{limit_of or side}", re.sub(r"\{resident_id\}", "r-A", url))
    last = path.rpartition("/")[2]
    usual = {"quantity": _QUANTITIES[last]} if last in _QUANTITIES else {}
    usual |= {"q": "x"} if last == "regions" else {}
    body = BODIES.get(route, FORMS.get(route))
    if route == "PUT /api/v1/policies/{policy_id}":
        body = {**BODIES[route], "organisation_id": side.lower()}
    if body and "of the side" in body.values():
        body = {name: f"r-{side}" if value == "of the side" else value for name, value in body.items()}
    if body and "shift_id" in body:
        body = body | {"shift_id": f"sh-{side}"}
    if "/unassigned/" in route and body:
        body = body | {"resident_id": f"r-{side}"}
    return Asked(
        route, row, side, method, url, {**usual, **(params or {})}, None if body is None else {**body, **(more or {})}
    )


def sides(row: Row) -> str:
    """Return whose thing a route is asked of."""
    if row.about in {"centre", "team", "organisation", "rota", "place", "policy", "product"}:
        return "ABM"
    return "ABOM" if row.about else ""


def grid() -> Iterator[Asked]:
    """Ask every route of every side's thing; those that end something come last in the table, and here."""
    for route, row in ORACLE.items():
        for side in sides(row) or ("",):
            yield _asked(route, side)


def filters() -> Iterator[Asked]:
    """Ask the lists for what belongs to others, by every field that they can be narrowed with."""
    for side in "ABOM":
        place, resident = side.lower(), object_id("resident", side)
        for name, value in (("resident_id", resident), ("centre_id", place), ("team_id", place), ("kind", "fall")):
            yield _asked("GET /api/v1/alerts", params={name: value})
        yield _asked("GET /api/v1/alerts", params={"resident_id": resident, "order": "queue", "open": "true"})
        for name, value in (("name", canaries(side)[0]), ("centre_id", place), ("team_id", place)):
            yield _asked("GET /api/v1/residents", params={name: value})
        yield _asked("GET /api/v1/devices", params={"enabled": "true"})
        yield _asked("GET /api/v1/audit", params={"resident_id": resident})
        yield _asked("GET /api/v1/audit", params={"user_id": object_id("user", side)})
        yield _asked("GET /residents", params={"name": canaries(side)[0]})
        yield _asked("GET /residents", params={"q": canaries(side)[0]})


class Named(NamedTuple):
    """One request that names a thing besides the one in its path, and whose that thing is."""

    asked: Asked
    what: str
    of: str


def named() -> Iterator[Named]:
    """Name others' things in what is sent: whom a device is given to, behind what, whose token, whose limit."""
    for of in "ABOM":
        resident, gateway, user = (object_id(about, of) for about in ("resident", "device", "user"))
        for side in "AB":
            given = {"resident_id": resident}
            yield Named(_asked("PATCH /api/v1/devices/{device_id}", side, more=given), "resident", of)
            if of not in {side, "M"}:
                limit = _asked("DELETE /api/v1/residents/{resident_id}/limits/{limit_id}", side, limit_of=of)
                yield Named(limit, "limit", of)
        child = {"id": f"w-child-{of}", "parent_id": gateway, "child_name": "button"}
        yield Named(_asked("POST /api/v1/devices", more=child), "gateway", of)
        new = {"id": f"w-new-{of}", "resident_id": resident}
        yield Named(_asked("POST /api/v1/devices", more=new), "resident", of)
        yield Named(_asked("POST /api/v1/tokens", more={"user_id": user}), "user", of)


CURSORS = (
    "x",
    encode_cursor("r-A"),
    encode_cursor(3, 0, ""),
    encode_cursor(2**63),
    encode_cursor(2**80, "x"),
    encode_cursor("\ud800"),
    encode_cursor("a\0b"),
    "W1tbW1tbW10=",
)


def cursors() -> Iterator[Asked]:
    """Ask every list for a page that it never gave out."""
    for name in LISTS:
        for cursor in CURSORS:
            yield _asked(f"GET /api/v1/{name}", params={"cursor": cursor})


NUMBERS = ("-1", "201", "9223372036854775808", "1e999", "NaN", "99999999999999999999999")


def numbers() -> Iterator[Asked]:
    """Ask with numbers and times at the edge and beyond."""
    for number in NUMBERS:
        for name in (*LISTS, "alerts/stream"):
            field = "after" if name == "alerts/stream" else "limit"
            yield _asked(f"GET /api/v1/{name}", params={field: number})
        yield _asked("GET /api/v1/residents/{resident_id}/buckets", "A", params={"bucket_s": number})
        yield _asked("GET /api/v1/residents/{resident_id}/observations", "A", params={"limit": number})
        yield _asked("GET /api/v1/alerts", params={"min_priority": number})
    for time in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026", "1e9", "2026-11-23T00:00:00+99:00"):
        for route in ("alerts", "audit", "alarm-budget"):
            yield _asked(f"GET /api/v1/{route}", params={"since": time})
            yield _asked(f"GET /api/v1/{route}", params={"until": time})


NOT_OFFERED = {
    "role": "admin",
    "csrf": "x",
    "actor": "u-admin",
    "__class__": "x",
    "purpose": "session",
}


def mass() -> Iterator[Asked]:
    """Send fields that are not offered, one at a time, with what is."""
    for route, body in BODIES.items():
        side = "A" if ORACLE[route].about else ""
        for name, value in NOT_OFFERED.items():
            if name not in body:
                yield _asked(route, side, more={name: value})
