"""Give tokens scopes, a last use, and an end within 90 days; strangers lock no login any more.

A token that exists may do what it could; when it was to live longer, 90 days are left to replace it.
"""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_LONGEST_MS = 90 * 86_400_000
_ALL = "read respond provision administer"


def upgrade() -> None:
    """Let every token do what it could, for 90 days at most."""
    op.add_column("token", sa.Column("scopes", sa.String(64), nullable=False, server_default=_ALL))
    op.add_column("token", sa.Column("last_used_at_ms", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("token") as token:
        token.alter_column("scopes", existing_type=sa.String(64), existing_nullable=False, server_default=None)
    token_ends = sa.table("token", sa.column("expires_at_ms", sa.BigInteger()))
    end_ms = time.time_ns() // 1_000_000 + _LONGEST_MS
    op.execute(token_ends.update().where(token_ends.c.expires_at_ms > end_ms).values(expires_at_ms=end_ms))
    # Not as a batch: SQLite would copy the table, and everything that refers to a user would be an orphan meanwhile.
    op.drop_column("user", "failed_logins")
    op.drop_column("user", "locked_until_ms")


def downgrade() -> None:
    """Forget the scopes; browsers that are known mean nothing to what was before."""
    op.execute("DELETE FROM token WHERE purpose = 'browser'")
    op.add_column("user", sa.Column("failed_logins", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("user", sa.Column("locked_until_ms", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("token") as token:
        token.drop_column("last_used_at_ms")
        token.drop_column("scopes")
