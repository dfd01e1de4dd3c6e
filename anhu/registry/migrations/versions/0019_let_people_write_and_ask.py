"""Give messages, service requests, what relatives say, and links to emergency sheets their tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Nothing was said yet."""
    _messages()
    _requests()
    _relatives()
    _sheets()


def _text(name: str, length: int = 64, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _messages() -> None:
    op.create_table(
        "care_message",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        _text("resident_id"),
        _text("user_id"),
        _time("at_ms"),
        sa.Column("text", sa.Text(), nullable=False),
        _text("key"),
        _text("alert_id"),
        _refers("care_message", "resident_id", "resident"),
        _refers("care_message", "user_id", "user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_message")),
        sa.UniqueConstraint("user_id", "key", name="uq_care_message_key"),
    )
    op.create_index("ix_care_message_thread", "care_message", ["resident_id", "id"])
    op.create_index("ix_care_message_writer", "care_message", ["user_id", "at_ms"])
    op.create_table(
        "message_mark",
        _text("user_id"),
        _text("resident_id"),
        _time("read_id"),
        _time("at_ms"),
        _refers("message_mark", "user_id", "user"),
        _refers("message_mark", "resident_id", "resident"),
        sa.PrimaryKeyConstraint("user_id", "resident_id", name=op.f("pk_message_mark")),
    )


def _requests() -> None:
    op.create_table(
        "service_request",
        _text("id"),
        _text("resident_id"),
        _text("kind", 16),
        sa.Column("text", sa.Text(), nullable=False),
        _text("state", 16),
        _text("asked_by"),
        _time("asked_at_ms"),
        _time("due_at_ms", nullable=True),
        _text("taken_by", nullable=True),
        _time("taken_at_ms", nullable=True),
        _text("ended_by", nullable=True),
        _time("ended_at_ms", nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        _text("key"),
        _refers("service_request", "resident_id", "resident"),
        _refers("service_request", "asked_by", "user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_request")),
        sa.UniqueConstraint("asked_by", "key", name="uq_service_request_key"),
    )
    op.create_index("ix_service_request_resident_id", "service_request", ["resident_id"])
    op.create_index("ix_service_request_state", "service_request", ["state", "due_at_ms"])


def _relatives() -> None:
    op.create_table(
        "family_word",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        _text("resident_id"),
        _text("user_id"),
        _text("what", 16),
        _time("at_ms"),
        _time("arrives_at_ms", nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        _text("key"),
        _refers("family_word", "resident_id", "resident"),
        _refers("family_word", "user_id", "user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_word")),
        sa.UniqueConstraint("user_id", "key", name="uq_family_word_key"),
    )
    op.create_index("ix_family_word_resident", "family_word", ["resident_id", "at_ms"])


def _sheets() -> None:
    op.create_table(
        "sheet_link",
        _text("id"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        _text("resident_id"),
        _text("alert_id"),
        _text("made_by"),
        _time("made_at_ms"),
        _time("expires_at_ms"),
        _time("revoked_at_ms", nullable=True),
        sa.Column("opened", sa.Integer(), nullable=False),
        _time("opened_at_ms", nullable=True),
        _refers("sheet_link", "resident_id", "resident"),
        _refers("sheet_link", "made_by", "user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_link")),
        sa.UniqueConstraint("sha256", name=op.f("uq_sheet_link_sha256")),
    )
    op.create_index("ix_sheet_link_resident_id", "sheet_link", ["resident_id"])


def downgrade() -> None:
    """Forget what was said."""
    for table in ("sheet_link", "family_word", "service_request", "message_mark", "care_message"):
        op.drop_table(table)
