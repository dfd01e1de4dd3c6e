"""Escalation policies as pages: what counts, a form with its preview, and who changed what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from alerts.episodes.policies.policy import MOST_STEPS, Days, Party
from alerts.kinds import DRILLS, KINDS, Route
from anhu.contract.clock import SECOND_MS
from anhu.contract.errors import FieldError
from anhu.registry.tiers import Tier
from api.context import CurrentViewer
from api.errors import NotFoundError
from api.schemas.policies import PolicyChange, PolicyForm, PolicyView, StepForm
from api.security.roles import Viewer
from api.services import policies
from api.web.policy_forms import read_form, with_steps_changed
from api.web.policy_previewing import Question, previewed
from api.web.site import Site
from api.web.wording import Wording

PARTIES = tuple(Party)
_CHOICES: Mapping[str, Sequence[str]] = {
    "kinds": tuple(sorted(set(KINDS) - DRILLS)),
    "routes": tuple(route for route in Route if route not in {Route.DRILL, Route.HEARTBEAT}),
    "tiers": tuple(Tier),
    "days": tuple(Days),
    "parties": PARTIES,
}


@dataclass(frozen=True, slots=True)
class Edited:
    """A policy in a form: what is wrong with it, and what saving would change."""

    policy: PolicyForm
    policy_id: str
    based_on: int
    flaws: Sequence[str] = ()
    changes: Sequence[tuple[str, str, str]] = ()
    was_checked: bool = False


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the pages."""

    @pages.get("/admin/policies")
    def show_policies(
        request: Request,
        viewer: CurrentViewer,
        asked: Annotated[Question, Query()],
    ) -> Response:
        found = policies.list_policies(site.deps, viewer)
        shown = previewed(site.deps, viewer, asked, site.wording(request))
        zone = shown.answer.zone if shown.answer else ""
        return site.page(request, "policies.html", zone=zone, found=found, asked=shown, choices=_CHOICES, said=_said)

    @pages.get("/admin/policies/edit")
    def show_policy(
        request: Request,
        viewer: CurrentViewer,
        policy: Annotated[str, Query(max_length=64)] = "",
        copy: Annotated[str, Query(max_length=100)] = "",
    ) -> Response:
        edited = _opened(site, viewer, policy, copy)
        return _form_page(site, request, viewer, edited)

    @pages.post("/admin/policies/edit")
    async def submit_policy(request: Request, viewer: CurrentViewer) -> Response:
        form = await request.form(max_files=0, max_fields=MOST_STEPS * 64)
        action, policy_id = str(form.get("action", "check")), str(form.get("policy", ""))
        number = str(form.get("based_on", "0"))
        based_on = int(number) if number.isascii() and number.isdecimal() and len(number) < 16 else 0  # noqa: PLR2004
        wording = site.wording(request)
        try:
            given = with_steps_changed(read_form(form), action)
        except FieldError as error:
            edited = Edited(_EMPTY, policy_id, based_on, [error.said(wording.language)], was_checked=True)
            return await to_thread.run_sync(lambda: _form_page(site, request, viewer, edited, status=422))
        sent = Edited(given, policy_id, based_on)
        return await to_thread.run_sync(lambda: _submitted(site, request, viewer, sent, action))


_EMPTY = PolicyForm(name="", steps=[StepForm(after_s=0, parties=["centre"])])


def _submitted(site: Site, request: Request, viewer: Viewer, sent: Edited, action: str) -> Response:
    deps = site.deps
    if action == "end" and sent.policy_id:
        policies.stop_policy(deps, viewer, sent.policy_id, based_on=sent.based_on)
        return RedirectResponse("/admin/policies", status_code=303)
    wording = site.wording(request)
    flaws = [flaw.said(wording.language) for flaw in policies.flaws_of(deps, viewer, sent.policy, sent.policy_id)]
    if action == "save" and not flaws:
        if sent.policy_id:
            change = PolicyChange(**sent.policy.model_dump(), based_on=max(sent.based_on, 1))
            policies.change_policy(deps, viewer, sent.policy_id, change)
        else:
            policies.create_policy(deps, viewer, sent.policy)
        return RedirectResponse("/admin/policies", status_code=303)
    is_asked = action in {"check", "save"}
    before = policies.versions(deps, viewer, sent.policy_id)[0] if sent.policy_id else None
    changes = list(_changes(before, sent.policy, wording)) if before and is_asked else []
    edited = Edited(
        sent.policy, sent.policy_id, sent.based_on, flaws if is_asked else (), changes, was_checked=is_asked
    )
    return _form_page(site, request, viewer, edited, status=422 if is_asked and flaws else 200)


def _form_page(site: Site, request: Request, viewer: Viewer, edited: Edited, *, status: int = 200) -> Response:
    found = policies.list_policies(site.deps, viewer)
    wording = site.wording(request)
    history = policies.versions(site.deps, viewer, edited.policy_id) if edited.policy_id else []
    lines = [
        (after, list(_changes(before, after, wording)) if before else [])
        for after, before in zip(history, [*history[1:], None], strict=False)
    ]
    return site.page(
        request,
        "policy.html",
        status=status,
        edited=edited,
        organisations=found.organisations,
        is_admin=viewer.role == "admin",
        channels={name: form.title for name, form in site.deps.channels.items()},
        choices=_CHOICES,
        history=lines,
        most_steps=MOST_STEPS,
    )


def _opened(site: Site, viewer: Viewer, policy_id: str, copied: str) -> Edited:
    """Return the policy that is to be changed, or a copy of another one or of a default. Raises `NotFoundError`."""
    found = policies.list_policies(site.deps, viewer)
    first = next(iter(found.organisations), "")
    if policy_id:
        view = next((one for one in found.policies if one.id == policy_id), None)
        if view is None:
            raise NotFoundError(f"no policy {policy_id!r}")
        return Edited(_as_form(view), view.id, view.number)
    if not copied:
        return Edited(_EMPTY.model_copy(update={"organisation_id": "" if viewer.role == "admin" else first}), "", 0)
    named = {one.id or one.name: one for one in (*found.policies, *found.defaults)}
    if copied not in named:
        raise NotFoundError(f"no policy {copied!r}")
    form = _as_form(named[copied])
    if viewer.role != "admin":
        form = form.model_copy(update={"organisation_id": first})
    return Edited(form, "", 0)


def _as_form(view: PolicyView) -> PolicyForm:
    return PolicyForm(**view.model_dump(include=set(PolicyForm.model_fields)))


def _changes(before: PolicyForm, after: PolicyForm, wording: Wording) -> Iterator[tuple[str, str, str]]:
    for name, (old, new) in policies.differences(before, after).items():
        field, _, number = name.partition(".")
        label = wording.t("policy.step", number=number) if number else wording.word("policy_field", field)
        yield label, _value(old, wording), _value(new, wording)


def _value(value: Any, wording: Wording) -> str:  # noqa: ANN401 - of any field
    if isinstance(value, dict):
        return _said(StepForm(**value), wording)
    if isinstance(value, list):
        value = ", ".join(wording.kind(one) for one in value)
    return str(value) if value not in {None, ""} else "–"


def _said(step: StepForm, wording: Wording) -> str:
    """Return a step in words."""
    parts = [wording.t("policy.between").join(wording.word("party", party) for party in step.parties)]
    if step.channels:
        parts.append(wording.t("policy.over", channels=", ".join(step.channels)))
    if step.prompt_emergency:
        parts.append(wording.t("policy.prompt"))
    if step.repeat_times:
        every = wording.duration(step.repeat_every_s * SECOND_MS)
        parts.append(wording.t("policy.repeated", every=every, times=step.repeat_times))
    return f"{wording.duration(step.after_s * SECOND_MS)} · " + " · ".join(part for part in parts if part)
