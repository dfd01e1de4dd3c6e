"""Keep the figures of months that are over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No month is kept yet; those of the last quarter are counted at the first opportunity."""
    op.create_table(
        "service_month",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("centre_id", sa.String(64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_month")),
    )
    op.create_index("uq_service_month", "service_month", ["month", "centre_id", "revision"], unique=True)
    op.create_index("ix_alert_started_at_ms", "alert", ["started_at_ms"], unique=False)
    for column in ("centre_id", "team_id"):
        op.add_column("alert", sa.Column(column, sa.String(64), nullable=False, server_default=""))
        present = f"SELECT coalesce(resident.{column}, '') FROM resident WHERE resident.id = alert.resident_id"  # noqa: S608 - our own names
        op.execute(f"UPDATE alert SET {column} = ({present})")  # noqa: S608 - the same


def downgrade() -> None:
    """Forget them."""
    op.drop_index("ix_alert_started_at_ms", "alert")
    for column in ("team_id", "centre_id"):
        op.drop_column("alert", column)
    op.drop_table("service_month")
