"""Give desks and teams a rota: shifts, days that are different, swaps, leave, hand-over notes, gaps, calendars."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ID = sa.String(64)
_DAY = sa.String(10)
_AT = sa.BigInteger()


def upgrade() -> None:
    """Nobody has a rota until somebody makes one: until then everybody is on call, as before."""
    _rotas()
    _shifts()
    _changes()
    _swaps()
    _people()
    _gaps()


def downgrade() -> None:
    """Call everybody again."""
    for table in ("rota_gap", "calendar_address", "leave", "handover", "rota_swap", "rota_change", "rota_shift"):
        op.drop_table(table)
    op.drop_table("rota")


def _rotas() -> None:
    op.create_table(
        "rota",
        sa.Column("id", _ID, nullable=False),
        sa.Column("owner_kind", sa.String(16), nullable=False),
        sa.Column("owner_id", _ID, nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("covers", sa.String(16), nullable=False),
        sa.Column("workdays", sa.String(8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("look_at_ms", _AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota")),
        sa.UniqueConstraint("owner_kind", "owner_id", name=op.f("uq_rota_owner_kind")),
    )
    op.create_index(op.f("ix_rota_look_at_ms"), "rota", ["look_at_ms"])


def _shifts() -> None:
    op.create_table(
        "rota_shift",
        sa.Column("id", _ID, nullable=False),
        sa.Column("rota_id", _ID, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("days", sa.String(8), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.Column("crews", sa.JSON(), nullable=False),
        sa.Column("anchor", _DAY, nullable=False),
        sa.Column("from_day", _DAY, nullable=False),
        sa.Column("until_day", _DAY, nullable=False),
        sa.ForeignKeyConstraint(["rota_id"], ["rota.id"], name=op.f("fk_rota_shift_rota_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota_shift")),
    )
    op.create_index(op.f("ix_rota_shift_rota_id"), "rota_shift", ["rota_id"])


def _changes() -> None:
    op.create_table(
        "rota_change",
        sa.Column("id", _ID, nullable=False),
        sa.Column("rota_id", _ID, nullable=False),
        sa.Column("shift_id", _ID, nullable=False),
        sa.Column("day", _DAY, nullable=False),
        sa.Column("since_ms", _AT, nullable=False),
        sa.Column("crew", sa.JSON(), nullable=True),
        sa.Column("out_id", _ID, nullable=False),
        sa.Column("in_id", _ID, nullable=False),
        sa.Column("swap_id", _ID, nullable=False),
        sa.Column("set_by", _ID, nullable=False),
        sa.Column("set_at_ms", _AT, nullable=False),
        sa.ForeignKeyConstraint(["rota_id"], ["rota.id"], name=op.f("fk_rota_change_rota_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota_change")),
    )
    op.create_index("ix_rota_change_day", "rota_change", ["rota_id", "day"])


def _swaps() -> None:
    op.create_table(
        "rota_swap",
        sa.Column("id", _ID, nullable=False),
        sa.Column("rota_id", _ID, nullable=False),
        sa.Column("asker_id", _ID, nullable=False),
        sa.Column("other_id", _ID, nullable=False),
        sa.Column("shift_id", _ID, nullable=False),
        sa.Column("day", _DAY, nullable=False),
        sa.Column("back_shift_id", _ID, nullable=False),
        sa.Column("back_day", _DAY, nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("asked_at_ms", _AT, nullable=False),
        sa.Column("answered_at_ms", _AT, nullable=True),
        sa.ForeignKeyConstraint(["rota_id"], ["rota.id"], name=op.f("fk_rota_swap_rota_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota_swap")),
    )
    for column in ("rota_id", "asker_id", "other_id"):
        op.create_index(op.f(f"ix_rota_swap_{column}"), "rota_swap", [column])


def _people() -> None:
    op.create_table(
        "leave",
        sa.Column("id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("from_day", _DAY, nullable=False),
        sa.Column("until_day", _DAY, nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("set_by", _ID, nullable=False),
        sa.Column("set_at_ms", _AT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_leave_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave")),
    )
    for column in ("user_id", "until_day"):
        op.create_index(op.f(f"ix_leave_{column}"), "leave", [column])
    op.create_table(
        "calendar_address",
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_at_ms", _AT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_calendar_address_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_calendar_address")),
        sa.UniqueConstraint("sha256", name=op.f("uq_calendar_address_sha256")),
    )


def _gaps() -> None:
    op.create_table(
        "handover",
        sa.Column("id", _ID, nullable=False),
        sa.Column("rota_id", _ID, nullable=False),
        sa.Column("shift_name", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", _ID, nullable=False),
        sa.Column("at_ms", _AT, nullable=False),
        sa.Column("read_by", _ID, nullable=False),
        sa.Column("read_at_ms", _AT, nullable=True),
        sa.ForeignKeyConstraint(["rota_id"], ["rota.id"], name=op.f("fk_handover_rota_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    op.create_index(op.f("ix_handover_rota_id"), "handover", ["rota_id"])
    op.create_table(
        "rota_gap",
        sa.Column("id", _ID, nullable=False),
        sa.Column("rota_id", _ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("start_ms", _AT, nullable=False),
        sa.Column("end_ms", _AT, nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("told", sa.String(32), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["rota_id"], ["rota.id"], name=op.f("fk_rota_gap_rota_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota_gap")),
    )
    op.create_index(op.f("ix_rota_gap_rota_id"), "rota_gap", ["rota_id"])
