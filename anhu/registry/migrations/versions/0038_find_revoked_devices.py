"""Let a city find its revoked devices by an index.

Nothing is locked: on PostgreSQL the index is built while rows come in.
"""

from __future__ import annotations

from anhu.registry.migrations import online

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_NAME = "ix_device_revoked"


def upgrade() -> None:
    """Build it."""
    online.create_index(_NAME, "device", ("id",), where="NOT enabled")


def downgrade() -> None:
    """Go back."""
    online.drop_index(_NAME, "device")
