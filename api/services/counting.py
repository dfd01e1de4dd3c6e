"""How many there are, as far as anybody needs to know: of a city's rows nobody waits for the whole number."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session


class Counted(NamedTuple):
    """How many there are, or that there are more than that."""

    number: int
    has_more: bool = False

    @property
    def shown(self) -> str:
        """The number; with a plus where there are more."""
        return f"{self.number:,}+" if self.has_more else str(self.number)


def count_up_to(session: Session, wanted: Select[str], most: int) -> Counted:
    """Return how many rows there are, and no more than `most`."""
    found = session.scalar(select(func.count()).select_from(wanted.limit(most + 1).subquery())) or 0
    return Counted(min(found, most), found > most)
