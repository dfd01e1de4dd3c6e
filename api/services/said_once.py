"""What arrives twice under one key was said once: a form sent by a double tap, a phone that did not hear the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

from api.errors import ConflictError

T = TypeVar("T")


def told_once(act: Callable[[], T]) -> T:
    """Do something that looks for its key first; once more if another request wrote the same key meanwhile."""
    try:
        return act()
    except IntegrityError:
        return act()


def check_same_resident(known: str, named: str) -> None:
    """Raise `ConflictError` when a key was used for another resident, whom its sender may see no more."""
    if known != named:
        raise ConflictError("this key was used for another resident", zh="该标识已用于另一位老人")
