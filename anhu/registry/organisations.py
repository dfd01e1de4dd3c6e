"""Centres and family-doctor teams."""

from __future__ import annotations

from sqlalchemy.orm import Session

from anhu.contract.identity import checked_id, new_id
from anhu.registry.rows import add_new, existing
from anhu.registry.tables import Centre, Team
from anhu.registry.time_zones import check_time_zone
from anhu.registry.versions import touch_centre


def create_centre(
    session: Session, *, name: str, centre_id: str = "", region_code: str = "", phone: str = "", time_zone: str = ""
) -> Centre:
    """Add a community centre; an empty identity is made up. Raises `TakenError`, `FieldError`."""
    chosen = checked_id(centre_id or new_id("c"), field="centre_id")
    check_time_zone(time_zone)
    row = Centre(id=chosen, name=name, region_code=region_code, phone=phone, time_zone=time_zone)
    return add_new(session, row, chosen)


def set_time_zone(session: Session, centre_id: str, time_zone: str) -> Centre:
    """Say by whose clock a centre's residents live, own ones excepted. Raises `MissingRowError`, `FieldError`."""
    check_time_zone(time_zone)
    row = existing(session, Centre, centre_id, lock=True)
    row.time_zone = time_zone
    session.flush()
    touch_centre(session, centre_id)
    return row


def create_team(session: Session, *, name: str, team_id: str = "", centre_id: str | None = None) -> Team:
    """Add a family-doctor team; an empty identity is made up. Raises `TakenError`, `MissingRowError`, `FieldError`."""
    chosen = checked_id(team_id or new_id("t"), field="team_id")
    if centre_id:
        existing(session, Centre, centre_id)
    return add_new(session, Team(id=chosen, name=name, centre_id=centre_id or None), chosen)
