"""Let no two sensors of a gateway be one, and none be nobody's while its gateway is somebody's.

Names are kept in one spelling (Unicode NFC). Of sensors that have one name behind one gateway, the one that was
enrolled last keeps it: it is what the name meant; the others get their identity behind it, and are heard of as silent.
"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_MOST_CHARS = 100
_DEVICE = sa.table(
    "device",
    sa.column("id", sa.String()),
    sa.column("parent_id", sa.String()),
    sa.column("child_name", sa.String()),
    sa.column("resident_id", sa.String()),
    sa.column("enabled", sa.Boolean()),
    sa.column("enrolled_at_ms", sa.BigInteger()),
)


def upgrade() -> None:
    """Spell every name in one way, give each sensor a name of its own, and its gateway's resident."""
    connection = op.get_bind()
    behind = sa.select(_DEVICE).where(_DEVICE.c.parent_id.is_not(None))
    taken: set[tuple[str, str]] = set()
    for row in connection.execute(behind.order_by(_DEVICE.c.enrolled_at_ms.desc(), _DEVICE.c.id)).all():
        name = unicodedata.normalize("NFC", row.child_name)
        if row.enabled and name and (row.parent_id, name) in taken:
            name = f"{name[: _MOST_CHARS - len(row.id) - 3]} ({row.id})"
        if row.enabled and name:
            taken.add((row.parent_id, name))
        if name != row.child_name:
            connection.execute(_DEVICE.update().where(_DEVICE.c.id == row.id).values(child_name=name))
    gateway = _DEVICE.alias("gateway")
    of_gateway = sa.select(gateway.c.resident_id).where(gateway.c.id == _DEVICE.c.parent_id).scalar_subquery()
    nobodys = _DEVICE.update().where(_DEVICE.c.parent_id.is_not(None), _DEVICE.c.resident_id.is_(None))
    connection.execute(nobodys.values(resident_id=of_gateway))


def downgrade() -> None:
    """Leave the names and residents: what was before reads them as well."""
