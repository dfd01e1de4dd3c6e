"""What stands around one alert: the resident's other open ones, the devices that can be asked, what they were asked."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from alerts.episodes.undoing import REOPEN_WITHIN_MS, is_call_for_help, may_reopen
from alerts.tables import Alert
from anhu.contract.clock import HOUR_MS
from anhu.registry.tables import Device, DeviceCommand
from api.schemas.alerts import PRIORITY_WORDS, PriorityWord
from api.visit import AlertVisit

_ASKED_WITHIN_MS = HOUR_MS
_MOST = 10


class OtherAlert(NamedTuple):
    """Another open alert of the same resident.

    Attributes
    ----------
    takes, goes : bool
        Whether the visited alert may close into it, and it into the visited one.
    """

    id: str
    kind: str
    priority: PriorityWord
    started_at_ms: int
    takes: bool
    goes: bool


class Asked(NamedTuple):
    """What a device was asked. [ms]."""

    device_id: str
    name: str
    quantity: str
    created_at_ms: int
    delivered_at_ms: int | None
    expires_at_ms: int
    answered_at_ms: int | None = None
    failed_at_ms: int | None = None


class Around(NamedTuple):
    """What stands around one alert.

    Attributes
    ----------
    reopen_until_ms : int or None
        Until when a close can be taken back; None: it cannot. [ms]
    devices : list of (str, str)
        Identity and model of the resident's devices that may be asked something, the alert's own first.
    """

    others: list[OtherAlert]
    devices: list[tuple[str, str]]
    asked: list[Asked]
    reopen_until_ms: int | None


def around_of(visit: AlertVisit) -> Around:
    """Return what stands around the visited alert."""
    alert, session = visit.alert, visit.session
    others = session.scalars(
        select(Alert).where(Alert.resident_id == visit.resident_id, Alert.is_open, Alert.id != alert.id)
    ).all()
    mine = Device.resident_id == visit.resident_id
    own_first = (Device.id == alert.device_id).desc()
    devices = session.execute(
        select(Device.id, Device.model).where(mine, Device.enabled).order_by(own_first, Device.id).limit(_MOST)
    ).all()
    asked = session.scalars(
        select(DeviceCommand)
        .join(Device, Device.id == DeviceCommand.device_id)
        .where(mine, DeviceCommand.created_at_ms >= min(alert.started_at_ms, visit.now_ms - _ASKED_WITHIN_MS))
        .order_by(DeviceCommand.created_at_ms.desc(), DeviceCommand.id)
        .limit(_MOST)
    ).all()
    until_ms = (alert.closed_at_ms or 0) + REOPEN_WITHIN_MS if may_reopen(alert, visit.now_ms) else None
    return Around(
        others=[_other(alert, one) for one in sorted(others, key=lambda one: (-one.priority, one.started_at_ms))],
        devices=[(row[0], row[1]) for row in devices],
        asked=[_asked(one) for one in asked],
        reopen_until_ms=until_ms,
    )


def _other(alert: Alert, one: Alert) -> OtherAlert:
    return OtherAlert(
        one.id,
        one.kind,
        PRIORITY_WORDS[one.priority],
        one.started_at_ms,
        takes=alert.is_open and _covers(one, alert),
        goes=alert.is_open and _covers(alert, one),
    )


def _covers(one: Alert, other: Alert) -> bool:
    """Tell whether the other may end under this one."""
    help_ = is_call_for_help(one.kind, one.priority) or not is_call_for_help(other.kind, other.priority)
    return one.priority >= other.priority and help_


def _asked(command: DeviceCommand) -> Asked:
    return Asked(
        device_id=command.device_id,
        name=command.name,
        quantity=str(command.arguments.get("quantity", "")),
        created_at_ms=command.created_at_ms,
        delivered_at_ms=command.delivered_at_ms,
        expires_at_ms=command.expires_at_ms,
        answered_at_ms=command.answered_at_ms,
        failed_at_ms=command.failed_at_ms,
    )
