"""What the hub leads to, one line an entry; and where each gap is mended. A new area adds its line here."""

from __future__ import annotations

from typing import NamedTuple

from api.security.roles import Permission, Viewer

_ADMINISTER = frozenset({Permission.ADMINISTER})
_PEOPLE = frozenset({Permission.ADMINISTER, Permission.MANAGE_PEOPLE})
_STAFF = frozenset({Permission.READ_PLATFORM})
GROUPS = ("people", "alarms", "devices", "system")


class Entry(NamedTuple):
    """One area of administration.

    Attributes
    ----------
    name : str
        Its words are ``web.hub_entry.<name>`` and ``web.hub_entry.<name>_what``.
    group : str
        One of `GROUPS`.
    permissions : frozenset of Permission
        Any of them opens it.
    in_menu : bool
        Stands in the menu of who has room for it.
    """

    name: str
    group: str
    path: str
    permissions: frozenset[Permission]
    in_menu: bool = False


ENTRIES = (
    Entry("start", "people", "/admin/start", _ADMINISTER),
    Entry("places", "people", "/admin/places", _PEOPLE),
    Entry("residents", "people", "/admin/residents", _PEOPLE),
    Entry("beds", "people", "/admin/beds", _PEOPLE),
    Entry("import", "people", "/admin/import", _ADMINISTER),
    Entry("users", "people", "/admin/users", _PEOPLE),
    Entry("contacts", "alarms", "/admin/contacts", _PEOPLE),
    Entry("policies", "alarms", "/admin/policies", _PEOPLE),
    Entry("detectors", "alarms", "/admin/detectors", _PEOPLE),
    Entry("figures", "alarms", "/figures", _STAFF),
    Entry("budget", "alarms", "/budget", _STAFF),
    Entry(
        "devices", "devices", "/devices", frozenset({Permission.COMMAND_DEVICES, Permission.PROVISION}), in_menu=True
    ),
    Entry("claim", "devices", "/claim", frozenset({Permission.BIND_DEVICES})),
    Entry("products", "devices", "/admin/products", frozenset({Permission.MANAGE_PRODUCTS}), in_menu=True),
    Entry("quarantine", "devices", "/admin/quarantine", frozenset({Permission.MANAGE_PRODUCTS}), in_menu=True),
    Entry("unassigned", "devices", "/admin/unassigned", frozenset({Permission.RESPOND})),
    Entry("bench", "devices", "/bench", frozenset({Permission.MANAGE_PRODUCTS}), in_menu=True),
    Entry("deliveries", "devices", "/deliveries", frozenset({Permission.READ_REFUSALS}), in_menu=True),
    Entry("refusals", "devices", "/refusals", frozenset({Permission.READ_REFUSALS}), in_menu=True),
    Entry("api", "devices", "/docs", frozenset({Permission.PROVISION}), in_menu=True),
    Entry("platform", "system", "/platform", _STAFF),
    Entry("audit", "system", "/admin/audit", _ADMINISTER),
)

_RESIDENT, _USER, _CONTACT = "/admin/residents/{id}", "/admin/users/{id}", "/admin/contacts/{id}"
MENDED_AT = {
    "resident_no_centre": _RESIDENT,
    "resident_untold": "/admin/contacts?owner=resident:{id}",
    "resident_no_team": _RESIDENT,
    "resident_no_device": "/devices/new?resident_id={id}",
    "desk_sees_nobody": _USER,
    "team_sees_nobody": _USER,
    "vendor_sees_nobody": _USER,
    "family_no_resident": _USER,
    "centre_no_desk": "/admin/users/new?role=desk&centre_id={id}",
    "team_no_member": "/admin/users/new?role=team&team_id={id}",
    "device_no_resident": "/devices/{id}",
    "contact_never": _CONTACT,
    "contact_no_owner": _CONTACT,
    "rota_gap": "/rota?owner={id}",
    "rota_days_unknown": "/rota?owner={id}",
}
"""Kind of gap -> the page on which it is mended, for one that it concerns."""


def entries_for(viewer: Viewer) -> dict[str, list[Entry]]:
    """Return group -> what the viewer may open; groups of which nothing is open are left out."""
    may_open = [one for one in ENTRIES if any(viewer.may(permission) for permission in one.permissions)]
    groups = {group: [one for one in may_open if one.group == group] for group in GROUPS}
    return {group: found for group, found in groups.items() if found}


def mended_at(kind: str, row_id: str) -> str:
    """Return the page on which a gap is mended; empty when there is none."""
    return MENDED_AT.get(kind, "").format(id=row_id)
