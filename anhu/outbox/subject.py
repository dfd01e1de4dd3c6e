"""What a message is about."""

from __future__ import annotations

from typing import NamedTuple


class SubjectRef(NamedTuple):
    """One thing that people are told of.

    Attributes
    ----------
    kind : str
        ``alert``, ``reminder``...: `notify.subjects` holds what knows how to put it into words.
    id : str
        Which one.
    """

    kind: str
    id: str
