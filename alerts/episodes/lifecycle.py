"""What may follow what: the two axes of an alert as one pure table.

The condition (present, gone) is the detectors' business; the response is people's. An illegal step is refused with the
reason, so that two people who press at once cannot undo each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from anhu.contract.errors import AnhuError


class Response(StrEnum):
    """What people have done about an alert so far."""

    UNACKED = "unacked"
    ACKNOWLEDGED = "acknowledged"
    ON_THE_WAY = "on_the_way"
    ON_SCENE = "on_scene"
    CLOSED = "closed"


class Wanted(StrEnum):
    """What somebody says who answers from a message."""

    ACKNOWLEDGE = "acknowledge"
    ON_THE_WAY = "on_the_way"
    CANNOT = "cannot"


MOST_MINUTES = 240
"""On the way for longer than this is not on the way. [min]"""


class Outcome(StrEnum):
    """How an alert ended.

    `RESOLVED` is the platform's own word for a condition that went away unanswered, `MERGED` for one that closed into
    another and takes that one's outcome when it has one.
    """

    TRUE = "true"
    FALSE = "false"
    TEST = "test"
    DRILL = "drill"
    DEVICE_FAULT = "device_fault"
    RESOLVED = "resolved"
    MERGED = "merged"


class Found(StrEnum):
    """What was found and done where an alert was real."""

    HELPED_UP = "helped_up"
    HOSPITAL = "hospital"
    AMBULANCE = "ambulance"
    """Handed over to the crew of 120."""
    NOBODY_MET = "nobody_met"
    OTHER = "other"


class Practice(StrEnum):
    """What an alert is that is no alarm."""

    TEST = "test"
    DRILL = "drill"


HUMAN_OUTCOMES = frozenset(Outcome) - {Outcome.RESOLVED, Outcome.MERGED}

_UNANSWERED = frozenset({Response.UNACKED})
_BEFORE_LEAVING = _UNANSWERED | {Response.ACKNOWLEDGED}
_BEFORE_ARRIVING = _BEFORE_LEAVING | {Response.ON_THE_WAY}

ALLOWED_FROM: Mapping[Response, frozenset[Response]] = MappingProxyType(
    {
        Response.UNACKED: frozenset({Response.ACKNOWLEDGED}),
        Response.ACKNOWLEDGED: _UNANSWERED,
        Response.ON_THE_WAY: _BEFORE_LEAVING,
        Response.ON_SCENE: _BEFORE_ARRIVING,
        Response.CLOSED: _BEFORE_ARRIVING | {Response.ON_SCENE},
    }
)
"""Wanted response -> responses it may follow. Back to unacked only by worsening: the answer was to something milder."""


class IllegalStepError(AnhuError):
    """A step that the alert's present response does not allow: for an API a conflict (409), not a malformed request.

    Attributes
    ----------
    present, wanted : Response
        Where the alert stands, and where somebody wanted it.
    assignee : str
        Who answers it now; empty when nobody.
    """

    status = 409

    def __init__(self, present: Response, wanted: Response, assignee: str = "") -> None:
        by = f" by {assignee}" if assignee else ""
        super().__init__(f"the alert is {present}{by}, it cannot become {wanted}")
        self.present = present
        self.wanted = wanted
        self.assignee = assignee


class NotNowError(AnhuError):
    """Something that does not fit how the alert stands now: for an API a conflict (409).

    Parameters
    ----------
    why : str
        One sentence.
    """

    status = 409


def check_step(present: Response, wanted: Response, assignee: str = "") -> None:
    """Raise `IllegalStepError` unless the wanted response may follow the present one."""
    if present not in ALLOWED_FROM[wanted]:
        raise IllegalStepError(present, wanted, assignee)
