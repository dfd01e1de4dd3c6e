"""What an alert waits for: one row of `Escalation` says what is due next, and when."""

from __future__ import annotations

from enum import StrEnum


class Timer(StrEnum):
    """What is due next."""

    STEP = "step"
    """The next step of the policy: nobody has answered."""
    RESUME = "resume"
    """Paging resumes: somebody has acknowledged, and nobody is on the way."""
    SCENE = "scene"
    """Who is on the way is asked after: nobody is on scene."""
