"""What arrives twice under one key was said once: a form sent by a double tap, a phone that did not hear the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

T = TypeVar("T")


def told_once(act: Callable[[], T]) -> T:
    """Do something that looks for its key first; once more if another request wrote the same key meanwhile."""
    try:
        return act()
    except IntegrityError:
        return act()
