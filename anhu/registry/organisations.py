"""Centres and family-doctor teams."""

from __future__ import annotations

from sqlalchemy.orm import Session

from anhu.contract.identity import checked_id, new_id
from anhu.registry.rows import add_new, existing
from anhu.registry.tables import Centre, Team


def create_centre(
    session: Session, *, name: str, centre_id: str = "", region_code: str = "", phone: str = ""
) -> Centre:
    """Add a community centre; an empty identity is made up. Raises `TakenError`, `FieldError`."""
    chosen = checked_id(centre_id or new_id("c"), field="centre_id")
    return add_new(session, Centre(id=chosen, name=name, region_code=region_code, phone=phone), chosen)


def create_team(session: Session, *, name: str, team_id: str = "", centre_id: str | None = None) -> Team:
    """Add a family-doctor team; an empty identity is made up. Raises `TakenError`, `MissingRowError`, `FieldError`."""
    chosen = checked_id(team_id or new_id("t"), field="team_id")
    if centre_id:
        existing(session, Centre, centre_id)
    return add_new(session, Team(id=chosen, name=name, centre_id=centre_id or None), chosen)
