"""Give residents and centres a time zone: whoever has none lives by the installation's clock, as everybody did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLES = ("resident", "centre")


def upgrade() -> None:
    """Add the columns, empty."""
    for table in _TABLES:
        op.add_column(table, sa.Column("time_zone", sa.String(64), nullable=False, server_default=""))


def downgrade() -> None:
    """Let everybody live by one clock again."""
    for table in _TABLES:
        op.drop_column(table, "time_zone")
