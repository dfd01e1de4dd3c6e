"""A desk with a rota in the API's world: Wang by day, Li by night, both every day; Zhao leads and has no shift."""

from __future__ import annotations

from sqlalchemy.orm import Session

from anhu.registry.rota.editing import ShiftFacts, save_shift, set_rota
from anhu.registry.rota.model import Covers
from anhu.registry.rota.workdays import Calendar
from anhu.registry.rota_tables import RotaRow
from anhu.registry.users import create_user

DAY_STARTS, NIGHT_STARTS = 8 * 60, 20 * 60


def facts(name: str, start: int, end: int, *crews: list[str], days: str = "1234567") -> ShiftFacts:
    return ShiftFacts(
        name=name, days=days, start_minute=start, end_minute=end, crews=crews or ([],), anchor="2026-11-23"
    )


def write_rota(session: Session, *, centre_id: str = "ours") -> RotaRow:
    """Write it; the world's own operator ``u-desk`` is on no shift."""
    for login, name, is_lead in (("wang", "王芳", False), ("li", "李强", False), ("zhao", "赵主任", True)):
        create_user(
            session, login=login, user_id=f"u-{login}", name=name, role="desk", centre_id=centre_id, is_lead=is_lead
        )
    row = set_rota(
        session, "centre", centre_id, time_zone="Asia/Shanghai", covers=Covers.ALWAYS, calendar=Calendar.CHINA
    )
    save_shift(session, row, facts("白班", DAY_STARTS, NIGHT_STARTS, ["u-wang"]))
    save_shift(session, row, facts("夜班", NIGHT_STARTS, DAY_STARTS, ["u-li"]))
    return row
