"""Alembic's entry: runs the revisions on the connection that `anhu.registry.migrations.upgrade` hands over."""

from __future__ import annotations

from alembic import context

import anhu.registry.account_tables
import anhu.registry.beat_tables
import anhu.registry.device_tables
import anhu.registry.line_tables
import anhu.registry.oidc_tables
import anhu.registry.people_tables
import anhu.registry.process_tables
import anhu.registry.product_tables
import anhu.registry.quarantine_tables
import anhu.registry.series_tables
import anhu.registry.shard_tables  # noqa: F401 - its tables belong to the metadata
from anhu.registry.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters tables by copying them
    compare_type=True,
    transaction_per_migration=connection.dialect.name == "postgresql",
)
with context.begin_transaction():
    context.run_migrations()
