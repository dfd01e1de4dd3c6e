"""Keep how vendors' clouds are asked, and what came of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begin with no cloud that is asked."""
    op.add_column("product", sa.Column("poll_address", sa.String(200), nullable=False, server_default=""))
    op.add_column("product", sa.Column("poll_account", sa.String(200), nullable=False, server_default=""))
    op.add_column("product", sa.Column("poll_secret_sealed", sa.LargeBinary(), nullable=False, server_default=""))
    op.add_column("product", sa.Column("poll_period_s", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "poll_state",
        sa.Column("product_id", sa.String(64), nullable=False),
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("answered_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("failing_since_ms", sa.BigInteger(), nullable=False),
        sa.Column("failure", sa.String(200), nullable=False),
        sa.Column("known", sa.String(1_100), nullable=False),
        sa.PrimaryKeyConstraint("product_id", "device_id", name=op.f("pk_poll_state")),
    )


def downgrade() -> None:
    """Forget it: what a cloud tells then may be told again, and the store knows it by its time."""
    op.drop_table("poll_state")
    for column in ("poll_period_s", "poll_secret_sealed", "poll_account", "poll_address"):
        op.drop_column("product", column)
