"""``anhu admin edge-devices``: the list of a home's devices, for the edge gateway that stands there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from anhu.contract import relay
from anhu.contract.errors import FieldError
from anhu.registry.rows import existing
from anhu.registry.tables import Device
from app.cli.one_transaction import one_transaction
from app.cli.options import data_option
from gateway.edge.device_list import FORMAT, DeviceList, ListedDevice


@click.command(name="edge-devices")
@data_option
@click.argument("edge")
def edge_devices(data: Path | None, edge: str) -> None:
    """Print the devices behind EDGE; put it beside `anhu edge` as a file. A new file counts within a second.

    It holds digests of the devices' secrets, and no resident's name.
    """
    with one_transaction(data) as (session, _):
        found = msgspec.json.encode(listed(session, edge))
    click.echo(msgspec.json.format(found, indent=1).decode())


def listed(session: Session, edge: str) -> DeviceList:
    """Return the devices behind an edge gateway. Raises `MissingRowError`, `FieldError`."""
    row = existing(session, Device, edge)
    if row.codec != relay.CODEC:
        raise FieldError("edge", edge, f"a device enrolled with --codec {relay.CODEC}, not {row.codec}")
    return DeviceList(format=FORMAT, edge=edge, devices=list(_behind(session, edge)))


def _behind(session: Session, edge: str) -> Iterator[ListedDevice]:
    gateways = select(Device.id).where(Device.parent_id == edge)
    behind = or_(Device.parent_id == edge, Device.parent_id.in_(gateways))
    for row in session.scalars(select(Device).where(behind).order_by(Device.id)):
        yield ListedDevice(
            id=row.id,
            codec=row.codec,
            secret_sha256=row.secret_sha256.hex(),
            parent_id=row.parent_id if row.parent_id and row.parent_id != edge else "",
            child_name=row.child_name,
            report_period_s=row.report_period_s,
            enabled=row.enabled,
            label=" ".join(filter(None, (row.room, row.model))),
        )
