"""Who agreed to what, in which capacity, to which wording, and when it was withdrawn (PIPL 15, 28-30)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.contract.identity import new_id
from anhu.registry.errors import TakenError
from anhu.registry.facts import check_name
from anhu.registry.people_tables import Consent
from anhu.registry.rows import add_new, existing
from anhu.registry.tables import Resident


class Purpose(StrEnum):
    """What is agreed to, each by itself."""

    MONITORING = "monitoring"
    LOCATION = "location"
    FAMILY = "family"
    """That relatives see how the resident is; withdrawn, they see nothing from then on."""
    EXCHANGE = "exchange"
    """That the record goes to health authorities and hospitals."""


class Capacity(StrEnum):
    """As what somebody agrees."""

    SELF = "self"
    GUARDIAN = "guardian"
    AGENT = "agent"
    """Holds a power of attorney."""


def _one_of(field: str, value: str, allowed: type[StrEnum]) -> None:
    if value not in list(allowed):
        expected = ", ".join(allowed)
        raise FieldError(field, value, f"one of {expected}", zh=f"以下之一：{expected}")


def give_consent(
    session: Session,
    *,
    resident_id: str,
    purpose: str,
    text_version: str,
    given_by: str,
    capacity: str,
    given_at_ms: int,
    now_ms: int,
    recorded_by: str,
) -> Consent:
    """Write down that somebody agreed. Raises `FieldError`, `MissingRowError`, `TakenError` while it stands already."""
    existing(session, Resident, resident_id)
    _one_of("purpose", purpose, Purpose)
    _one_of("capacity", capacity, Capacity)
    check_name("given_by", given_by)
    check_name("text_version", text_version)
    if given_at_ms > now_ms:
        raise FieldError("given_at", given_at_ms, "a day that has come", zh="不晚于今天的日期")
    if purpose in standing(session, resident_id):
        raise TakenError("consent", purpose)
    row = Consent(
        id=new_id("g"),
        resident_id=resident_id,
        purpose=purpose,
        text_version=text_version,
        given_by=given_by,
        capacity=capacity,
        given_at_ms=given_at_ms,
        recorded_by=recorded_by,
        withdrawn_by="",
    )
    return add_new(session, row, row.id)


def withdraw_consent(session: Session, consent_id: str, *, withdrawn_by: str, now_ms: int) -> Consent:
    """Write down that it was withdrawn; twice changes nothing. Raises `MissingRowError`, `FieldError`."""
    row = existing(session, Consent, consent_id, lock=True)
    check_name("withdrawn_by", withdrawn_by)
    if row.withdrawn_at_ms is None:
        row.withdrawn_at_ms, row.withdrawn_by = now_ms, withdrawn_by
        session.flush()
    return row


def consents_of(session: Session, resident_id: str) -> Sequence[Consent]:
    """Return all that was ever agreed to, the newest first."""
    wanted = select(Consent).where(Consent.resident_id == resident_id)
    return session.scalars(wanted.order_by(Consent.given_at_ms.desc(), Consent.id)).all()


def standing(session: Session, resident_id: str) -> frozenset[str]:
    """Return the purposes to which there is consent now."""
    wanted = select(Consent.purpose).where(Consent.resident_id == resident_id, Consent.withdrawn_at_ms.is_(None))
    return frozenset(session.scalars(wanted))
