"""Lay the tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NEWEST_LAST = (
    "centre",
    "team",
    "resident",
    "device",
    "device_command",
    "resident_limit",
    "user",
    "family_link",
    "token",
    "contact",
    "audit",
    "alert",
    "alert_event",
    "escalation",
    "outbox",
    "receipt",
    "consumer_state",
    "counter",
)


def upgrade() -> None:
    """Make every table."""
    _directory()
    _people()
    _alerts()
    _engine()


def downgrade() -> None:
    """Drop every table."""
    for name in reversed(_NEWEST_LAST):
        op.drop_table(name)


def _directory() -> None:
    op.create_table(
        "centre",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.Column("phone", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_centre"),
    )
    op.create_table(
        "team",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("centre_id", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name="fk_team_centre_id"),
        sa.PrimaryKeyConstraint("id", name="pk_team"),
    )
    op.create_table(
        "resident",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("sex", sa.String(8), nullable=False),
        sa.Column("birth_date", sa.String(10), nullable=False),
        sa.Column("address", sa.String(300), nullable=False),
        sa.Column("phone", sa.String(32), nullable=False),
        sa.Column("access_note", sa.Text(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("centre_id", sa.String(64), nullable=True),
        sa.Column("team_id", sa.String(64), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name="fk_resident_centre_id"),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_resident_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_resident"),
    )
    op.create_index("ix_resident_centre_id", "resident", ["centre_id"], unique=False)
    op.create_index("ix_resident_team_id", "resident", ["team_id"], unique=False)
    op.create_table(
        "device",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("codec", sa.String(64), nullable=False),
        sa.Column("model", sa.String(100), nullable=False),
        sa.Column("vendor", sa.String(100), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("resident_id", sa.String(64), nullable=True),
        sa.Column("parent_id", sa.String(64), nullable=True),
        sa.Column("child_name", sa.String(100), nullable=False),
        sa.Column("position", sa.String(32), nullable=False),
        sa.Column("room", sa.String(32), nullable=False),
        sa.Column("alarms", sa.JSON(), nullable=False),
        sa.Column("report_period_s", sa.Double(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("enrolled_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["device.id"], name="fk_device_parent_id"),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name="fk_device_resident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_device"),
    )
    op.create_index("ix_device_parent_id", "device", ["parent_id"], unique=False)
    op.create_index("ix_device_resident_id", "device", ["resident_id"], unique=False)
    op.create_index("ix_device_version", "device", ["version"], unique=False)
    op.create_table(
        "device_command",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="fk_device_command_device_id"),
        sa.PrimaryKeyConstraint("id", name="pk_device_command"),
    )
    op.create_index("ix_device_command_device_id", "device_command", ["device_id"], unique=False)
    op.create_table(
        "resident_limit",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("resident_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("set_by", sa.String(64), nullable=False),
        sa.Column("set_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name="fk_resident_limit_resident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_resident_limit"),
    )
    op.create_index("ix_resident_limit_resident_id", "resident_limit", ["resident_id"], unique=False)
    op.create_index("ix_resident_limit_version", "resident_limit", ["version"], unique=False)


def _people() -> None:
    op.create_table(
        "user",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password_hash", sa.String(300), nullable=False),
        sa.Column("centre_id", sa.String(64), nullable=True),
        sa.Column("team_id", sa.String(64), nullable=True),
        sa.Column("vendor", sa.String(100), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("locked_until_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name="fk_user_centre_id"),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_user_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        sa.UniqueConstraint("login", name="uq_user_login"),
    )
    op.create_table(
        "family_link",
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("resident_id", sa.String(64), nullable=False),
        sa.Column("relation", sa.String(32), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name="fk_family_link_resident_id"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_family_link_user_id"),
        sa.PrimaryKeyConstraint("user_id", "resident_id", name="pk_family_link"),
    )
    op.create_table(
        "token",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_token_user_id"),
        sa.PrimaryKeyConstraint("sha256", name="pk_token"),
    )
    op.create_index("ix_token_user_id", "token", ["user_id"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("owner_kind", sa.String(16), nullable=False),
        sa.Column("owner_id", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("address", sa.String(500), nullable=False),
        sa.Column("secret", sa.String(200), nullable=False),
        sa.Column("min_priority", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
    )
    op.create_index("ix_contact_owner_id", "contact", ["owner_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("resident_id", sa.String(64), nullable=False),
        sa.Column("object_id", sa.String(128), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at_ms", "audit", ["at_ms"], unique=False)
    op.create_index("ix_audit_resident_id", "audit", ["resident_id"], unique=False)
    op.create_index("ix_audit_user_id", "audit", ["user_id"], unique=False)


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("resident_id", sa.String(64), nullable=False),
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("condition", sa.String(16), nullable=False),
        sa.Column("response", sa.String(16), nullable=False),
        sa.Column("started_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("raised_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("assignee", sa.String(64), nullable=False),
        sa.Column("acknowledged_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name="fk_alert_resident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
    )
    op.create_index("ix_alert_queue", "alert", ["is_open", "priority", "raised_at_ms"], unique=False)
    op.create_index("ix_alert_raised_at_ms", "alert", ["raised_at_ms"], unique=False)
    op.create_index("ix_alert_resident_id", "alert", ["resident_id"], unique=False)
    op.create_index(
        "uq_alert_open",
        "alert",
        ["resident_id", "kind"],
        unique=True,
        sqlite_where=sa.text("is_open"),
        postgresql_where=sa.text("is_open"),
    )
    op.create_table(
        "alert_event",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("alert_id", sa.String(64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_alert_event_alert_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_event"),
    )
    op.create_index("ix_alert_event_alert_id", "alert_event", ["alert_id"], unique=False)
    op.create_table(
        "escalation",
        sa.Column("alert_id", sa.String(64), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("due_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_escalation_alert_id"),
        sa.PrimaryKeyConstraint("alert_id", name="pk_escalation"),
    )
    op.create_index("ix_escalation_due_at_ms", "escalation", ["due_at_ms"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("idempotency_key", sa.String(200), nullable=False),
        sa.Column("alert_id", sa.String(64), nullable=False),
        sa.Column("contact_id", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("lease_until_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_outbox_alert_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_outbox_contact_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("idempotency_key", name="uq_outbox_idempotency_key"),
    )
    op.create_index("ix_outbox_alert_id", "outbox", ["alert_id"], unique=False)
    op.create_index("ix_outbox_due", "outbox", ["state", "due_at_ms"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("outbox_id", _SERIAL, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("provider_id", sa.String(200), nullable=False),
        sa.Column("detail", sa.String(500), nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name="fk_receipt_outbox_id"),
        sa.PrimaryKeyConstraint("id", name="pk_receipt"),
    )
    op.create_index("ix_receipt_outbox_id", "receipt", ["outbox_id"], unique=False)


def _engine() -> None:
    op.create_table(
        "consumer_state",
        sa.Column("consumer", sa.String(64), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("snapshot_position", sa.BigInteger(), nullable=False),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", name="pk_consumer_state"),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )
