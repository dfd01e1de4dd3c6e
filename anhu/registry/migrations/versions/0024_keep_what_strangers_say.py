"""Keep what devices say that nobody registered, and what people measured who are not known to a shared device."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begin with nobody in quarantine, and with no device that several people share."""
    _lay_quarantine()
    _lay_unassigned()
    op.add_column("device", sa.Column("shared", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("nobodys_call", sa.Column("about", sa.String(200), nullable=False, server_default=""))


def _lay_quarantine() -> None:
    op.create_table(
        "quarantined_device",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("said", sa.String(200), nullable=False),
        sa.Column("door", sa.String(16), nullable=False),
        sa.Column("route", sa.String(300), nullable=False, server_default=""),
        sa.Column("product_id", sa.String(64), nullable=False, server_default=""),
        sa.Column("codec", sa.String(64), nullable=False, server_default=""),
        sa.Column("address", sa.String(64), nullable=False, server_default=""),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("first_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_call_ms", sa.BigInteger()),
        sa.Column("adopted_ms", sa.BigInteger()),
        sa.Column("replayed", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined_device")),
    )
    for column in ("product_id", "source", "last_ms", "adopted_ms"):
        op.create_index(op.f(f"ix_quarantined_device_{column}"), "quarantined_device", [column])
    _lay_messages()


def _lay_messages() -> None:
    op.create_table(
        "quarantined_message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("quarantined_id", sa.String(64), nullable=False),
        sa.Column("frame_device_id", sa.String(200), nullable=False),
        sa.Column("door", sa.String(16), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("retained", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("is_call", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.ForeignKeyConstraint(
            ["quarantined_id"],
            ["quarantined_device.id"],
            name=op.f("fk_quarantined_message_quarantined_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined_message")),
    )
    for column in ("quarantined_id", "received_at_ms"):
        op.create_index(op.f(f"ix_quarantined_message_{column}"), "quarantined_message", [column])
    op.create_table(
        "quarantine_overflow",
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("last_said", sa.String(200), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_quarantine_overflow")),
    )


def _lay_unassigned() -> None:
    op.create_table(
        "unassigned_reading",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("slot", sa.String(100), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("abnormal", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("resident_id", sa.String(64), nullable=False, server_default=""),
        sa.Column("settled_ms", sa.BigInteger()),
        sa.Column("settled_by", sa.String(64), nullable=False, server_default=""),
        sa.Column("replayed_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unassigned_reading")),
    )
    for column in ("device_id", "received_at_ms", "settled_ms"):
        op.create_index(op.f(f"ix_unassigned_reading_{column}"), "unassigned_reading", [column])


def downgrade() -> None:
    """Forget them; who waited for an owner is heard again as a stranger."""
    op.drop_column("nobodys_call", "about")
    op.drop_column("device", "shared")
    for table in ("unassigned_reading", "quarantine_overflow", "quarantined_message", "quarantined_device"):
        op.drop_table(table)
