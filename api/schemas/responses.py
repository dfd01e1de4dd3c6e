"""What people say when they answer an alert."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from alerts.episodes.lifecycle import Found, Outcome, Practice
from api.schemas.base import Input, View

AlertID = Annotated[str, Field(min_length=1, max_length=64, examples=["a-4kq7m2x9b3c1d5e6"])]
MOST_AT_ONCE = 200


class Note(Input):
    """A remark that goes with a step."""

    note: str = Field(default="", max_length=1_000, examples=["Called back, she answers"])


class Comment(Input):
    """A remark on its own."""

    text: str = Field(min_length=1, max_length=1_000, examples=["Daughter is on her way too"])


class Closing(Input):
    """How an alert ended."""

    outcome: Outcome = Field(description="What it turned out to be; `resolved` is the platform's own word.")
    note: str = Field(
        default="",
        max_length=1_000,
        examples=["Taken to hospital by 120"],
        description="What was found and done; needed when the outcome is `true`.",
    )
    found: Found | None = Field(default=None, description="How a real one ended; only where the outcome is `true`.")
    family_note: str = Field(
        default="",
        max_length=500,
        examples=["She slipped in the bathroom and is well. Nurse Zhou looked at her."],
        description="What relatives read about it, on their page and in a message; the note stays with the staff.",
    )


class Marking(Input):
    """Whether an alert is practice."""

    practice: Practice | Literal[""] = Field(description="Empty: it is none after all.")


class Merging(Note):
    """Into which alert of the same resident."""

    into: AlertID


class Offer(Note):
    """Whom to ask."""

    to: str = Field(min_length=1, max_length=64, examples=["u-desk"], description="A colleague who may see the alert.")


class CallResult(Input):
    """What became of a telephone call about an alert."""

    to: str = Field(min_length=1, max_length=100, examples=["李娜 (daughter)"], description="Who was called.")
    result: Literal["reached", "no_answer", "busy"]
    note: str = Field(default="", max_length=1_000)


class Bulk(Input):
    """One answer to several alerts of one kind and one centre; never to calls for help."""

    alert_ids: list[AlertID] = Field(min_length=1, max_length=MOST_AT_ONCE)
    step: Literal["acknowledge", "close"]
    outcome: Outcome | None = Field(default=None, description="For `close`.")
    note: str = Field(default="", max_length=1_000)


class BulkRefusal(View):
    """An alert that was left as it is, and why."""

    alert_id: str
    why: str


class BulkAnswer(View):
    """What became of them."""

    answered: list[str]
    refused: list[BulkRefusal]


class ColleagueView(View):
    """Somebody who may be asked to take an alert over."""

    user_id: str
    name: str
    role: str = Field(examples=["desk"])
    here: bool = Field(description="Has a session in use in the last minutes.")
