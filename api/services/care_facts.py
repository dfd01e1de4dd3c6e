"""Illnesses, medicines and allergies of a resident whom the caller may see."""

from __future__ import annotations

from sqlalchemy import select

from anhu.registry.tables import Base
from api.schemas.sheet import CareFactsView, MedicineView
from api.visit import ResidentVisit


def care_facts_of(visit: ResidentVisit) -> CareFactsView:
    """Return what is written down of the visited resident's health, dangerous medicines first.

    The table is found by its name: where the registry has none, nothing was written down, and the page says so.
    """
    table = Base.metadata.tables.get("care_record")
    if table is None:
        return CareFactsView()
    row = visit.session.execute(select(table).where(table.c.resident_id == visit.resident_id)).one_or_none()
    if row is None:
        return CareFactsView()
    medicines = [MedicineView(**one) for one in row.medicines]
    return CareFactsView(
        conditions=row.conditions,
        medicines=sorted(medicines, key=lambda one: not one.dangerous),
        allergies=row.allergies,
        recorded=True,
    )
