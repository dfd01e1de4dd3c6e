"""Who may see whom: the one place that decides. What is not visible does not exist for the caller.

Every service that touches residents, their devices or their alerts filters with these; a test reads the services'
source and fails for one that does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Exists, and_, exists, false, not_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from alerts.tables import Alert
from anhu.registry.consents import Purpose
from anhu.registry.heartbeat import not_own
from anhu.registry.people_tables import Consent, Place
from anhu.registry.product_tables import Product
from anhu.registry.quarantine_tables import QuarantinedDevice, UnassignedReading
from anhu.registry.roles import Role
from anhu.registry.tables import Centre, Device, FamilyLink, Resident, Team
from api.errors import NotFoundError
from api.security.roles import Permission, Viewer, require


def visible_residents(viewer: Viewer, of: type[Resident] = Resident) -> ColumnElement[bool]:
    """Return the condition on `Resident` rows, or on an alias of them, that the viewer may see."""
    if viewer.role is Role.ADMIN:
        return not_own(of.id)
    if viewer.role is Role.DESK and viewer.centre_id:
        return of.centre_id == viewer.centre_id
    if viewer.role is Role.TEAM and viewer.team_id:
        return of.team_id == viewer.team_id
    if viewer.role is Role.FAMILY:
        linked = select(FamilyLink.resident_id).where(FamilyLink.user_id == viewer.user_id)
        return and_(of.id.in_(linked), not_(_is_not_for_family(of)))
    return false()


def sees_resident(viewer: Viewer, resident_id: ColumnElement[str | None] | InstrumentedAttribute[Any]) -> Exists:
    """Return the condition that the resident whom a column names is one that the viewer may see.

    It is asked row by row: whoever sees half a city must not have half a city gone through for one row.
    """
    one = aliased(Resident)
    return exists().where(one.id == resident_id, visible_residents(viewer, one))


def _is_not_for_family(of: type[Resident]) -> Exists:
    """Return whether the consent that relatives see a resident was withdrawn, and not given again."""
    given, withdrawn = aliased(Consent), aliased(Consent)
    # Beside the withdrawn row, not the resident's: a query two levels up is not found from in here, and the consent of
    # anybody at all would count as hers.
    again = exists().where(
        given.resident_id == withdrawn.resident_id,
        given.purpose == Purpose.FAMILY,
        given.withdrawn_at_ms.is_(None),
    )
    return exists().where(
        withdrawn.resident_id == of.id,
        withdrawn.purpose == Purpose.FAMILY,
        withdrawn.withdrawn_at_ms.is_not(None),
        not_(again),
    )


def visible_alerts(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on `Alert` rows that the viewer may see."""
    if viewer.role is Role.ADMIN:
        return not_own(Alert.resident_id)
    return sees_resident(viewer, Alert.resident_id)


def visible_figures(viewer: Viewer) -> Callable[[str, str], bool]:
    """Return who tells whether the viewer may see the figures of a centre and a team: of whose alarms he may see."""
    if viewer.role is Role.ADMIN:
        return lambda _centre, _team: True
    if viewer.role is Role.DESK and viewer.centre_id:
        return lambda centre, _team: centre == viewer.centre_id
    if viewer.role is Role.TEAM and viewer.team_id:
        return lambda _centre, team: team == viewer.team_id
    return lambda _centre, _team: False


def visible_devices(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on `Device` rows that the viewer may see: a vendor's own, or visible residents'."""
    if viewer.role is Role.ADMIN:
        return not_own(Device.id)
    if viewer.role is Role.VENDOR:
        return _of_vendor(viewer.vendor) if viewer.vendor else false()
    return sees_resident(viewer, Device.resident_id)


def _of_vendor(vendor: str) -> ColumnElement[bool]:
    """Return the devices of a vendor: those that say so, and of those that say no vendor, those of its products."""
    its_own = select(Product.id).where(Product.vendor == vendor)
    return or_(Device.vendor == vendor, and_(Device.vendor == "", Device.product_id.in_(its_own)))


def visible_products(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on `Product` rows that the viewer may see: a vendor's own, or all."""
    if viewer.role is Role.VENDOR:
        return Product.vendor == viewer.vendor if viewer.vendor else false()
    return true() if viewer.may(Permission.PROVISION) else false()


def visible_places(session: Session, viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on `Place` rows of the viewer's own centre, or of all."""
    if viewer.role is Role.ADMIN:
        return true()
    if viewer.role is Role.DESK and viewer.centre_id:
        return Place.centre_id == viewer.centre_id
    if viewer.role is Role.TEAM and viewer.team_id:
        return Place.centre_id == session.scalar(select(Team.centre_id).where(Team.id == viewer.team_id))
    return false()


def visible_strangers(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on `QuarantinedDevice` rows: a vendor sees those that its own products' cloud brought."""
    if viewer.role is Role.ADMIN:
        return true()
    if viewer.role is Role.VENDOR and viewer.vendor:
        return QuarantinedDevice.product_id.in_(select(Product.id).where(Product.vendor == viewer.vendor))
    return false()


def visible_unassigned(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on `UnassignedReading` rows: of devices of a visible resident, or with one behind them.

    Whoever may see none of those who share a device has no reason to see what a stranger measured with it.
    """
    if viewer.role is Role.ADMIN:
        return true()
    if viewer.role not in (Role.DESK, Role.TEAM):
        return false()
    one, behind = aliased(Device), aliased(Device)
    own = exists().where(one.id == UnassignedReading.device_id, sees_resident(viewer, one.resident_id))
    shared = exists().where(behind.parent_id == UnassignedReading.device_id, sees_resident(viewer, behind.resident_id))
    return or_(own, shared)


def visible_resident(session: Session, viewer: Viewer, resident_id: str) -> Resident:
    """Return a resident, or raise `NotFoundError` for a stranger's as for one that does not exist."""
    found = session.scalar(select(Resident).where(Resident.id == resident_id, visible_residents(viewer)))
    if found is None:
        raise NotFoundError(f"no resident {resident_id!r}")
    return found


def managed_resident(session: Session, viewer: Viewer, resident_id: str) -> Resident:
    """Return a resident whose record the viewer may change. Raises `ForbiddenError`, `NotFoundError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    return visible_resident(session, viewer, resident_id)


def visible_alert(session: Session, viewer: Viewer, alert_id: str) -> Alert:
    """Return an alert, or raise `NotFoundError` for a stranger's as for one that does not exist."""
    found = session.scalar(select(Alert).where(Alert.id == alert_id, visible_alerts(viewer)))
    if found is None:
        raise NotFoundError(f"no alert {alert_id!r}")
    return found


def visible_device(session: Session, viewer: Viewer, device_id: str) -> Device:
    """Return a device, or raise `NotFoundError` for a stranger's as for one that does not exist."""
    found = session.scalar(select(Device).where(Device.id == device_id, visible_devices(viewer)))
    if found is None:
        raise NotFoundError(f"no device {device_id!r}")
    return found


class RotaOwner(NamedTuple):
    """A desk or a team that may have a rota: ``centre:c-1``."""

    kind: str
    id: str
    name: str

    @property
    def key(self) -> str:
        """Return what the API calls it."""
        return f"{self.kind}:{self.id}"


def visible_rota_owners(session: Session, viewer: Viewer) -> list[RotaOwner]:
    """Return whose rotas the viewer may read, the own first: of the own desk or team, and of those beside it."""
    centres: ColumnElement[bool] = true()
    teams: ColumnElement[bool] = true()
    if viewer.role is Role.DESK and viewer.centre_id:
        centres, teams = Centre.id == viewer.centre_id, Team.centre_id == viewer.centre_id
    elif viewer.role is Role.TEAM and viewer.team_id:
        centres = Centre.id.in_(select(Team.centre_id).where(Team.id == viewer.team_id))
        teams = Team.id == viewer.team_id
    elif viewer.role is not Role.ADMIN:
        return []
    found = [
        RotaOwner(kind, row_id, name)
        for kind, table, which in (("centre", Centre, centres), ("team", Team, teams))
        for row_id, name in session.execute(select(table.id, table.name).where(which).order_by(table.name, table.id))
    ]
    return sorted(found, key=lambda one: not is_own_rota(viewer, one))


def visible_rota_owner(session: Session, viewer: Viewer, key: str) -> RotaOwner:
    """Return whose rota it is, or raise `NotFoundError` for a stranger's as for one that does not exist."""
    for one in visible_rota_owners(session, viewer):
        if one.key == key:
            return one
    raise NotFoundError(f"no rota {key!r}")


def is_own_rota(viewer: Viewer, owner: RotaOwner) -> bool:
    """Tell whether the viewer is a member there."""
    own = {(Role.DESK, "centre"): viewer.centre_id, (Role.TEAM, "team"): viewer.team_id}
    return own.get((viewer.role, owner.kind)) == owner.id


def may_edit_rota(viewer: Viewer, owner: RotaOwner) -> bool:
    """Tell whether the viewer looks after a rota: a lead after the own, an administrator after all."""
    is_mine = viewer.role is Role.ADMIN or is_own_rota(viewer, owner)
    return is_mine and viewer.may(Permission.MANAGE_PEOPLE)
