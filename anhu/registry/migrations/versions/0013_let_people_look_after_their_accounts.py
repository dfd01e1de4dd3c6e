"""Give accounts messages of their own, sessions a place, contacts an order, and let places be closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_PLACES = ("organisation", "centre", "team")
_TEXTS = (
    ("team", "code", 32),
    ("team", "region_code", 12),
    ("token", "address", 64),
    ("token", "agent", 200),
    ("contact", "disabled_why", 200),
)


def upgrade() -> None:
    """Every password stays, every contact is proved, nothing is closed."""
    for table in _PLACES:
        op.add_column(table, sa.Column("closed_at_ms", sa.BigInteger(), nullable=True))
    for table, column, length in _TEXTS:
        op.add_column(table, sa.Column(column, sa.String(length), nullable=False, server_default=""))
    op.add_column("user", sa.Column("password_until_ms", sa.BigInteger(), nullable=True))
    op.add_column("contact", sa.Column("position", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("contact", sa.Column("awaits_code", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("contact", sa.Column("removed_at_ms", sa.BigInteger(), nullable=True))
    op.create_table(
        "account_message",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("contact_id", sa.String(64), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_account_message_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_message")),
    )
    for column in ("user_id", "contact_id", "sha256"):
        op.create_index(op.f(f"ix_account_message_{column}"), "account_message", [column])


def downgrade() -> None:
    """Forget what was sent about accounts; what was closed is open again."""
    for column in ("sha256", "contact_id", "user_id"):
        op.drop_index(op.f(f"ix_account_message_{column}"), "account_message")
    # Messages about accounts are unknown to an older version: they must not wait in its outbox for ever.
    op.execute(sa.text("UPDATE outbox SET state = 'cancelled' WHERE subject_kind = 'account_message'"))
    op.drop_table("account_message")
    for column in ("removed_at_ms", "awaits_code", "position"):
        op.drop_column("contact", column)
    op.drop_column("user", "password_until_ms")
    for table, column, _ in reversed(_TEXTS):
        op.drop_column(table, column)
    for table in reversed(_PLACES):
        op.drop_column(table, "closed_at_ms")
