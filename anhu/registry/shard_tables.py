"""Who reads which partition of the LOG at present, and which processes are there to read one.

All times are the database's own clock: it is one for all, whatever the machines believe.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import Base


class ShardLease(Base):
    """One partition of one consumer, and whose it is until when."""

    __tablename__ = "shard_leases"
    consumer: Mapped[str] = mapped_column(String(32), primary_key=True)
    """``alerts``, ``ingest``: the base of the readers' names."""
    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner: Mapped[str] = mapped_column(String(64), default="")
    """A process that lives, or lived; empty: it gave the partition back."""
    epoch: Mapped[int] = mapped_column(BigInteger, default=0)
    """Grows with each owner: what an older one writes is refused by it."""
    until_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    """The owner renews it long before."""
    since_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    """Since when it is the owner's, or nobody's."""
    backlog_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    """How far the owner was behind when it said so last."""
    at_end_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    """When an owner last said that it has read everything."""


class ShardMember(Base):
    """A process that reads for a consumer, or would."""

    __tablename__ = "shard_members"
    consumer: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    until_ms: Mapped[int] = mapped_column(BigInteger)
    fenced: Mapped[int] = mapped_column(default=0)
    """How many partitions were taken from it while it believed to have them."""
    fenced_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    """When that was last."""
