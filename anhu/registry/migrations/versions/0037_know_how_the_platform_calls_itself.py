"""Keep what became of the calls that the platform makes of itself, where every machine sees it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lay a new table; nobody is held up by it."""
    op.create_table(
        "platform_beat",
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("door_ms", sa.Integer(), nullable=True),
        sa.Column("alert_ms", sa.Integer(), nullable=True),
        sa.Column("phone_ms", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("at_ms", "partition", name=op.f("pk_platform_beat")),
    )


def downgrade() -> None:
    """Forget them: a day makes them anew."""
    op.drop_table("platform_beat")
