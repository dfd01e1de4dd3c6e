"""Give escalation policies a table, and let an alert know which version it runs by and what is due next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let what runs go on by the defaults, from the step where it stood."""
    op.create_table(
        "escalation_policy",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("policy_id", sa.String(64), nullable=False),
        sa.Column("organisation_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("has_ended", sa.Boolean(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_escalation_policy")),
    )
    op.create_index(op.f("ix_escalation_policy_policy_id"), "escalation_policy", ["policy_id"])
    op.add_column("alert", sa.Column("policy_number", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("escalation", sa.Column("what", sa.String(16), nullable=False, server_default="step"))
    op.create_index(op.f("ix_user_centre_id"), "user", ["centre_id"])
    op.create_index(op.f("ix_user_team_id"), "user", ["team_id"])
    op.create_index(op.f("ix_family_link_resident_id"), "family_link", ["resident_id"])


def downgrade() -> None:
    """Forget the policies. An answer that stood for a time stands until the alert is closed, as it did before."""
    op.drop_index(op.f("ix_family_link_resident_id"), "family_link")
    op.drop_index(op.f("ix_user_team_id"), "user")
    op.drop_index(op.f("ix_user_centre_id"), "user")
    op.execute("DELETE FROM escalation WHERE what <> 'step'")
    op.drop_column("escalation", "what")
    op.drop_column("alert", "policy_number")
    op.drop_index(op.f("ix_escalation_policy_policy_id"), "escalation_policy")
    op.drop_table("escalation_policy")
