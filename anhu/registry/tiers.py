"""How closely a resident is watched: escalation policies may differ by it."""

from __future__ import annotations

from enum import StrEnum

from anhu.contract.errors import FieldError


class Tier(StrEnum):
    """From what a living-alone pensioner needs to what a bedridden one does."""

    BASIC = "basic"
    ENHANCED = "enhanced"
    INTENSIVE = "intensive"


def check_tier(field: str, value: str) -> None:
    """Raise `FieldError` for what is no tier; empty: as everybody."""
    if value and value not in list(Tier):
        raise FieldError(field, value, "one of " + ", ".join(Tier), zh="以下之一：" + "、".join(Tier))
