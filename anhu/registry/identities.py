"""Which resident has which identity number: kept sealed, found by digest, shown by the last four."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.registry.errors import TakenError
from anhu.registry.identity_numbers import FIELD, IdentityNumber, check_bearer, identity_number
from anhu.registry.identity_vault import IdentityVault
from anhu.registry.people_tables import ResidentIdentity
from anhu.registry.rows import existing
from anhu.registry.tables import Resident


def set_identity(session: Session, vault: IdentityVault, resident_id: str, text: str, *, today: date) -> None:
    """Keep a resident's identity number; an empty one is forgotten. Birth date and sex are filled in from it.

    Raises
    ------
    FieldError
        For a number that cannot be, or is another person's than birth date and sex say.
    TakenError
        If another resident has it.
    """
    row = session.get(ResidentIdentity, resident_id)
    if not text:
        if row is not None:
            session.delete(row)
            session.flush()
        return
    number = identity_number(text, today=today)
    resident = existing(session, Resident, resident_id)
    check_bearer(number, birth_date=resident.birth_date, sex=resident.sex)
    digest = vault.digest(number.number)
    require_unknown(session, digest, number, resident_id)
    resident.birth_date, resident.sex = number.birth_date, number.sex
    if row is None:
        row = ResidentIdentity(resident_id=resident_id)
        session.add(row)
    row.digest, row.last_four = digest, number.last_four
    row.sealed = vault.seal(number.number, resident_id)
    session.flush()


def require_unknown(session: Session, digest: bytes, number: IdentityNumber, resident_id: str) -> None:
    """Raise `TakenError` when another resident has the number."""
    owner = session.scalar(select(ResidentIdentity.resident_id).where(ResidentIdentity.digest == digest))
    if owner is not None and owner != resident_id:
        raise TakenError(FIELD, f"…{number.last_four}")


def last_four(session: Session, resident_id: str) -> str:
    """Return what is shown of a resident's number; empty when there is none."""
    wanted = select(ResidentIdentity.last_four).where(ResidentIdentity.resident_id == resident_id)
    return session.scalar(wanted) or ""


def any_sealed(session: Session) -> tuple[str, bytes] | None:
    """Return some resident and the sealed number, to try a key on; None while nobody has one."""
    row = session.execute(select(ResidentIdentity.resident_id, ResidentIdentity.sealed).limit(1)).first()
    return None if row is None else (row[0], row[1])
