"""Keep who reads which partition of the LOG, and hand over what is remembered of residents who move to another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is empty at first; the one column of a table in use has a default, so that no row is written."""
    op.create_table(
        "shard_leases",
        sa.Column("consumer", sa.String(32), primary_key=True),
        sa.Column("partition", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("owner", sa.String(64), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("epoch", "until_ms", "since_ms", "backlog_bytes", "at_end_ms")
        ),
    )
    op.create_table(
        "shard_members",
        sa.Column("consumer", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("fenced", sa.Integer(), nullable=False),
        sa.Column("fenced_ms", sa.BigInteger(), nullable=False),
    )
    op.add_column("consumer_state", sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "resident_handover",
        sa.Column("resident_id", sa.String(), primary_key=True),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("taken_position", sa.BigInteger(), nullable=True),
    )
    op.create_index("ix_resident_handover_partition", "resident_handover", ["partition"])


def downgrade() -> None:
    """Leave one reader of one partition, as an older version has it."""
    op.drop_table("resident_handover")
    op.drop_column("consumer_state", "epoch")
    op.drop_table("shard_members")
    op.drop_table("shard_leases")
