"""Keep what each rule does for each resident, for their pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begin with nobody: the engine writes it down within minutes."""
    op.create_table(
        "resident_rules",
        sa.Column("resident_id", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("resident_id", name=op.f("pk_resident_rules")),
    )
    op.create_index(op.f("ix_resident_rules_at_ms"), "resident_rules", ["at_ms"])


def downgrade() -> None:
    """Forget it."""
    op.drop_index(op.f("ix_resident_rules_at_ms"), "resident_rules")
    op.drop_table("resident_rules")
