"""Know which version of a detector decided, let another run in its shadow, and count how long people were watched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Leave empty who decided before: any version may end it."""
    op.add_column("alert", sa.Column("detector", sa.String(64), nullable=False, server_default=""))
    op.add_column("alert", sa.Column("detector_version", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("alert", sa.Column("firmware", sa.String(64), nullable=False, server_default=""))
    op.add_column("alert_member", sa.Column("decided_by", sa.String(64), nullable=False, server_default=""))
    op.add_column("device", sa.Column("firmware", sa.String(64), nullable=False, server_default=""))
    _lay_choices()
    _lay_what_is_counted()


def _lay_choices() -> None:
    op.create_table(
        "detector_choice",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("live_version", sa.Integer(), nullable=False),
        sa.Column("shadow_version", sa.Integer(), nullable=False),
        sa.Column("former_version", sa.Integer(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_detector_choice")),
    )
    op.create_table(
        "shadow_run",
        sa.Column("consumer", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("why_off", sa.String(16), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "name", "version", name=op.f("pk_shadow_run")),
    )


def _lay_what_is_counted() -> None:
    op.create_table(
        "shadow_episode",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.String(64), nullable=False),
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("started_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow_episode")),
    )
    op.create_index("ix_shadow_episode", "shadow_episode", ["name", "version", "resident_id", "kind", "started_at_ms"])
    op.create_table(
        "watched_time",
        sa.Column("consumer", sa.String(64), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("centre_id", sa.String(64), nullable=False),
        sa.Column("team_id", sa.String(64), nullable=False),
        sa.Column("model", sa.String(100), nullable=False),
        sa.Column("firmware", sa.String(64), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint(
            "consumer", "month", "centre_id", "team_id", "model", "firmware", name=op.f("pk_watched_time")
        ),
    )


def downgrade() -> None:
    """Forget them; the evidence of each alert still says who decided."""
    for table in ("watched_time", "shadow_run", "detector_choice"):
        op.drop_table(table)
    op.drop_index("ix_shadow_episode", "shadow_episode")
    op.drop_table("shadow_episode")
    op.drop_column("device", "firmware")
    op.drop_column("alert_member", "decided_by")
    for column in ("firmware", "detector_version", "detector"):
        op.drop_column("alert", column)
