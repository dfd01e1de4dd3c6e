"""Escalation policies."""

from __future__ import annotations

from fastapi import APIRouter

from api.context import CurrentViewer, Deps
from api.problems import CONFLICT
from api.schemas.policies import PolicyChange, PolicyForm, PolicyListView, PolicyView, PreviewForm, PreviewView
from api.services import policies, policy_preview

router = APIRouter(tags=["organisation"])


@router.get("/policies", summary="List escalation policies")
def list_policies(deps: Deps, viewer: CurrentViewer) -> PolicyListView:
    """Return what counts, and the defaults that count where nothing else does."""
    return policies.list_policies(deps, viewer)


@router.post("/policies", status_code=201, summary="Make an escalation policy")
def create_policy(deps: Deps, viewer: CurrentViewer, given: PolicyForm) -> PolicyView:
    """Save a policy. What would let a call for help go unheard is refused, with the field that is wrong."""
    return policies.create_policy(deps, viewer, given)


@router.post("/policies/preview", summary="Whom would an alarm reach?")
def preview(deps: Deps, viewer: CurrentViewer, given: PreviewForm) -> PreviewView:
    """Return whom an alarm of a resident would reach, over what and when, if nobody answered it."""
    return policy_preview.preview(deps, viewer, given)


@router.get("/policies/{policy_id}/versions", summary="Who changed what")
def list_versions(deps: Deps, viewer: CurrentViewer, policy_id: str) -> list[PolicyView]:
    """Return every version of a policy, the newest first."""
    return policies.versions(deps, viewer, policy_id)


@router.put("/policies/{policy_id}", summary="Change an escalation policy", responses=CONFLICT)
def change_policy(deps: Deps, viewer: CurrentViewer, policy_id: str, given: PolicyChange) -> PolicyView:
    """Save a new version. An alarm that runs keeps the version that it began with until it is news again."""
    return policies.change_policy(deps, viewer, policy_id, given)


@router.post("/policies/{policy_id}/end", summary="End an escalation policy")
def end_policy(deps: Deps, viewer: CurrentViewer, policy_id: str) -> PolicyView:
    """Have a policy count no more: what it was for falls to the next that fits, in the end to the default."""
    return policies.stop_policy(deps, viewer, policy_id)
