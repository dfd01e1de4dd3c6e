"""A resident's form: what was typed stays in it, and what is wrong stands beside its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, Request
from pydantic import ValidationError

from anhu.contract.errors import FieldError
from anhu.registry.errors import MissingRowError, TakenError
from anhu.registry.facts import trimmed
from anhu.registry.phones import shown_phone
from anhu.registry.regions import chosen_region
from api.errors import ApiError, ChangedMeanwhileError, ConflictError, Meanwhile, UnavailableError
from api.schemas.records import RecordView
from api.web.wording import Wording

Texts: TypeAlias = Mapping[str, Sequence[str]]
REFUSALS = (FieldError, TakenError, MissingRowError, ConflictError, UnavailableError, ValidationError)
"""What a form answers itself."""
SPARE_MEDICINES = 3
_PLAIN = ("name", "sex", "birth_date", "phone", "address", "access_note", "external_number", "tier")
_LINES = ("conditions", "allergies")


async def _typed(request: Request) -> Texts:
    sent = await request.form()
    return {name: [text for text in sent.getlist(name) if isinstance(text, str)] for name in sent}


Typed = Annotated[Texts, Depends(_typed)]


def one(typed: Texts, name: str) -> str:
    """Return what was typed in a field."""
    return trimmed(next(iter(typed.get(name, ())), ""))


@dataclass(frozen=True, slots=True)
class Mistakes:
    """What is wrong.

    Attributes
    ----------
    fields : mapping
        Field -> sentence.
    whole : str
        What concerns no single field; empty: nothing.
    changes : sequence of Meanwhile
        What somebody else changed meanwhile.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    whole: str = ""
    changes: Sequence[Meanwhile] = ()

    def of(self, name: str) -> str:
        """Return what is wrong with a field; empty: nothing."""
        return self.fields.get(name, "")


def mistakes_of(error: Exception, wording: Wording) -> Mistakes:
    """Return an error as the form says it, in the reader's language."""
    if isinstance(error, FieldError):
        expected = error.zh if wording.language == "zh-CN" and error.zh else error.expected
        said = wording.t("people.expected", expected=expected)
        return Mistakes({error.field: said}, whole=said if error.field in _UNSHOWN else "")
    if isinstance(error, TakenError):
        said = wording.t(
            f"people_taken.{error.what}" if error.what in _TAKEN else "people_taken.other", what=error.row_id
        )
        return Mistakes({error.what: said}, whole="" if error.what in _PLAIN else said)
    if isinstance(error, ValidationError):
        return Mistakes({str(one["loc"][0]): wording.t("people.not_so") for one in error.errors()})
    if isinstance(error, UnavailableError):
        return Mistakes({"identity_number": wording.t("people.no_key")})
    changes = error.changes if isinstance(error, ChangedMeanwhileError) else ()
    why = "meanwhile" if changes else "gone" if isinstance(error, MissingRowError) else "not_now"
    return Mistakes(whole=wording.word("people_why", why), changes=changes)


_TAKEN = frozenset({"identity_number", "external_number", "bed", "consent", "place", "family link"})
_UNSHOWN = frozenset({"flags", "user_ids", "medicines", "time_zone"})


def status_of(error: Exception) -> int:
    """Return what a program is told that sent the form."""
    if isinstance(error, ApiError):
        return error.status
    return 409 if isinstance(error, TakenError) else 422


def facts_of(typed: Texts) -> dict[str, Any]:
    """Return the fields of the schemas from what was typed. Raises `FieldError` for a region that is none."""
    facts: dict[str, Any] = {name: one(typed, name) for name in _PLAIN}
    facts |= {name: [line for line in one(typed, name).splitlines() if line.strip()] for name in _LINES}
    facts["region_code"] = chosen_region("region_code", one(typed, "region_code"))
    facts["flags"] = list(typed.get("flags", ()))
    facts["medicines"] = _medicines(typed)
    facts |= {name: one(typed, name) for name in ("centre_id", "team_id") if name in typed}
    if number := one(typed, "identity_number"):
        facts["identity_number"] = number
    elif one(typed, "forget_identity"):
        facts["identity_number"] = ""
    return facts


def _medicines(typed: Texts) -> list[dict[str, Any]]:
    names, doses = typed.get("medicine_name", ()), typed.get("medicine_dose", ())
    marked = set(typed.get("medicine_dangerous", ()))
    rows = [
        {"name": trimmed(name), "dose": trimmed(dose), "dangerous": str(place) in marked}
        for place, (name, dose) in enumerate(zip(names, doses, strict=False))
    ]
    return [row for row in rows if row["name"] or row["dose"]]


def typed_of(record: RecordView) -> Texts:
    """Return a form as the record stands."""
    known = record.resident
    texts: dict[str, Sequence[str]] = {name: [str(getattr(known, name))] for name in _PLAIN}
    texts |= {name: ["\n".join(getattr(record, name))] for name in _LINES}
    texts["phone"] = [shown_phone(known.phone)]
    texts["region_code"] = [f"{known.region_code} {known.region}".strip()]
    texts |= {"centre_id": [known.centre_id], "team_id": [known.team_id], "flags": known.flags}
    texts["medicine_name"] = [drug.name for drug in record.medicines]
    texts["medicine_dose"] = [drug.dose for drug in record.medicines]
    texts["medicine_dangerous"] = [str(place) for place, drug in enumerate(record.medicines) if drug.dangerous]
    texts["revision"] = [str(known.revision)]
    return texts


def medicine_rows(typed: Texts) -> list[tuple[str, str, bool]]:
    """Return the rows of the medicines' table, some empty ones below."""
    marked = set(typed.get("medicine_dangerous", ()))
    names, doses = typed.get("medicine_name", ()), typed.get("medicine_dose", ())
    rows = [(n, d, str(k) in marked) for k, (n, d) in enumerate(zip(names, doses, strict=False)) if n or d]
    return rows + [("", "", False)] * SPARE_MEDICINES
