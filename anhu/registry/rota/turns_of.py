"""One member's own turns over a time, as a calendar shows them."""

from __future__ import annotations

from anhu.registry.rota.duty import Turn
from anhu.registry.rota.model import Rota
from anhu.registry.rota.stretches import stretches


def turns_of(rota: Rota, user_id: str, from_ms: int, until_ms: int) -> list[Turn]:
    """Return when somebody has duty, leave and swaps counted; each with the part of the shift that is left. [ms]."""
    found: list[Turn] = []
    for stretch in stretches(rota, from_ms, until_ms):
        for turn in stretch.moment.turns:
            if turn.user_id != user_id:
                continue
            part = turn._replace(start_ms=stretch.start_ms, end_ms=stretch.end_ms)
            before = found[-1] if found else None
            if before and _goes_on(before, part):
                found[-1] = before._replace(end_ms=part.end_ms)
            else:
                found.append(part)
    return found


def _goes_on(before: Turn, part: Turn) -> bool:
    is_same = (before.shift_id, before.day) == (part.shift_id, part.day)
    return is_same and before.end_ms == part.start_ms
