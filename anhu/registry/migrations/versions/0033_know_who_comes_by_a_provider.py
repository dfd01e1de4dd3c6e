"""Keep who comes in by a provider of logins, which sessions began there, and what was used up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make three tables; nothing that is there is touched."""
    op.create_table(
        "oidc_identity",
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("user_id", sa.String(64), sa.ForeignKey("user.id", name="fk_oidc_identity_user_id"), nullable=False),
        sa.Column("linked_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("linked_by", sa.String(64), nullable=False),
        sa.Column("seen_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_at_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_oidc_identity"),
        sa.UniqueConstraint("user_id", name="uq_oidc_identity_user_id"),
    )
    op.create_table(
        "oidc_session",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.String(64), sa.ForeignKey("user.id", name="fk_oidc_session_user_id"), nullable=False),
        sa.Column("sid", sa.String(255), nullable=False),
        sa.Column("limit_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_oidc_session"),
    )
    op.create_index("ix_oidc_session_user_id", "oidc_session", ["user_id"])
    op.create_index("ix_oidc_session_sid", "oidc_session", ["sid"])
    op.create_table(
        "oidc_used",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_oidc_used"),
    )
    op.create_index("ix_oidc_used_until_ms", "oidc_used", ["until_ms"])


def downgrade() -> None:
    """Forget them: whoever came by the provider only is let in by an administrator with a password."""
    for table in ("oidc_used", "oidc_session", "oidc_identity"):
        op.drop_table(table)
