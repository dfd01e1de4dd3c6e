"""Parts that all schemas share: times, pages of a list, problem documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from anhu.contract.clock import to_rfc3339

MAX_FIELDS = 64
_TIME_SCHEMA = {"type": "string", "format": "date-time", "examples": ["2026-11-23T03:00:00.000Z"]}

Time = Annotated[
    int,
    PlainSerializer(to_rfc3339, return_type=str, when_used="json"),
    WithJsonSchema(_TIME_SCHEMA, mode="serialization"),
]
"""UTC milliseconds in Python, RFC 3339 in JSON. [ms]"""


def at(name: str) -> Any:  # noqa: ANN401 - pydantic's own type of a field's default
    """Name a time in JSON: ``raised_at_ms: Time = at("raised_at")``."""
    return Field(serialization_alias=name)


def ruled(default: Any = ..., *, examples: Sequence[str] = (), description: str = "", **said: str | int) -> Any:  # noqa: ANN401 - the same
    """Describe a text that `anhu.registry.facts` judges, in the same words for the command line.

    Parameters
    ----------
    said
        What the API's document says of it: ``maxLength``, ``pattern``.
    """
    return Field(
        default, examples=list(examples) or None, description=description or None, json_schema_extra=dict(said)
    )


class View(BaseModel):
    """Base of everything the API answers."""

    model_config = ConfigDict(frozen=True)


class Input(BaseModel):
    """Base of everything the API takes: an unknown field is an error, texts are trimmed."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _few_fields(cls, given: object) -> object:
        """Refuse a heap of fields as one problem, before each is looked at."""
        if isinstance(given, dict) and len(given) > MAX_FIELDS:
            raise PydanticCustomError("too_many_fields", "at most {limit} fields", {"limit": MAX_FIELDS})
        return given


T = TypeVar("T")


class Page(View, Generic[T]):
    """A part of a list. Ask again with ``cursor=next_cursor`` for the next; null when this was the last."""

    items: list[T]
    next_cursor: str | None = None


class FieldProblem(View):
    """One field that was refused."""

    field: str = Field(examples=["body.outcome"])
    value: str = Field(examples=["'maybe'"])
    expected: str = Field(examples=["'real', 'false_alarm', 'test', 'drill' or 'device_fault'"])


class Problem(View):
    """An error, as RFC 9457 has it (``application/problem+json``)."""

    type: str = Field(examples=["urn:anhu:problem:not-found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(default="", examples=["no alert 'a-1'"])
    instance: str = Field(default="", description="The request's path.")
    errors: list[FieldProblem] = Field(default=[], description="Which fields were refused, and why.")
