"""Keep who asked something of a device, what it answered, and why it could not be asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Leave open who asked before: nobody wrote it down."""
    op.add_column("device_command", sa.Column("asked_by", sa.String(64), nullable=False, server_default=""))
    op.add_column("device_command", sa.Column("failed_at_ms", sa.BigInteger()))
    op.add_column("device_command", sa.Column("failure", sa.String(200), nullable=False, server_default=""))
    op.add_column("device_command", sa.Column("answered_at_ms", sa.BigInteger()))
    op.add_column("device_command", sa.Column("answer", sa.String(200), nullable=False, server_default=""))
    op.add_column("device_command", sa.Column("silent_told_ms", sa.BigInteger()))


def downgrade() -> None:
    """Forget it; what waits is delivered all the same."""
    for column in ("silent_told_ms", "answer", "answered_at_ms", "failure", "failed_at_ms", "asked_by"):
        op.drop_column("device_command", column)
