"""Writes a plan of residents in the transaction that it is given: all of it or, when anything is refused, nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, delete, update
from sqlalchemy.orm import Session

from anhu.contract.identity import new_id
from anhu.registry.call_list import CALL_ONLY
from anhu.registry.identity_vault import IdentityVault
from anhu.registry.imports.bulk import insert_rows, update_rows
from anhu.registry.imports.known import Known
from anhu.registry.imports.resident_plan import Plan
from anhu.registry.people_tables import CareRecord, ResidentIdentity
from anhu.registry.roles import Role
from anhu.registry.tables import Audit, Base, Contact, Device, FamilyLink, Resident, User
from anhu.registry.versions import next_version

_CHUNK = 500


def write_residents(
    session: Session, plan: Plan, known: Known, vault: IdentityVault | None, *, now_ms: int, by: Mapping[str, str]
) -> None:
    """Write a plan.

    Parameters
    ----------
    by : mapping
        ``user_id``, ``address``, ``object_id``: who, from where, and the file's digest, for the audit.
    """
    insert_rows(session, _table(Resident), [_resident(one, plan.facts[one], now_ms) for one in plan.new])
    changed = [
        {"id": one, **plan.facts[one], "revision": known.facts[one]["revision"] + 1} for one in sorted(plan.changed)
    ]
    update_rows(session, _table(Resident), changed)
    if vault is not None:
        insert_rows(session, _table(ResidentIdentity), _identities(session, plan, vault))
    _write_records(session, plan)
    _write_family(session, plan)
    _touch(session, sorted(plan.changed))
    insert_rows(session, _table(Audit), _audit(plan, known, now_ms, by))


def _table(of: type[Base]) -> Table:
    return Base.metadata.tables[of.__tablename__]


def _resident(resident_id: str, facts: Mapping[str, Any], now_ms: int) -> dict[str, Any]:
    made = {"id": resident_id, "active": True, "created_at_ms": now_ms, "time_zone": "", "revision": 1}
    return {**made, **facts}


def _identities(session: Session, plan: Plan, vault: IdentityVault) -> list[dict[str, Any]]:
    known = [one for one in plan.identities if one in plan.changed]
    for start in range(0, len(known), _CHUNK):
        old = ResidentIdentity.resident_id.in_(known[start : start + _CHUNK])
        session.execute(delete(ResidentIdentity).where(old))
    return [
        {"resident_id": one, "digest": digest, "sealed": vault.seal(number, one), "last_four": number[-4:]}
        for one, (digest, number) in plan.identities.items()
    ]


def _write_records(session: Session, plan: Plan) -> None:
    known = [one for one in plan.records if one in plan.changed]
    for start in range(0, len(known), _CHUNK):
        session.execute(delete(CareRecord).where(CareRecord.resident_id.in_(known[start : start + _CHUNK])))
    rows = [{"resident_id": one, **record} for one, record in plan.records.items()]
    insert_rows(session, _table(CareRecord), rows)


def _write_family(session: Session, plan: Plan) -> None:
    users = [
        {
            "id": user_id,
            "login": f"family-{user_id[2:]}",
            "name": one.name,
            "role": Role.FAMILY.value,
            "password_hash": "",
            "vendor": "",
            "language": "zh-CN",
            "enabled": True,
            "duty": "",
            "is_lead": False,
        }
        for user_id, one in plan.users.values()
    ]
    contacts = [
        {
            "id": new_id("n"),
            "owner_kind": "user",
            "owner_id": user_id,
            "channel": CALL_ONLY,
            "address": one.phone,
            "secret": "",
            "min_priority": 1,
            "language": "zh-CN",
            "enabled": True,
        }
        for user_id, one in plan.users.values()
    ]
    links = [
        {"user_id": user_id, "resident_id": resident_id, "relation": one.relation, "rank": rank}
        for user_id, resident_id, one, rank in plan.links
    ]
    insert_rows(session, _table(User), users)
    insert_rows(session, _table(Contact), contacts)
    insert_rows(session, _table(FamilyLink), links)


def _touch(session: Session, resident_ids: Sequence[str]) -> None:
    """Mark the devices of those who changed, as `touch_resident` does for one."""
    if not resident_ids:
        return
    version = next_version(session)
    for start in range(0, len(resident_ids), _CHUNK):
        of_changed = Device.resident_id.in_(resident_ids[start : start + _CHUNK])
        session.execute(update(Device).where(of_changed).values(version=version))


def _audit(plan: Plan, known: Known, now_ms: int, by: Mapping[str, str]) -> list[dict[str, Any]]:
    made = {"revision": 1, "import": True}
    rows = [_audit_row("resident.create", one, made, now_ms, by) for one in plan.new]
    for one, names in plan.changed.items():
        detail = {"fields": names, "revision": known.facts[one]["revision"] + 1, "import": True}
        rows.append(_audit_row("resident.change", one, detail, now_ms, by))
    return rows


def _audit_row(
    action: str, resident_id: str, detail: Mapping[str, Any], now_ms: int, by: Mapping[str, str]
) -> dict[str, Any]:
    return {"at_ms": now_ms, "action": action, "resident_id": resident_id, "detail": dict(detail), **by}
