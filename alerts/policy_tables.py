"""Every version of every escalation policy, for ever: what an alarm ran by can be read years later."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import SERIAL, Base


class EscalationPolicy(Base):
    """One version of a policy; it is never changed. The newest of a policy counts, until one says that it has ended."""

    __tablename__ = "escalation_policy"
    number: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    """Grows with every change of any policy: who keeps policies in memory looks whether there is a newer one."""
    policy_id: Mapped[str] = mapped_column(index=True)
    organisation_id: Mapped[str] = mapped_column(default="")
    """Whose residents; empty: of the whole installation."""
    name: Mapped[str] = mapped_column(String(100))
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)
    has_ended: Mapped[bool] = mapped_column(default=False)
    made_at_ms: Mapped[int] = mapped_column(BigInteger)
    made_by: Mapped[str] = mapped_column(default="")
