"""Know where each resident's series lie, and keep what several machines of ingest write where all of them read it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_NEW = (
    "resident_store",
    "store_progress",
    "newest_values",
    "dead_letter",
    "delivery_hour",
    "hour_due",
    "hour_state",
)
_ID = sa.String(64)
_DEVICE = sa.String(200)


def upgrade() -> None:
    """Begin empty: what lies in files stays there, and newest values are filled from the store."""
    _where_series_lie()
    _newest_values()
    _letters()
    _hours()


def downgrade() -> None:
    """Let go of it: the series themselves lie in the stores."""
    for table in reversed(_NEW):
        op.drop_table(table)


def _where_series_lie() -> None:
    op.create_table(
        "resident_store",
        sa.Column("resident_id", _ID, nullable=False),
        sa.Column("since_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("store", _ID, nullable=False),
        sa.PrimaryKeyConstraint("resident_id", "since_ms", name=op.f("pk_resident_store")),
    )
    op.create_table(
        "store_progress",
        sa.Column("log_partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("store", _ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("log_partition", "store", name=op.f("pk_store_progress")),
    )


def _newest_values() -> None:
    on_postgres = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "newest_values",
        sa.Column("resident_id", _ID, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("oldest_ms", sa.BigInteger(), nullable=False),
        sa.Column("found", postgresql.JSONB() if on_postgres else sa.JSON(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("resident_id", name=op.f("pk_newest_values")),
    )
    if on_postgres:
        op.execute("ALTER TABLE newest_values SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05)")


def _letters() -> None:
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.LargeBinary(), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("device_id", _DEVICE, nullable=False),
        sa.Column("resident_id", _ID, nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("door", sa.String(16), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("retained", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("codec", _ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("replayed_at_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
        sa.UniqueConstraint("cause", name=op.f("uq_dead_letter_cause")),
    )
    op.create_index("ix_dead_letter_device", "dead_letter", ["device_id", "id"])
    op.create_index("ix_dead_letter_resident", "dead_letter", ["resident_id", "id"])
    op.create_index("ix_dead_letter_kept", "dead_letter", ["kept_at_ms"])


def _hours() -> None:
    op.create_table(
        "delivery_hour",
        sa.Column("device_id", _DEVICE, nullable=False),
        sa.Column("hour_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("partly", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "hour_ms", name=op.f("pk_delivery_hour")),
    )
    op.create_index(op.f("ix_delivery_hour_hour_ms"), "delivery_hour", ["hour_ms"])
    op.create_table(
        "hour_due",
        sa.Column("store", _ID, nullable=False),
        sa.Column("resident_id", _ID, nullable=False),
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("device_id", _DEVICE, nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("store", "resident_id", "hour", "device_id", name=op.f("pk_hour_due")),
    )
    op.create_index("ix_hour_due_hour", "hour_due", ["store", "hour"])
    op.create_table(
        "hour_state",
        sa.Column("store", _ID, nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("taken_before", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("worker", _ID, nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("store", name=op.f("pk_hour_state")),
    )
