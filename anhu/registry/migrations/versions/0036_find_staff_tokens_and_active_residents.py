"""Let a city find by an index who works there, whose contacts, tokens of a kind, what was asked, who is active.

Nothing is locked: on PostgreSQL each index is built while rows come in.
"""

from __future__ import annotations

from typing import NamedTuple

from anhu.registry.migrations import online

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


class _Index(NamedTuple):
    name: str
    table: str
    columns: tuple[str, ...]
    where: str = ""


_NEW = (
    _Index("ix_resident_active", "resident", ("centre_id", "id"), "active"),
    _Index("ix_device_command_asked", "device_command", ("asked_by", "created_at_ms"), "asked_by <> ''"),
    _Index("ix_user_role", "user", ("role", "id")),
    _Index("ix_contact_owner", "contact", ("owner_kind", "owner_id")),
    _Index("ix_token_purpose", "token", ("purpose", "expires_at_ms")),
)


def upgrade() -> None:
    """Build them."""
    for one in _NEW:
        online.create_index(one.name, one.table, one.columns, where=one.where)


def downgrade() -> None:
    """Go back."""
    for one in _NEW:
        online.drop_index(one.name, one.table)
