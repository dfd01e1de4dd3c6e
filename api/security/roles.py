"""Which role may do what: the one table, read by `require`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from anhu.registry.roles import Role, Scope
from api.errors import ForbiddenError


class Permission(StrEnum):
    """What can be allowed."""

    READ_HEALTH = "read_health"
    """Residents, observations, alerts."""
    RESPOND = "respond"
    """Acknowledge, go, close, comment."""
    TAKE_PART = "take_part"
    """Write messages, ask for services: relatives too."""
    SET_LIMITS = "set_limits"
    """Per-resident limits: a clinical decision."""
    READ_DEVICES = "read_devices"
    """Devices, without what they measured."""
    READ_REFUSALS = "read_refusals"
    """What devices sent and was refused: the bytes may hold what they measured."""
    COMMAND_DEVICES = "command_devices"
    """Ask a device for something: measure, locate, are you well?"""
    PROVISION = "provision"
    """Register, rotate and revoke devices: also a lead's business, at the own desk."""
    BIND_DEVICES = "bind_devices"
    """Say whose a device is, or at which bed it stands; take a new one by the code on its box."""
    MANAGE_PRODUCTS = "manage_products"
    """What a vendor makes, which codec it speaks, the key that its cloud signs with."""
    ADMINISTER = "administer"
    """Residents' records, centres, teams, users, contacts, audit."""
    MANAGE_PEOPLE = "manage_people"
    """Residents, members and their rota of one's own centre or team: a lead's business, and an administrator's."""
    READ_PLATFORM = "read_platform"
    """State of the platform's parts."""


_ALL = frozenset(Permission)
ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: _ALL,
    Role.TEAM: frozenset(
        {
            Permission.READ_HEALTH,
            Permission.RESPOND,
            Permission.TAKE_PART,
            Permission.SET_LIMITS,
            Permission.READ_DEVICES,
            Permission.READ_REFUSALS,
            Permission.COMMAND_DEVICES,
            Permission.BIND_DEVICES,
            Permission.READ_PLATFORM,
        }
    ),
    Role.DESK: frozenset(
        {
            Permission.READ_HEALTH,
            Permission.RESPOND,
            Permission.TAKE_PART,
            Permission.READ_DEVICES,
            Permission.READ_REFUSALS,
            Permission.COMMAND_DEVICES,
            Permission.BIND_DEVICES,
            Permission.READ_PLATFORM,
        }
    ),
    Role.FAMILY: frozenset({Permission.READ_HEALTH, Permission.TAKE_PART, Permission.READ_DEVICES}),
    Role.VENDOR: frozenset(
        {Permission.READ_DEVICES, Permission.READ_REFUSALS, Permission.PROVISION, Permission.MANAGE_PRODUCTS}
    ),
}


_SCOPE_OF = {
    Permission.READ_HEALTH: Scope.READ,
    Permission.READ_DEVICES: Scope.READ,
    Permission.READ_REFUSALS: Scope.READ,
    Permission.READ_PLATFORM: Scope.READ,
    Permission.RESPOND: Scope.RESPOND,
    Permission.TAKE_PART: Scope.RESPOND,
    Permission.SET_LIMITS: Scope.RESPOND,
    Permission.COMMAND_DEVICES: Scope.RESPOND,
    Permission.PROVISION: Scope.PROVISION,
    Permission.BIND_DEVICES: Scope.RESPOND,
    Permission.MANAGE_PRODUCTS: Scope.PROVISION,
    Permission.ADMINISTER: Scope.ADMINISTER,
    Permission.MANAGE_PEOPLE: Scope.ADMINISTER,
}
_OF_LEADS = {
    Role.DESK: frozenset({Permission.MANAGE_PEOPLE, Permission.PROVISION}),
    Role.TEAM: frozenset({Permission.MANAGE_PEOPLE}),
}
"""What a lead may do besides what the role allows."""
ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who is asking: taken from a session or a token, never from what the request says about itself.

    Attributes
    ----------
    csrf : str
        What a write with the session cookie must repeat; empty for a bearer token, which no page can send.
    address : str
        Where the request came from; kept in the audit.
    scopes : frozenset of Scope
        What the token may be used for; a session may be used for all.
    must_change_password : bool
        Logged in with a one-time password: until it is changed nothing else is open.
    gone_browsers : tuple of str
        Browsers that were to be told and take no messages any more; read with the session, every page says it.
    """

    user_id: str
    login: str
    name: str
    role: Role
    centre_id: str = ""
    team_id: str = ""
    vendor: str = ""
    language: str = "zh-CN"
    is_lead: bool = False
    must_change_password: bool = False
    csrf: str = ""
    address: str = ""
    scopes: frozenset[Scope] = ALL_SCOPES
    gone_browsers: tuple[str, ...] = ()

    def may(self, permission: Permission) -> bool:
        """Tell whether the role allows it, and the token is for it."""
        return self._is_allowed(permission) and _SCOPE_OF[permission] in self.scopes

    def lacks_scope(self, permission: Permission) -> bool:
        """Tell whether only the token stands in the way."""
        return self._is_allowed(permission) and not self.may(permission)

    def _is_allowed(self, permission: Permission) -> bool:
        return permission in ALLOWED[self.role] or (self.is_lead and permission in _OF_LEADS.get(self.role, ()))


def require(viewer: Viewer, permission: Permission) -> None:
    """Raise `ForbiddenError` unless the viewer's role allows it, and the token is for it."""
    if not viewer.may(permission):
        if viewer.lacks_scope(permission):
            raise ForbiddenError(f"this token is not for it: scope {_SCOPE_OF[permission]} is missing")
        raise ForbiddenError(f"role {viewer.role} may not {permission.value.replace('_', ' ')}")


def require_session(viewer: Viewer) -> None:
    """Raise `ForbiddenError` for a token: what gives lasting access needs somebody who logged in."""
    if not viewer.csrf:
        raise ForbiddenError("an API token may not do this: log in")
