"""One's own account: password, language, how one is reached, where one is logged in, what programs may ask."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from anhu.contract.errors import FieldError
from api.context import CurrentViewer
from api.errors import NotFoundError
from api.schemas.contacts import ChannelView, ContactChange, ContactView, NewContact
from api.schemas.tokens import NewToken
from api.security.cookies import cookie_name
from api.security.roles import Viewer
from api.services import logins, oidc_links, own_contacts, tokens
from api.web import account_password
from api.web.admin.choices import own_choices
from api.web.admin.forms import REFUSALS, Fields, Form, Typed, refused
from api.web.site import Site, keep_language
from api.web.wording import Wording

_STEPS = ("test", "prove", "code", "enable", "disable", "change", "up", "down", "remove")
_CHANGEABLE = ("min_priority", "quiet_from", "quiet_until")
_FACTS = ("channel", "address", "secret", "language", *_CHANGEABLE)


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the pages of one's own account."""

    @pages.get("/account")
    def show_account(
        request: Request, viewer: CurrentViewer, done: Annotated[str, Query(max_length=16)] = ""
    ) -> Response:
        return _account(site, request, viewer, done=done)

    @pages.post("/account/language")
    def set_language(request: Request, viewer: CurrentViewer, fields: Fields) -> Response:
        try:
            logins.set_own_language(site.deps, viewer, fields.get("language", ""))
        except REFUSALS as error:
            return _account(site, request, viewer, form=refused(fields, error, site.wording(request)), status=422)
        response = RedirectResponse("/account?done=saved", status_code=303)
        keep_language(response, fields["language"], secure=site.deps.cookie_secure)
        return response

    account_password.add_pages(pages, site)
    _add_contacts(pages, site)
    _add_logins(pages, site)


def _add_contacts(pages: APIRouter, site: Site) -> None:
    @pages.post("/account/contacts")
    def add_contact(request: Request, viewer: CurrentViewer, fields: Fields) -> Response:
        try:
            facts = {name: fields[name] for name in _FACTS if name in fields}
            given = NewContact.model_validate({**facts, "owner_kind": "user", "owner_id": viewer.user_id})
            made = own_contacts.add_own(site.deps, viewer, given)
        except REFUSALS as error:
            return _account(site, request, viewer, form=refused(fields, error, site.wording(request)), status=422)
        if made.secret:
            return site.page(request, "admin_secret.html", made=made, back=f"/account/contacts/{made.id}")
        return RedirectResponse(f"/account/contacts/{made.id}", status_code=303)

    @pages.get("/account/contacts/{contact_id}")
    def show_contact(
        request: Request, viewer: CurrentViewer, contact_id: str, done: Annotated[str, Query(max_length=16)] = ""
    ) -> Response:
        return _contact(site, request, viewer, contact_id, Form(), done=done)

    for step in _STEPS:
        _add_step(pages, site, step)


def _add_step(pages: APIRouter, site: Site, step: str) -> None:
    @pages.post(f"/account/contacts/{{contact_id}}/{step}")
    def take_step(request: Request, viewer: CurrentViewer, contact_id: str, fields: Fields) -> Response:
        try:
            if step == "prove":
                _prove(site, viewer, contact_id, fields, site.wording(request))
            else:
                _take(site, viewer, contact_id, step, fields)
        except REFUSALS as error:
            form = refused(fields, error, site.wording(request))
            return _contact(site, request, viewer, contact_id, form, status=409)
        if step in {"up", "down", "remove"}:
            return RedirectResponse("/account?done=saved#contacts", status_code=303)
        told = {"test": "tested", "code": "code_sent", "prove": "proved"}.get(step, "saved")
        return RedirectResponse(f"/account/contacts/{contact_id}?done={told}", status_code=303)


def _prove(site: Site, viewer: Viewer, contact_id: str, fields: Typed, wording: Wording) -> None:
    if not own_contacts.prove(site.deps, viewer, contact_id, fields.get("code", "")):
        said = wording.t("account.wrong_code")
        raise FieldError("code", "", said, zh=said)


def _take(site: Site, viewer: Viewer, contact_id: str, step: str, fields: Typed) -> None:
    deps = site.deps
    if step == "test":
        own_contacts.try_own(deps, viewer, contact_id)
    elif step == "code":
        own_contacts.send_code(deps, viewer, contact_id)
    elif step in {"enable", "disable"}:
        own_contacts.change_own(deps, viewer, contact_id, enabled=step == "enable")
    elif step == "change":
        given = ContactChange.model_validate({name: fields[name] for name in _CHANGEABLE if name in fields})
        own_contacts.change_own(deps, viewer, contact_id, given)
    elif step == "remove":
        own_contacts.remove_own(deps, viewer, contact_id)
    else:
        own_contacts.move_own(deps, viewer, contact_id, up=step == "up")


def _add_logins(pages: APIRouter, site: Site) -> None:
    @pages.post("/account/logins/end-others")
    def end_others(request: Request, viewer: CurrentViewer) -> Response:
        logins.end_other_logins(site.deps, viewer, token=_token(site, request))
        return RedirectResponse("/account?done=ended#logins", status_code=303)

    @pages.post("/account/logins/{login_id}/end")
    def end_one(viewer: CurrentViewer, login_id: str) -> Response:
        logins.end_login(site.deps, viewer, login_id)
        return RedirectResponse("/account?done=ended#logins", status_code=303)

    @pages.post("/account/tokens")
    def make_token(request: Request, viewer: CurrentViewer, fields: Fields) -> Response:
        try:
            given = NewToken.model_validate({name: fields[name] for name in ("label", "days") if fields.get(name)})
            made = tokens.create_token(site.deps, viewer, given)
        except REFUSALS as error:
            return _account(site, request, viewer, form=refused(fields, error, site.wording(request)), status=422)
        return site.page(request, "account_token.html", made=made)

    @pages.post("/account/tokens/{token_id}/revoke")
    def revoke_token(viewer: CurrentViewer, token_id: str) -> Response:
        tokens.revoke_token(site.deps, viewer, token_id)
        return RedirectResponse("/account?done=revoked#tokens", status_code=303)


def _token(site: Site, request: Request) -> str:
    return request.cookies.get(cookie_name(site.deps), "")


def _account(
    site: Site,
    request: Request,
    viewer: Viewer,
    *,
    form: Form | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    own = [one for one in tokens.list_tokens(site.deps, viewer) if one.user_id == viewer.user_id]
    return site.page(
        request,
        "account.html",
        status=status,
        form=form or Form(),
        language_form=Form({"language": viewer.language}),
        done=done,
        contacts=own_contacts.list_own(site.deps, viewer),
        channels=_channels(site),
        logins=logins.list_logins(site.deps, viewer, token=_token(site, request)),
        tokens=own,
        choices=own_choices(site.wording(request)),
        provider=site.deps.oidc.config.name if site.deps.oidc else "",
        link=oidc_links.own_link(site.deps, viewer) if site.deps.oidc else None,
    )


def _channels(site: Site) -> list[ChannelView]:
    return [ChannelView.of(name, form) for name, form in site.deps.channels.items()]


def _contact(
    site: Site, request: Request, viewer: Viewer, contact_id: str, form: Form, *, done: str = "", status: int = 200
) -> Response:
    found: list[ContactView] = [one for one in own_contacts.list_own(site.deps, viewer) if one.id == contact_id]
    if not found:
        raise NotFoundError(f"no contact {contact_id!r}")
    return site.page(
        request,
        "account_contact.html",
        status=status,
        contact=found[0],
        form=Form({**{name: getattr(found[0], name) for name in _CHANGEABLE}, **form.values}, form.errors),
        done=done,
        choices=own_choices(site.wording(request)),
    )
