"""Let the outbox carry any subject, not only an alert.

Every row says the kind and identity of what it is about, and of whom it speaks. Rows about alerts keep their identity,
key, state and receipts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_RECEIPT = "id, outbox_id, at_ms, state, provider_id, detail"


def upgrade() -> None:
    """Say of every row what it is about."""
    op.add_column("outbox", sa.Column("subject_kind", sa.String(32), nullable=True))
    op.add_column("outbox", sa.Column("subject_id", sa.String(64), nullable=True))
    op.add_column("outbox", sa.Column("resident_id", sa.String(64), nullable=True))
    op.execute(
        "UPDATE outbox SET subject_kind = 'alert', subject_id = alert_id,"
        " resident_id = (SELECT alert.resident_id FROM alert WHERE alert.id = outbox.alert_id)"
    )
    op.drop_index("ix_outbox_alert_id", "outbox")
    with _receipts_aside(), op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("subject_kind", existing_type=sa.String(32), nullable=False)
        outbox.alter_column("subject_id", existing_type=sa.String(64), nullable=False)
        outbox.drop_constraint("fk_outbox_alert_id", type_="foreignkey")
        outbox.drop_column("alert_id")
        outbox.create_foreign_key("fk_outbox_resident_id", "resident", ["resident_id"], ["id"])
    op.create_index("ix_outbox_subject", "outbox", ["subject_kind", "subject_id"], unique=False)
    op.create_index("ix_receipt_at_ms", "receipt", ["at_ms"], unique=False)


def downgrade() -> None:
    """Keep what is about alerts; the rest has no place."""
    op.execute("DELETE FROM receipt WHERE outbox_id IN (SELECT id FROM outbox WHERE subject_kind <> 'alert')")
    op.execute("DELETE FROM outbox WHERE subject_kind <> 'alert'")
    op.drop_index("ix_receipt_at_ms", "receipt")
    op.drop_index("ix_outbox_subject", "outbox")
    op.add_column("outbox", sa.Column("alert_id", sa.String(64), nullable=True))
    op.execute("UPDATE outbox SET alert_id = subject_id")
    with _receipts_aside(), op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("alert_id", existing_type=sa.String(64), nullable=False)
        outbox.drop_constraint("fk_outbox_resident_id", type_="foreignkey")
        outbox.drop_column("resident_id")
        outbox.drop_column("subject_kind")
        outbox.drop_column("subject_id")
        outbox.create_foreign_key("fk_outbox_alert_id", "alert", ["alert_id"], ["id"])
    op.create_index("ix_outbox_alert_id", "outbox", ["alert_id"], unique=False)


@contextmanager
def _receipts_aside() -> Iterator[None]:
    """Set the receipts aside while SQLite copies the table that they refer to; it would call them orphans."""
    if op.get_bind().dialect.name != "sqlite":
        yield
        return
    op.execute("CREATE TABLE receipt_aside AS SELECT * FROM receipt")
    op.execute("DELETE FROM receipt")
    yield
    op.execute(f"INSERT INTO receipt ({_RECEIPT}) SELECT {_RECEIPT} FROM receipt_aside")  # noqa: S608 - our own columns
    op.drop_table("receipt_aside")
