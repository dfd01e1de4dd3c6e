"""What people say when they answer an alert."""

from __future__ import annotations

from pydantic import Field

from alerts.episodes.lifecycle import Outcome
from api.schemas.base import Input


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
    family_note: str = Field(
        default="",
        max_length=500,
        examples=["She slipped in the bathroom and is well. Nurse Zhou looked at her."],
        description="What relatives read about it, on their page and in a message; the note stays with the staff.",
    )
