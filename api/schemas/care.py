"""Messages, service requests, what relatives say, and steps that a phone sends late."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from api.schemas.alerts import AlertView
from api.schemas.base import Input, Time, View, at

DAY_S = 86_400
Key = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-]{8,64}$",
        examples=["f3c1b2a09d8e7f65"],
        description="Made up by the sender: what arrives twice under one key was said once.",
    ),
]
SaidAgo = Annotated[
    int,
    Field(
        ge=0,
        le=DAY_S,
        description="How long ago it was said, by the sender's own clock: a phone without a line sends later. [s]",
    ),
]


class NewMessage(Input):
    """What somebody writes into a thread."""

    text: str = Field(min_length=1, max_length=1_000, examples=["I visit on Sunday."])
    key: Key
    said_ago_s: SaidAgo = 0


class MessageView(View):
    """One message of a thread."""

    id: int
    resident_id: str
    at_ms: Time = at("at")
    user_id: str
    name: str
    role: str = Field(examples=["family"], description="desk, team, family, admin")
    text: str
    alert_id: str = Field(default="", description="The alarm that its words raised or joined; empty mostly.")


class ThreadView(View):
    """A resident's thread, the newest last."""

    resident_id: str
    messages: list[MessageView]
    read_id: int = Field(description="Up to which message the caller has read.")
    more: bool = Field(description="There are older ones: ask with `before`.")


class ReadUpTo(Input):
    """How far somebody has read."""

    message_id: int = Field(ge=0, le=2**53)


class ThreadLineView(View):
    """A thread in the list of threads."""

    resident_id: str
    resident_name: str
    unread: int
    last_at_ms: Time | None = at("last_at")
    last_name: str = ""
    last_text: str = ""


class UnreadView(View):
    """How much waits to be read, as far as 1,000 messages: all of a team's, the last 30 days of a desk's."""

    messages: int
    residents: int


class RequestKind(StrEnum):
    """What is asked for."""

    MEAL = "meal"
    REPAIR = "repair"
    ESCORT = "escort"
    VISIT = "visit"
    OTHER = "other"


class RequestState(StrEnum):
    """How far a request is."""

    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"
    CANCELLED = "cancelled"


class NewRequest(Input):
    """Something that a resident needs."""

    kind: RequestKind
    text: str = Field(default="", max_length=500, examples=["Lunch without salt, from Monday on"])
    due_in_h: int | None = Field(default=None, ge=1, le=24 * 60, description="By when it is needed, from now. [h]")
    key: Key


class RequestEnd(Input):
    """What became of a request."""

    outcome: str = Field(min_length=1, max_length=500, examples=["Meal brought at 11:40"])


class RequestView(View):
    """A service request."""

    id: str
    resident_id: str
    resident_name: str
    kind: str
    text: str
    state: str
    asked_by_name: str
    asked_by_me: bool
    asked_at_ms: Time = at("asked_at")
    due_at_ms: Time | None = at("due_at")
    overdue: bool
    taken_by_name: str = ""
    taken_at_ms: Time | None = at("taken_at")
    ended_by_name: str = ""
    ended_at_ms: Time | None = at("ended_at")
    outcome: str = ""


class FamilySays(StrEnum):
    """What a relative can say."""

    GOING = "going"
    NOT_GOING = "not_going"
    HERE = "here"
    WELL = "well"
    """Spoken with the resident: she says that she is well. It closes nothing."""


class NewFamilyWord(Input):
    """What a relative says."""

    what: FamilySays
    minutes: int | None = Field(default=None, ge=0, le=24 * 60, description="Of `going`: how long until there. [min]")
    note: str = Field(default="", max_length=300)
    key: Key
    said_ago_s: SaidAgo = 0


class FamilyWordView(View):
    """What a relative said."""

    id: int
    resident_id: str
    user_id: str
    name: str
    relation: str = ""
    what: str
    at_ms: Time = at("at")
    arrives_at_ms: Time | None = at("arrives_at")
    note: str = ""


class PhoneStep(StrEnum):
    """What a phone may answer to an alarm."""

    ACKNOWLEDGE = "acknowledge"
    ON_THE_WAY = "on_the_way"
    ON_SCENE = "on_scene"
    COMMENT = "comment"


class NewStep(Input):
    """An answer that may have waited for a line."""

    step: PhoneStep
    note: str = Field(default="", max_length=1_000)
    key: Key
    said_ago_s: SaidAgo = 0


class StepView(View):
    """What became of an answer."""

    applied: bool = Field(description="False: it came too late for that, and stands in the history as what was said.")
    why: str = Field(default="", examples=["acknowledged"], description="The response that was in its way.")
    by_name: str = Field(default="", description="Whose.")
    alert: AlertView
