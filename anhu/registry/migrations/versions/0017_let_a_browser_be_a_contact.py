"""Let a contact say which browser it is, and since when nobody is there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Contacts have no name of their own so far, and none is known to be gone."""
    op.add_column("contact", sa.Column("label", sa.String(100), nullable=False, server_default=""))
    op.add_column("contact", sa.Column("gone_at_ms", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Forget both."""
    op.drop_column("contact", "gone_at_ms")
    op.drop_column("contact", "label")
