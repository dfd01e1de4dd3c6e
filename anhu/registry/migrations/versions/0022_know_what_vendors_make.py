"""Know what vendors make, and keep the secrets that devices and clouds sign with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Leave devices without a product: nobody said which."""
    op.create_table(
        "product",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("vendor", sa.String(100), nullable=False),
        sa.Column("model", sa.String(100), nullable=False, server_default=""),
        sa.Column("codec", sa.String(64), nullable=False),
        sa.Column("push_key_sealed", sa.LargeBinary(), nullable=False, server_default=""),
        sa.Column("enabled", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
    )
    op.create_index(op.f("ix_product_vendor"), "product", ["vendor"])
    op.add_column("device", sa.Column("secret_sealed", sa.LargeBinary(), nullable=False, server_default=""))
    op.add_column("device", sa.Column("product_id", sa.String(64), nullable=False, server_default=""))
    op.create_index(op.f("ix_device_product_id"), "device", ["product_id"])


def downgrade() -> None:
    """Forget them; devices that sign can no longer log in."""
    op.drop_index(op.f("ix_device_product_id"), "device")
    op.drop_column("device", "product_id")
    op.drop_column("device", "secret_sealed")
    op.drop_index(op.f("ix_product_vendor"), "product")
    op.drop_table("product")
