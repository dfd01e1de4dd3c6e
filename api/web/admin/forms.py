"""Forms: what was typed stays in them, and what is wrong stands beside its field, in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from fastapi import Depends, Request
from pydantic import ValidationError

from anhu.contract.errors import FieldError
from anhu.registry.errors import InUseError, MissingRowError, TakenError
from anhu.registry.facts import trimmed
from api.errors import ConflictError, TooManyRequestsError
from api.web.wording import Wording

Typed: TypeAlias = Mapping[str, str]
_NEVER_SHOWN = frozenset({"csrf", "password", "present", "again", "code"})
REFUSALS = (
    FieldError,
    TakenError,
    MissingRowError,
    InUseError,
    ConflictError,
    TooManyRequestsError,
    ValidationError,
)
"""What a form answers itself; everything else is an error of its own, with a page of its own."""
Refused: TypeAlias = (
    FieldError | TakenError | MissingRowError | InUseError | ConflictError | TooManyRequestsError | ValidationError
)


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in a form.

    Attributes
    ----------
    values : mapping
        Field -> text; never a password.
    errors : mapping
        Field -> what is wrong with it; of the form as a whole under the empty name.
    """

    values: Typed = field(default_factory=dict)
    errors: Typed = field(default_factory=dict)

    def value(self, name: str) -> str:
        """Return what stands in a field."""
        return self.values.get(name, "")

    def error(self, name: str) -> str:
        """Return what is wrong with a field; empty: nothing."""
        return self.errors.get(name, "")

    def loose(self, *shown: str) -> list[str]:
        """Return what is wrong beside the fields that a page shows."""
        return [said for name, said in self.errors.items() if name not in shown]


async def _typed(request: Request) -> Typed:
    """Return the fields of a form; a program may send the same as JSON."""
    if request.headers.get("content-type", "").startswith("application/json"):
        given = json.loads(await request.body() or b"{}")
        return {name: _plain(name, text) for name, text in given.items() if isinstance(text, str)}
    sent = await request.form()
    return {name: _plain(name, text) for name, text in sent.items() if isinstance(text, str)}


def _plain(name: str, text: str) -> str:
    """Return what was typed without the white space around it; a password is left as it is."""
    return text if name in _NEVER_SHOWN else trimmed(text)


Fields = Annotated[Typed, Depends(_typed)]


def checked(fields: Typed, name: str) -> bool:
    """Tell whether a box is ticked."""
    return bool(fields.get(name))


def kept(fields: Typed, errors: Mapping[str, str] | None = None) -> Form:
    """Return a form as it was typed, without what must not be shown again."""
    return Form({name: text for name, text in fields.items() if name not in _NEVER_SHOWN}, errors or {})


def refused(fields: Typed, error: Refused, wording: Wording) -> Form:
    """Return a form as it was typed, and what is wrong beside its field."""
    return kept(fields, said_beside(error, wording))


def said_beside(error: Refused, wording: Wording) -> dict[str, str]:
    """Return field -> what is wrong; under the empty name what concerns no single field."""
    if isinstance(error, ValidationError):
        return {str(one["loc"][-1]): wording.t("form.choose") for one in error.errors()}
    if isinstance(error, FieldError):
        chinese = wording.language == "zh-CN" and error.zh
        expected = error.zh if chinese else error.expected
        return {error.field.rpartition(".")[2]: wording.t("form.expected", expected=expected)}
    if isinstance(error, TakenError):
        return {error.what: wording.t("form.taken")}
    if isinstance(error, MissingRowError):
        return {f"{error.what}_id": wording.t("form.gone")}
    return {"": error.said(wording.language)}
