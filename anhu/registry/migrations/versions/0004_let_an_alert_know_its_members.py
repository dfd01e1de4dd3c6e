"""Let an alert know its members: the devices that report it, since when, and which of them are well again.

Of an alert that is open the device is listed that raised it; who else has reported it since was never kept.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """List whoever raised what is open."""
    op.create_table(
        "alert_member",
        sa.Column("alert_id", sa.String(64), nullable=False),
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("room", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("recovered_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "device_id", "room", name="pk_alert_member"),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_alert_member_alert_id"),
    )
    op.execute(
        "INSERT INTO alert_member"
        " (alert_id, device_id, room, kind, priority, since_ms, last_at_ms, recovered_at_ms, reports)"
        " SELECT id, device_id, '', kind, priority, started_at_ms, last_at_ms,"
        " CASE WHEN condition = 'gone' THEN last_at_ms END, repeats + 1 FROM alert WHERE is_open"
    )
    op.add_column("alert", sa.Column("unlisted", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Forget the members: any device that is well ends an alert again."""
    op.drop_column("alert", "unlisted")
    op.drop_table("alert_member")
