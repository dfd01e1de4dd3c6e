"""What the poller has done since it started, for the health page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class PollCounters:
    """Counts since the start.

    Attributes
    ----------
    asked, answered, failed : int
        Questions; with a good answer; without one.
    messages, unchanged : int
        Given to the LOG; that the cloud had told before.
    strangers : int
        Messages of devices that were not asked about.
    not_kept : int
        Answers that the LOG could not keep: they are asked for again.
    """

    asked: int = 0
    answered: int = 0
    failed: int = 0
    messages: int = 0
    unchanged: int = 0
    strangers: int = 0
    not_kept: int = 0
