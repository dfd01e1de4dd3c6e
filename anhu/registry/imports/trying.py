"""What a judged sheet comes to, whatever it is of: counts, errors, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import NamedTuple, TypeAlias

from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry.identity_vault import IdentityVault
from anhu.registry.imports.device_rows import (
    JudgedDevices,
    owners,
    plan_devices,
    read_products,
    sought_owners,
    write_devices,
)
from anhu.registry.imports.known import read_known
from anhu.registry.imports.resident_plan import plan_residents, sought_residents
from anhu.registry.imports.resident_rows import Judged, RowError
from anhu.registry.imports.resident_writing import write_residents

AnyJudged: TypeAlias = Judged | JudgedDevices


class Attempt(NamedTuple):
    """What would be written.

    Attributes
    ----------
    write : callable
        Writes it in a session, at a time [ms], by somebody (for the audit); returns device -> secret of new devices.
    """

    new: int
    changed: int
    unchanged: int
    errors: list[RowError]
    write: Callable[[Session, int, Mapping[str, str]], Mapping[str, str]]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows do what."""
        return {"new": self.new, "changed": self.changed, "unchanged": self.unchanged}


def attempt(
    session: Session, judged: AnyJudged, vault: IdentityVault | None, *, said: Callable[[FieldError], str], today: date
) -> Attempt:
    """Return what a sheet comes to, as the registry stands in this session."""
    if isinstance(judged, JudgedDevices):
        known = read_known(session, sought_owners(judged.rows, vault, today))
        products = read_products(session)
        devices = plan_devices(judged.rows, known, owners(session), vault, said=said, today=today, products=products)
        errors = sorted([*judged.errors, *devices.errors])
        return Attempt(len(devices.new), 0, devices.unchanged, errors, partial(write_devices, devices))
    known = read_known(session, sought_residents(judged.rows, vault))
    plan = plan_residents(judged.rows, known, vault, said)
    errors = sorted([*judged.errors, *plan.errors])

    def write(session: Session, now_ms: int, by: Mapping[str, str]) -> Mapping[str, str]:
        write_residents(session, plan, known, vault, now_ms=now_ms, by=by)
        return {}

    return Attempt(len(plan.new), len(plan.changed), plan.unchanged, errors, write)
