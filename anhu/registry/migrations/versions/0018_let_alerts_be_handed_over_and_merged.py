"""Let an alert say what was found, be offered to a colleague, close into another, and be marked as practice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is offered, merged or practice until somebody says so."""
    op.add_column("alert", sa.Column("found", sa.String(24), nullable=False, server_default=""))
    op.add_column("alert", sa.Column("practice", sa.String(8), nullable=False, server_default=""))
    op.add_column("alert", sa.Column("offered_to", sa.String(64), nullable=False, server_default=""))
    op.add_column("alert", sa.Column("offered_at_ms", sa.BigInteger(), nullable=True))
    op.add_column("alert", sa.Column("merged_into", sa.String(64), nullable=False, server_default=""))


def downgrade() -> None:
    """Forget them; the history of each alert still says it."""
    for name in ("merged_into", "offered_at_ms", "offered_to", "practice", "found"):
        op.drop_column("alert", name)
