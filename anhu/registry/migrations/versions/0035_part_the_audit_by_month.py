"""Part the audit by month on PostgreSQL, what is there becoming the first part; and let it be read by whom and when.

Nobody waits: indexes are built beside the work, the bound of what is there is checked without a lock, and the rest is
names. SQLite keeps one table.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from alembic import op

from anhu.registry.migrations import online

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_audit_when": ("at_ms", "id"),
    "ix_audit_who": ("user_id", "at_ms"),
    "ix_audit_whom": ("resident_id", "at_ms"),
    "ix_audit_what": ("action", "at_ms"),
}
_OLD = ("at_ms", "user_id", "resident_id")
_AHEAD = 4


def upgrade() -> None:
    """Build what the parts need, then give the old table its new name."""
    if not online.on_server():
        for name, columns in _INDEXES.items():
            online.create_index(name, "audit", columns)
        for column in _OLD:
            online.drop_index(f"ix_audit_{column}", "audit")
        return
    if _is_parted():
        return  # an attempt that was interrupted after the exchange
    for name, columns in _INDEXES.items():
        online.create_index(_before(name), "audit", columns)
    first_ms = _first_ms()
    _prepare(first_ms)
    _exchange(first_ms)


def _before(name: str) -> str:
    return name.replace("audit", "audit_before")


def _is_parted() -> bool:
    with online.outside_transaction() as run:
        return run("SELECT 1 FROM pg_partitioned_table WHERE partrelid = to_regclass('audit')").scalar() is not None


def _first_ms() -> int:
    """Return where the first month of its own begins: after all that is there, and a month ahead at least. [ms]."""
    with online.outside_transaction() as run:
        newest = run("SELECT max(at_ms) FROM audit").scalar() or 0
    at = datetime.fromtimestamp(max(newest, time.time() * 1_000) / 1_000, tz=UTC)
    return _month_ms(at.year, at.month + 2)


def _month_ms(year: int, month: int) -> int:
    years, rest = divmod(month - 1, 12)
    return int(datetime(year + years, rest + 1, 1, tzinfo=UTC).timestamp()) * 1_000


def _prepare(first_ms: int) -> None:
    """Let the server know that everything there is from before, without keeping anybody from writing."""
    with online.outside_transaction() as run:
        run("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS pk_audit_before ON audit (id, at_ms)")
    with online.outside_transaction(patient=False) as run:
        run("ALTER TABLE audit DROP CONSTRAINT IF EXISTS ck_audit_before")
        run(f"ALTER TABLE audit ADD CONSTRAINT ck_audit_before CHECK (at_ms < {first_ms}) NOT VALID")
    with online.outside_transaction() as run:
        run("ALTER TABLE audit VALIDATE CONSTRAINT ck_audit_before")
    for column in _OLD:
        online.drop_index(f"ix_audit_{column}", "audit")


def _exchange(first_ms: int) -> None:
    """Put a parted table in the old one's place: names and bounds only, no row is read."""
    op.execute("ALTER TABLE audit DROP CONSTRAINT pk_audit")
    op.execute("ALTER TABLE audit ADD CONSTRAINT pk_audit_before PRIMARY KEY USING INDEX pk_audit_before")
    op.execute("ALTER TABLE audit RENAME TO audit_before")
    op.execute("CREATE TABLE audit (LIKE audit_before INCLUDING DEFAULTS) PARTITION BY RANGE (at_ms)")
    op.execute("ALTER SEQUENCE audit_id_seq OWNED BY audit.id")
    op.execute("ALTER TABLE audit ADD CONSTRAINT pk_audit PRIMARY KEY (id, at_ms)")
    for name, columns in _INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON audit ({', '.join(columns)})")
    op.execute(f"ALTER TABLE audit ATTACH PARTITION audit_before FOR VALUES FROM (MINVALUE) TO ({first_ms})")
    first = datetime.fromtimestamp(first_ms / 1_000, tz=UTC)
    for k in range(_AHEAD):
        begins, ends = _month_ms(first.year, first.month + k), _month_ms(first.year, first.month + k + 1)
        at = datetime.fromtimestamp(begins / 1_000, tz=UTC)
        op.execute(f"CREATE TABLE audit_{at:%Y_%m} PARTITION OF audit FOR VALUES FROM ({begins}) TO ({ends})")
    op.execute("CREATE TABLE audit_other PARTITION OF audit DEFAULT")


def downgrade() -> None:
    """Put everything back into one table."""
    if not online.on_server():
        for name in _INDEXES:
            op.drop_index(name, "audit")
    else:
        _put_together()
    for column in _OLD:
        op.create_index(f"ix_audit_{column}", "audit", [column])


def _put_together() -> None:
    op.execute("ALTER TABLE audit RENAME TO audit_parted")
    op.execute("CREATE TABLE audit (LIKE audit_parted INCLUDING DEFAULTS)")
    op.execute("INSERT INTO audit SELECT * FROM audit_parted")
    op.execute("ALTER SEQUENCE audit_id_seq OWNED BY audit.id")
    op.execute("DROP TABLE audit_parted")
    op.execute("ALTER TABLE audit ADD CONSTRAINT pk_audit PRIMARY KEY (id)")
