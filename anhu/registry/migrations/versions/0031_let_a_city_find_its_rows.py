"""Let what pages and alarms ask of a city be found by an index: alerts in order, messages that wait, phones, names.

Nothing is locked: on PostgreSQL each index is built while rows come in.
"""

from __future__ import annotations

from typing import NamedTuple

from anhu.registry.migrations import online

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_WAITING = "state IN ('pending', 'failed_temporary', 'sending')"


class _Index(NamedTuple):
    name: str
    table: str
    columns: tuple[str, ...]
    where: str = ""


_NEW = (
    _Index("ix_alert_kind", "alert", ("kind", "raised_at_ms")),
    _Index("ix_alert_whose", "alert", ("resident_id", "raised_at_ms")),
    _Index("ix_alert_merged_into", "alert", ("merged_into",), "merged_into <> ''"),
    _Index("ix_alert_answered", "alert", ("response", "raised_at_ms"), "response <> 'closed'"),
    _Index("ix_outbox_waiting", "outbox", ("due_at_ms",), _WAITING),
    _Index("ix_outbox_created_at_ms", "outbox", ("created_at_ms",)),
    _Index("ix_outbox_contact", "outbox", ("contact_id", "id")),
    _Index("ix_contact_address", "contact", ("address",)),
    _Index("ix_resident_name", "resident", ("name", "id")),
    _Index("ix_resident_of_centre", "resident", ("centre_id", "name", "id")),
    _Index("ix_resident_phone", "resident", ("phone",)),
    _Index("ix_device_vendor", "device", ("vendor", "id")),
    _Index("ix_care_message_at_ms", "care_message", ("at_ms",)),
)
_ORDER = "ix_alert_order"
"""In which people work; on PostgreSQL only."""
_OLD = (
    _Index("ix_alert_resident_id", "alert", ("resident_id",)),
    _Index("ix_resident_centre_id", "resident", ("centre_id",)),
)
"""What one of the new ones begins with."""


def upgrade() -> None:
    """Build the new ones, then let go of those that they hold."""
    for one in _NEW:
        online.create_index(one.name, one.table, one.columns, where=one.where)
    online.create_index(_ORDER, "alert", ("priority DESC", "raised_at_ms", "id"), expressions=True)
    for one in _OLD:
        online.drop_index(one.name, one.table)


def downgrade() -> None:
    """Go back."""
    for one in _OLD:
        online.create_index(one.name, one.table, one.columns)
    if online.on_server():
        online.drop_index(_ORDER, "alert")
    for one in _NEW:
        online.drop_index(one.name, one.table)
