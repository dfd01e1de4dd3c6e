"""Let each rule end only its own, and keep what is found but not stored yet.

Of a kind that several rules raise for one device, each is a member by itself. What is stored already was said by no
named rule; any rule goes on with it, and ends it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
_KEY = ["alert_id", "device_id", "room"]


def upgrade() -> None:
    """Name the rule in the key."""
    with op.batch_alter_table("alert_member") as table:
        table.add_column(sa.Column("rule", sa.String(64), nullable=False, server_default=""))
        table.drop_constraint("pk_alert_member", type_="primary")
        table.create_primary_key("pk_alert_member", [*_KEY, "rule"])
    op.create_table(
        "consumer_rest",
        sa.Column("consumer", sa.String(64), nullable=False),
        sa.Column("findings", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", name="pk_consumer_rest"),
    )


def downgrade() -> None:
    """Keep of what several rules say of a device the one that still lasts; an engine that was stopped left no rest."""
    op.drop_table("consumer_rest")
    op.execute(
        "DELETE FROM alert_member WHERE EXISTS (SELECT 1 FROM alert_member AS other"
        " WHERE other.alert_id = alert_member.alert_id AND other.device_id = alert_member.device_id"
        " AND other.room = alert_member.room AND ("
        "(other.recovered_at_ms IS NULL AND alert_member.recovered_at_ms IS NOT NULL)"
        " OR ((other.recovered_at_ms IS NULL) = (alert_member.recovered_at_ms IS NULL)"
        " AND other.rule > alert_member.rule)))"
    )
    with op.batch_alter_table("alert_member") as table:
        table.drop_constraint("pk_alert_member", type_="primary")
        table.create_primary_key("pk_alert_member", _KEY)
        table.drop_column("rule")
