"""What each rule does for each resident, as the engine last found it: for the pages of those residents."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import Base


class ResidentRules(Base):
    """One resident whose devices are watched; no row: nothing is."""

    __tablename__ = "resident_rules"
    resident_id: Mapped[str] = mapped_column(primary_key=True)
    at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    """When the engine last looked. [ms]"""
    rules: Mapped[dict[str, Any]]
    """Rule -> `alerts.engine.rule_states.RuleState` as a list."""
