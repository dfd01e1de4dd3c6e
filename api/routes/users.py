"""Users, and whom a family member may see."""

from __future__ import annotations

from fastapi import APIRouter

from api.context import CurrentViewer, Cursor, Deps, Limit
from api.problems import CONFLICT
from api.schemas.base import Page
from api.schemas.users import FamilyLinkInput, NewUser, OneTimePassword, UserChange, UserView
from api.services import one_time_passwords, users

router = APIRouter(tags=["users"])


@router.get("/users", summary="List users")
def list_users(deps: Deps, viewer: CurrentViewer, cursor: Cursor = "", limit: Limit = 50) -> Page[UserView]:
    """Return users in pages."""
    return users.list_users(deps, viewer, cursor=cursor, limit=limit)


@router.post("/users", status_code=201, summary="Make a user", responses=CONFLICT)
def create_user(deps: Deps, viewer: CurrentViewer, given: NewUser) -> UserView:
    """Add somebody who may log in, or (without a password) a program that uses tokens."""
    return users.create_user(deps, viewer, given)


@router.patch("/users/{user_id}", summary="Change a user", responses=CONFLICT)
def change_user(deps: Deps, viewer: CurrentViewer, user_id: str, given: UserChange) -> UserView:
    """Change what is given; the rest stays."""
    return users.change_user(deps, viewer, user_id, given)


@router.post("/users/{user_id}/reset-password", summary="Give a one-time password", responses=CONFLICT)
def reset_password(deps: Deps, viewer: CurrentViewer, user_id: str) -> OneTimePassword:
    """Replace the password by one that is shown this once, ends in three days, and must be changed at first login."""
    return one_time_passwords.reset_password(deps, viewer, user_id)


@router.post("/users/{user_id}/residents", status_code=201, summary="Link a family member", responses=CONFLICT)
def link_family(deps: Deps, viewer: CurrentViewer, user_id: str, given: FamilyLinkInput) -> UserView:
    """Let a family member see a resident."""
    return users.link_family(deps, viewer, user_id, given)


@router.delete("/users/{user_id}/residents/{resident_id}", status_code=204, summary="Unlink a family member")
def unlink_family(deps: Deps, viewer: CurrentViewer, user_id: str, resident_id: str) -> None:
    """Let a family member see a resident no longer."""
    users.unlink_family(deps, viewer, user_id, resident_id)
