"""Know who wore a device from when until when, the code on its box, and when it was last heard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the history of each device that somebody has begin when it was given."""
    op.create_table(
        "device_binding",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("resident_id", sa.String(64), nullable=True),
        sa.Column("place_id", sa.String(64), nullable=True),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.Column("bound_by", sa.String(64), nullable=False, server_default=""),
        sa.Column("ended_by", sa.String(64), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_binding_device_id")),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_device_binding_resident_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_device_binding_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_binding")),
    )
    for column in ("device_id", "resident_id", "place_id"):
        op.create_index(op.f(f"ix_device_binding_{column}"), "device_binding", [column])
    _add_codes_and_last_words()
    op.execute(
        "INSERT INTO device_binding (id, device_id, resident_id, from_ms)"
        " SELECT id, id, resident_id, enrolled_at_ms FROM device WHERE resident_id IS NOT NULL"
    )


def _add_codes_and_last_words() -> None:
    op.create_table(
        "device_claim",
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_claim_device_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_device_claim")),
        sa.UniqueConstraint("device_id", name=op.f("uq_device_claim_device_id")),
    )
    op.create_table(
        "device_seen",
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("battery_percent", sa.Float(), nullable=True),
        sa.Column("signal_dbm", sa.Float(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_why", sa.String(32), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_seen")),
    )
    op.create_index(op.f("ix_device_seen_seen_ms"), "device_seen", ["seen_ms"])


def downgrade() -> None:
    """Forget them; whose each device is now stays."""
    op.drop_index(op.f("ix_device_seen_seen_ms"), "device_seen")
    op.drop_table("device_seen")
    op.drop_table("device_claim")
    for column in ("place_id", "resident_id", "device_id"):
        op.drop_index(op.f(f"ix_device_binding_{column}"), "device_binding")
    op.drop_table("device_binding")
