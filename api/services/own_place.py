"""To which centre and team somebody may assign a resident: an administrator to any, a lead to the own."""

from __future__ import annotations

from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry.roles import Role
from anhu.registry.rows import existing
from anhu.registry.tables import Team
from api.security.roles import Viewer


def own_place(session: Session, viewer: Viewer, centre_id: str, team_id: str) -> dict[str, str | None]:
    """Return centre and team as they are written; those that go without saying are filled in.

    Raises
    ------
    FieldError
        For a centre or team that is not the lead's.
    """
    if viewer.role is Role.DESK:
        return {
            "centre_id": _own("centre_id", centre_id, viewer.centre_id),
            "team_id": _of_centre(session, viewer, team_id),
        }
    if viewer.role is Role.TEAM:
        team_id = _own("team_id", team_id, viewer.team_id)
        around = existing(session, Team, team_id).centre_id or ""
        return {"centre_id": _own("centre_id", centre_id, around) or None, "team_id": team_id}
    return {"centre_id": centre_id or None, "team_id": team_id or None}


def _own(field: str, given: str, own: str) -> str:
    if given and given != own:
        raise FieldError(field, given, f"your own: {own}", zh=f"您所在的：{own}")
    return own


def _of_centre(session: Session, viewer: Viewer, team_id: str) -> str | None:
    if not team_id:
        return None
    team = session.get(Team, team_id)
    if team is None or team.centre_id != viewer.centre_id:
        raise FieldError("team_id", team_id, "a team of your centre", zh="本中心的家庭医生团队")
    return team_id
