"""Know which of several front doors holds a device, and find what waits for devices without reading all that did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_WAITING = sa.text("delivered_at_ms IS NULL AND failed_at_ms IS NULL")
_INDEXES = {"ix_device_command_waiting": ["device_id"], "ix_device_command_waiting_since": ["created_at_ms"]}


def upgrade() -> None:
    """Nothing is copied; the two indexes hold only what waits, a handful of rows."""
    _lay_doors()
    _lay_lines()
    op.create_table(
        "device_announcement",
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("key", sa.String(512), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "key", name=op.f("pk_device_announcement")),
    )
    op.add_column("device_command", sa.Column("taken_by", sa.String(100), server_default="", nullable=False))
    for name, columns in _INDEXES.items():
        op.create_index(name, "device_command", columns, postgresql_where=_WAITING, sqlite_where=_WAITING)


def _lay_doors() -> None:
    op.create_table(
        "front_door",
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_front_door")),
    )
    op.create_table(
        "door_duty",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("door", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_door_duty")),
    )


def _lay_lines() -> None:
    counts = [
        column
        for name in ("moves", "breaks")
        for column in (
            sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False),
            sa.Column(f"{name}_since_ms", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        )
    ]
    op.create_table(
        "device_line",
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("door", sa.String(100), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.LargeBinary(), server_default="", nullable=False),
        *counts,
        sa.PrimaryKeyConstraint("device_id", "way", "client_id", name=op.f("pk_device_line")),
    )
    lists = (("connected", "door", "expires_at_ms = 0"), ("absent", "expires_at_ms", "expires_at_ms > 0"))
    for name, column, where in lists:
        there = sa.text(where)
        op.create_index(f"ix_device_line_{name}", "device_line", [column], postgresql_where=there, sqlite_where=there)
    op.create_table(
        "ousted_line",
        sa.Column("door", sa.String(100), nullable=False),
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("clean", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("door", "device_id", "way", "client_id", name=op.f("pk_ousted_line")),
    )
    op.create_index(op.f("ix_ousted_line_device_id"), "ousted_line", ["device_id"])


def downgrade() -> None:
    """Forget which door holds whom: devices connect anew, and a session begins anew."""
    for name in _INDEXES:
        op.drop_index(name, "device_command")
    op.drop_column("device_command", "taken_by")
    for table in ("device_announcement", "ousted_line", "device_line", "door_duty", "front_door"):
        op.drop_table(table)
