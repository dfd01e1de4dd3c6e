"""Seal what strangers say, tell calls of nobody apart, and let somebody say that a sensor is none of ours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_SEALED = ("quarantined_message", "unassigned_reading")


def upgrade() -> None:
    """Leave what is there unsealed: it is readable still, and gone within weeks."""
    for table in _SEALED:
        op.add_column(table, sa.Column("sealed", sa.Boolean(), server_default=sa.false(), nullable=False))
    for column in ("is_call", "ignored"):
        op.add_column("unassigned_reading", sa.Column(column, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("nobodys_call", sa.Column("what", sa.String(16), server_default="", nullable=False))


def downgrade() -> None:
    """Let go of what is sealed: an older version would take it for what was said."""
    for table in _SEALED:
        op.execute(sa.delete(sa.table(table, sa.column("sealed", sa.Boolean()))).where(sa.column("sealed")))
    op.drop_column("nobodys_call", "what")
    for column in ("ignored", "is_call"):
        op.drop_column("unassigned_reading", column)
    for table in _SEALED:
        op.drop_column(table, "sealed")
