"""Illnesses, medicines and allergies of a resident whom the caller may see."""

from __future__ import annotations

from anhu.registry.people_tables import CareRecord
from api.schemas.sheet import CareFactsView, MedicineView
from api.visit import ResidentVisit


def care_facts_of(visit: ResidentVisit) -> CareFactsView:
    """Return what is written down of the visited resident's health, dangerous medicines first."""
    row = visit.session.get(CareRecord, visit.resident_id)
    if row is None:
        return CareFactsView()
    medicines = [MedicineView(**one) for one in row.medicines]
    return CareFactsView(
        conditions=row.conditions,
        medicines=sorted(medicines, key=lambda one: not one.dangerous),
        allergies=row.allergies,
        recorded=True,
    )
