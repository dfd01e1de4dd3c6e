"""Writes what is known of a resident beyond the row that every alarm reads."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from anhu.registry.care_records import set_care_record
from anhu.registry.facts import check_phone, check_text, plain_number, trimmed
from anhu.registry.identities import set_identity
from anhu.registry.identity_vault import IdentityVault
from anhu.registry.people_tables import CareRecord
from anhu.registry.phones import kept_phone
from api.dependencies import Dependencies
from api.errors import UnavailableError
from api.schemas.residents import NewResident, ResidentChange

_LONGEST_PHONE = 32
_LISTS = ("conditions", "medicines", "allergies")
RECORD = frozenset({"identity_number", *_LISTS})
"""Fields that stand in tables of their own."""


def today_of(deps: Dependencies) -> date:
    """Return the day that it is where the installation is."""
    return datetime.fromtimestamp(deps.clock.now_ms() / 1_000, ZoneInfo(deps.time_zone)).date()


def vault_of(deps: Dependencies) -> IdentityVault:
    """Return where identity numbers are locked away. Raises `UnavailableError` when there is no key."""
    if deps.vault is None:
        raise UnavailableError("identity numbers cannot be kept: their key is missing, or is another one's")
    return deps.vault


def phone_of(deps: Dependencies, field: str, text: str) -> str:
    """Return a telephone number as it is kept, in the installation's country. Raises `FieldError`."""
    number = plain_number(trimmed(text))
    check_text(field, number, longest=_LONGEST_PHONE)
    check_phone(field, number)
    return kept_phone(field, number, region=deps.phone_region) if number else ""


def write_record(session: Session, deps: Dependencies, resident_id: str, given: NewResident | ResidentChange) -> None:
    """Write what was given; what was left out stays. Raises `FieldError`, `TakenError`, `UnavailableError`."""
    if given.identity_number is not None and "identity_number" in given.model_fields_set:
        set_identity(session, vault_of(deps), resident_id, given.identity_number, today=today_of(deps))
    named = [name for name in _LISTS if getattr(given, name) is not None and name in given.model_fields_set]
    if not named:
        return
    known = session.get(CareRecord, resident_id)
    lists = {name: list(getattr(known, name)) if known else [] for name in _LISTS}
    values = given.model_dump(include=set(named))
    set_care_record(session, resident_id, **(lists | values))
