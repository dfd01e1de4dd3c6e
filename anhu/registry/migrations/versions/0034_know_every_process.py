"""Keep what every process last said of itself, where the processes of several machines can be seen together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lay a new table; nobody is held up by it."""
    op.create_table(
        "process_status",
        sa.Column("process", sa.String(16), nullable=False),
        sa.Column("instance", sa.String(64), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("counters", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("process", "instance", name=op.f("pk_process_status")),
    )


def downgrade() -> None:
    """Forget it: each process says it again within seconds."""
    op.drop_table("process_status")
