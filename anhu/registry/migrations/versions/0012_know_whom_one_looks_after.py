"""Know whom one looks after: identity sealed, health, consent, bed and room, how a service ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ONE_EACH = ("resident_photo", "care_record", "resident_identity")
_TABLES = ("ending", "stay", "place", "consent", *_ONE_EACH)
_NOW = sa.text("until_ms IS NULL")


def upgrade() -> None:
    """Nobody has an identity number, an illness or a bed until somebody says so."""
    op.add_column("resident", sa.Column("external_number", sa.String(64), nullable=False, server_default=""))
    op.add_column("resident", sa.Column("region_code", sa.String(12), nullable=False, server_default=""))
    op.add_column("resident", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    op.create_index("ix_resident_external_number", "resident", ["external_number"])
    _of_residents()
    _consents()
    _places()
    _stays()
    _endings()


def _one_each(name: str, *columns: SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("resident_id", sa.String(64), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f(f"fk_{name}_resident_id")),
        sa.PrimaryKeyConstraint("resident_id", name=op.f(f"pk_{name}")),
    )


def _of_residents() -> None:
    _one_each(
        "resident_identity",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_four", sa.String(4), nullable=False),
        sa.UniqueConstraint("digest", name=op.f("uq_resident_identity_digest")),
    )
    lists = ("conditions", "medicines", "allergies")
    _one_each("care_record", *(sa.Column(one, sa.JSON(), nullable=False) for one in lists))
    _one_each(
        "resident_photo",
        sa.Column("media_type", sa.String(32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )


def _consents() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("resident_id", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("text_version", sa.String(32), nullable=False),
        sa.Column("given_by", sa.String(100), nullable=False),
        sa.Column("capacity", sa.String(16), nullable=False),
        sa.Column("given_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(64), nullable=False),
        sa.Column("withdrawn_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.String(100), nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_consent_resident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_resident_id"), "consent", ["resident_id"])


def _places() -> None:
    op.create_table(
        "place",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("centre_id", sa.String(64), nullable=False),
        sa.Column("parent_id", sa.String(64), nullable=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("full_name", sa.String(300), nullable=False),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_place_centre_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["place.id"], name=op.f("fk_place_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
    )
    op.create_index(op.f("ix_place_centre_id"), "place", ["centre_id"])
    op.create_index(op.f("ix_place_parent_id"), "place", ["parent_id"])


def _stays() -> None:
    op.create_table(
        "stay",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("resident_id", sa.String(64), nullable=False),
        sa.Column("place_id", sa.String(64), nullable=False),
        sa.Column("bed_id", sa.String(64), nullable=True),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_stay_resident_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_stay_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stay")),
    )
    op.create_index(op.f("ix_stay_resident_id"), "stay", ["resident_id"])
    op.create_index(op.f("ix_stay_place_id"), "stay", ["place_id"])
    for name, column in (("uq_stay_resident_now", "resident_id"), ("uq_stay_bed_now", "bed_id")):
        op.create_index(name, "stay", [column], unique=True, sqlite_where=_NOW, postgresql_where=_NOW)


def _endings() -> None:
    op.create_table(
        "ending",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("resident_id", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("on_date", sa.String(10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("devices", sa.JSON(), nullable=False),
        sa.Column("place_id", sa.String(64), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("by_user", sa.String(64), nullable=False),
        sa.Column("undone_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_ending_resident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ending")),
    )
    op.create_index(op.f("ix_ending_resident_id"), "ending", ["resident_id"])


def downgrade() -> None:
    """Forget all of it; residents stay."""
    for table in _TABLES:
        op.drop_table(table)
    op.drop_index("ix_resident_external_number", "resident")
    for column in ("revision", "region_code", "external_number"):
        op.drop_column("resident", column)
