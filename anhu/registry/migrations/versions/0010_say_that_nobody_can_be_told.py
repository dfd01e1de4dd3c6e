"""Say of an alert since when nobody can be told of it, and keep calls of devices that no resident has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the state; an alert that is open now enters it when its next message fails."""
    op.add_column("alert", sa.Column("untold_since_ms", sa.BigInteger(), nullable=True))
    op.add_column("alert", sa.Column("untold_again_ms", sa.BigInteger(), nullable=True))
    op.add_column("alert", sa.Column("untold_why", sa.JSON(), nullable=True))
    op.create_index("ix_alert_untold_again_ms", "alert", ["untold_again_ms"], unique=False)
    op.create_table(
        "nobodys_call",
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("told_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_nobodys_call")),
    )
    op.create_index("ix_nobodys_call_at_ms", "nobodys_call", ["at_ms"], unique=False)


def downgrade() -> None:
    """Forget the state."""
    op.drop_table("nobodys_call")
    op.drop_index("ix_alert_untold_again_ms", "alert")
    for column in ("untold_since_ms", "untold_again_ms", "untold_why"):
        op.drop_column("alert", column)
