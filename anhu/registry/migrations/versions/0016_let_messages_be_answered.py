"""Let messages be answered: links, reply codes, and the calls of providers that wait to be applied."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lay the tables; find receipts by what the provider calls them."""
    op.create_table(
        "answer_token",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column(
            "alert_id", sa.String(64), sa.ForeignKey("alert.id", name="fk_answer_token_alert_id"), nullable=False
        ),
        sa.Column(
            "contact_id", sa.String(64), sa.ForeignKey("contact.id", name="fk_answer_token_contact_id"), nullable=False
        ),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_for", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_answer_token"),
    )
    op.create_index("ix_answer_token_alert_id", "answer_token", ["alert_id"])
    op.create_index("ix_answer_token_expires_at_ms", "answer_token", ["expires_at_ms"])
    op.create_table(
        "reply_code",
        sa.Column(
            "contact_id", sa.String(64), sa.ForeignKey("contact.id", name="fk_reply_code_contact_id"), nullable=False
        ),
        sa.Column("alert_id", sa.String(64), sa.ForeignKey("alert.id", name="fk_reply_code_alert_id"), nullable=False),
        sa.Column("code", sa.String(8), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "alert_id", name="pk_reply_code"),
    )
    op.create_index("ix_reply_code_expires_at_ms", "reply_code", ["expires_at_ms"])
    _lay_callbacks()
    for column in ("quiet_from", "quiet_until"):
        op.add_column("contact", sa.Column(column, sa.String(5), nullable=False, server_default=""))


def _lay_callbacks() -> None:
    op.create_table(
        "callback",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("due_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_callback"),
    )
    op.create_index("ix_callback_due", "callback", ["due_at_ms"])
    op.create_index("ix_callback_at", "callback", ["at_ms"])
    op.create_index("ix_receipt_provider_id", "receipt", ["provider_id"])


def downgrade() -> None:
    """Forget what was answered how; the alarms' histories keep that it was."""
    for column in ("quiet_until", "quiet_from"):
        op.drop_column("contact", column)
    op.drop_index("ix_receipt_provider_id", "receipt")
    for table in ("callback", "reply_code", "answer_token"):
        op.drop_table(table)
