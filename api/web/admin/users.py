"""Who may log in: the list, one user, a new one, and a password that is handed over."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from anhu.registry.roles import Role
from api.context import CurrentViewer
from api.schemas.users import NewUser, OneTimePassword, UserChange
from api.security.managing import led_place
from api.security.roles import Permission, Viewer, require
from api.services import contacts, oidc_links, people_left, users
from api.services.one_time_passwords import create_user_with_password, reset_password
from api.web.admin.choices import choices
from api.web.admin.forms import REFUSALS, Fields, Form, Typed, checked, refused
from api.web.site import Site

_PAGE = 50
_FACTS = ("login", "name", "role", "centre_id", "team_id", "vendor", "language", "duty")
_CHANGEABLE = _FACTS[1:]


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the pages of users."""
    _add_list(pages, site)
    _add_new(pages, site)
    _add_one(pages, site)
    _add_links(pages, site)


def _add_list(pages: APIRouter, site: Site) -> None:
    @pages.get("/admin/users")
    def show_users(
        request: Request,
        viewer: CurrentViewer,
        *,
        q: Annotated[str, Query(max_length=100)] = "",
        role: Annotated[str, Query(max_length=16)] = "",
        centre_id: Annotated[str, Query(max_length=64)] = "",
        team_id: Annotated[str, Query(max_length=64)] = "",
        state: Annotated[str, Query(max_length=8)] = "on",
        cursor: Annotated[str, Query(max_length=300)] = "",
    ) -> Response:
        typed = {"q": q.strip(), "role": role, "centre_id": centre_id, "team_id": team_id, "state": state}
        enabled = {"on": True, "off": False}.get(state)
        wanted = users.UserFilter(search=typed["q"], role=role, centre_id=centre_id, team_id=team_id, enabled=enabled)
        found = users.list_users(site.deps, viewer, wanted=wanted, cursor=cursor, limit=_PAGE)
        return site.page(
            request,
            "admin_users.html",
            found=found.items,
            more=found.next_cursor,
            started=bool(cursor),
            form=Form(typed),
            choices=choices(site.deps, viewer, site.wording(request)),
        )


def _add_new(pages: APIRouter, site: Site) -> None:
    @pages.get("/admin/users/new")
    def show_new(request: Request, viewer: CurrentViewer) -> Response:
        require(viewer, Permission.MANAGE_PEOPLE)
        wanted = {name: text[:64] for name, text in request.query_params.items() if name in _FACTS}
        language = site.wording(request).language
        return _new_page(site, request, viewer, Form({"language": language, **_of_lead(viewer), **wanted}))

    @pages.post("/admin/users")
    def make_user(request: Request, viewer: CurrentViewer, fields: Fields) -> Response:
        require(viewer, Permission.MANAGE_PEOPLE)
        typed = {**fields, **_of_lead(viewer)}
        try:
            facts = {name: typed.get(name, "") for name in _FACTS}
            given = NewUser.model_validate({**facts, "is_lead": checked(typed, "is_lead")})
            made = create_user_with_password(site.deps, viewer, given)
        except REFUSALS as error:
            form = refused(typed, error, site.wording(request))
            return _new_page(site, request, viewer, form, status=422)
        return _password_page(site, request, made)


def _add_one(pages: APIRouter, site: Site) -> None:
    @pages.get("/admin/users/{user_id}")
    def show_user(
        request: Request, viewer: CurrentViewer, user_id: str, done: Annotated[str, Query(max_length=16)] = ""
    ) -> Response:
        return _user_page(site, request, viewer, user_id, done=done)

    @pages.post("/admin/users/{user_id}")
    def change_user(request: Request, viewer: CurrentViewer, user_id: str, fields: Fields) -> Response:
        users.read_user(site.deps, viewer, user_id)
        facts = {name: fields[name] for name in _CHANGEABLE if name in fields}
        boxes = {name: checked(fields, name) for name in ("enabled", "is_lead")} if "boxes" in fields else {}
        try:
            users.change_user(site.deps, viewer, user_id, UserChange.model_validate({**facts, **boxes}))
        except REFUSALS as error:
            form = refused(fields, error, site.wording(request))
            return _user_page(site, request, viewer, user_id, form=form, status=422)
        return RedirectResponse(f"/admin/users/{user_id}?done=saved", status_code=303)

    @pages.post("/admin/users/{user_id}/reset")
    def give_password(request: Request, viewer: CurrentViewer, user_id: str) -> Response:
        try:
            return _password_page(site, request, reset_password(site.deps, viewer, user_id))
        except REFUSALS as error:
            form = refused({}, error, site.wording(request))
            return _user_page(site, request, viewer, user_id, form=form, status=409)


def _add_links(pages: APIRouter, site: Site) -> None:
    @pages.post("/admin/users/{user_id}/link")
    def link(request: Request, viewer: CurrentViewer, user_id: str, fields: Fields) -> Response:
        try:
            oidc_links.link_user(site.deps, viewer, user_id, fields.get("subject", ""))
        except REFUSALS as error:
            form = refused({}, error, site.wording(request))
            return _user_page(site, request, viewer, user_id, form=form, status=409)
        return RedirectResponse(f"/admin/users/{user_id}?done=saved#provider", status_code=303)

    @pages.post("/admin/users/{user_id}/unlink")
    def unlink(viewer: CurrentViewer, user_id: str) -> Response:
        oidc_links.unlink_user(site.deps, viewer, user_id)
        return RedirectResponse(f"/admin/users/{user_id}?done=saved#provider", status_code=303)


def _of_lead(viewer: Viewer) -> Typed:
    """Return what is settled for somebody whom a lead makes: the lead's own role and place."""
    kind, place = led_place(viewer)
    return {"role": viewer.role.value, f"{kind}_id": place} if kind else {}


def _new_page(site: Site, request: Request, viewer: Viewer, form: Form, *, status: int = 200) -> Response:
    options = choices(site.deps, viewer, site.wording(request))
    return site.page(request, "admin_user_new.html", status=status, form=form, choices=options)


def _user_page(
    site: Site,
    request: Request,
    viewer: Viewer,
    user_id: str,
    *,
    form: Form | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    user = users.read_user(site.deps, viewer, user_id)
    facts = {name: str(getattr(user, name)) for name in _CHANGEABLE}
    boxes = {name: "yes" for name in ("enabled", "is_lead") if getattr(user, name)}
    stands = Form({**facts, **boxes})
    typed = form if form is not None and form.values else Form(stands.values, form.errors if form else {})
    return site.page(
        request,
        "admin_user.html",
        status=status,
        user=user,
        form=typed,
        done=done,
        choices=choices(site.deps, viewer, site.wording(request)),
        left=people_left.left_by(site.deps, viewer, user_id),
        contacts=contacts.list_contacts(site.deps, viewer, owner_kind="user", owner_id=user_id),
        is_family=user.role is Role.FAMILY,
        sees=users.residents_of(site.deps, viewer, user_id),
        provider=site.deps.oidc.config.name if site.deps.oidc else "",
        link=oidc_links.link_of(site.deps, viewer, user_id) if site.deps.oidc else None,
    )


def _password_page(site: Site, request: Request, made: OneTimePassword) -> Response:
    return site.page(request, "admin_password.html", made=made)
