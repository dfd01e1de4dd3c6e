"""Sheets of residents and devices: tried, then written in one transaction or not at all."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import select

from anhu.registry.claim_codes import claim_codes, shown_code
from anhu.registry.database import reading
from anhu.registry.imports.known import state_of
from anhu.registry.imports.resident_rows import RowError
from anhu.registry.imports.trying import AnyJudged, attempt
from anhu.registry.people_tables import ResidentIdentity
from anhu.registry.phones import shown_phone
from anhu.registry.tables import Centre, Resident, Team
from api.dependencies import Dependencies
from api.errors import ConflictError
from api.schemas.imports import ImportFault, ImportReport, IssuedSecret
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_residents
from api.services.record_writing import today_of
from api.visit import visit_many

_SHOWN = 200
_one_at_a_time = threading.Lock()
EXPORTED = (
    *("id", "name", "identity_last_four", "external_number", "sex", "birth_date", "phone", "address", "region_code"),
    *("access_note", "centre", "team", "tier", "flags", "active"),
)


class Tried(NamedTuple):
    """What came of a sheet: the report, and everything that is wrong."""

    report: ImportReport
    errors: Sequence[RowError]


def may_import(viewer: Viewer) -> None:
    """Raise `ForbiddenError` before a large file is read for somebody who may not."""
    require(viewer, Permission.ADMINISTER)


@contextmanager
def alone() -> Iterator[None]:
    """Hold back a second import while one runs. Raises `ConflictError`."""
    if not _one_at_a_time.acquire(blocking=False):
        raise ConflictError("another import is running; try again when it has ended")
    try:
        yield
    finally:
        _one_at_a_time.release()


def import_sheet(
    deps: Dependencies, viewer: Viewer, judged: AnyJudged, content: bytes, *, language: str, tried: str | None
) -> Tried:
    """Say what a sheet comes to; with the digest of what was tried, write it.

    Raises
    ------
    ConflictError
        If it is another file than was tried, or somebody changed meanwhile what it builds on.
    """
    require(viewer, Permission.ADMINISTER)
    sha256 = hashlib.sha256(content).hexdigest()
    if tried is not None and tried != sha256:
        raise ConflictError("this is not the file that was tried; try it again first")

    with reading(deps.sessions)() as session:
        state = state_of(session)
        found = attempt(session, judged, deps.vault, said=lambda one: one.said(language), today=today_of(deps))
    issued: Mapping[str, str] = {}
    codes: Mapping[str, str] = {}
    is_written = tried is not None and not found.errors
    if is_written:
        now_ms, file = deps.clock.now_ms(), sha256[:32]
        with deps.sessions.begin() as session:
            if state_of(session) != state:
                raise ConflictError("somebody changed residents meanwhile; nothing was written: try the file again")
            by = {"user_id": viewer.user_id, "address": viewer.address[:64], "object_id": file}
            issued = found.write(session, now_ms, by)
            codes = claim_codes(session, list(issued), now_ms)
            record(session, viewer, "import.write", now_ms=now_ms, object_id=file, detail=found.counts)
    report = ImportReport(
        sha256=sha256,
        rows=len(judged.sheet.rows),
        faulty=len({one.line for one in found.errors}),
        faults=[ImportFault(row=one.line, column=one.column, said=one.said) for one in found.errors[:_SHOWN]],
        written=is_written,
        issued=[
            IssuedSecret(device_id=one, secret=secret, claim_code=shown_code(codes[one]))
            for one, secret in issued.items()
        ],
        **found.counts,
    )
    return Tried(report, found.errors)


def export_residents(deps: Dependencies, viewer: Viewer) -> list[list[str]]:
    """Return everybody as rows of `EXPORTED`; identity numbers by their last four."""
    require(viewer, Permission.ADMINISTER)
    with visit_many(deps, viewer, "resident.export", permission=Permission.ADMINISTER) as visit:
        rows = visit.session.execute(
            select(Resident, ResidentIdentity.last_four, Centre.name, Team.name)
            .outerjoin(ResidentIdentity, ResidentIdentity.resident_id == Resident.id)
            .outerjoin(Centre, Centre.id == Resident.centre_id)
            .outerjoin(Team, Team.id == Resident.team_id)
            .where(visible_residents(viewer))
            .order_by(Resident.id)
        ).all()
        visit.detail["count"] = len(rows)
        return [_exported(row[0], row[1] or "", row[2] or "", row[3] or "") for row in rows]


def _exported(row: Resident, last_four: str, centre: str, team: str) -> list[str]:
    special = {
        "identity_last_four": last_four,
        "phone": shown_phone(row.phone),
        "centre": centre,
        "team": team,
        "flags": ";".join(row.flags),
        "active": "1" if row.active else "0",
    }
    return [special[name] if name in special else str(getattr(row, name)) for name in EXPORTED]
