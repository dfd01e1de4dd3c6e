"""Give organisations a table; say a member's work and who leads, and how closely a resident is watched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody leads, and nobody runs anything, until somebody says so."""
    op.create_table(
        "organisation",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    for table in ("centre", "team"):
        op.add_column(table, sa.Column("organisation_id", sa.String(64), nullable=True))
    op.add_column("resident", sa.Column("tier", sa.String(16), nullable=False, server_default=""))
    op.add_column("user", sa.Column("duty", sa.String(16), nullable=False, server_default=""))
    op.add_column("user", sa.Column("is_lead", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Forget who runs and leads."""
    op.drop_column("user", "is_lead")
    op.drop_column("user", "duty")
    op.drop_column("resident", "tier")
    for table in ("team", "centre"):
        op.drop_column(table, "organisation_id")
    op.drop_table("organisation")
