"""Every dispatcher of a machine notices that its clock was set back; one of them moves what is planned."""

from __future__ import annotations

from sqlalchemy.orm import Session

from anhu.contract.clock import SECOND_MS
from anhu.registry.tables import Counter

_ROW = "plans moved"
_TOGETHER_MS = 5 * SECOND_MS
"""They notice within this. Moved twice, the next step of every open alert would be due at once. [ms]"""


def is_first_to_move(session: Session, now_ms: int) -> bool:
    """Tell whether nobody has moved the plans in these seconds; others wait until this transaction ends. [ms]."""
    row = session.get(Counter, _ROW, with_for_update=True)
    if row is None:
        session.add(Counter(name=_ROW, value=now_ms))
        session.flush()
        return True
    if 0 <= now_ms - row.value < _TOGETHER_MS:
        return False
    row.value = now_ms
    return True
