"""Escalation policies: read, saved as new versions, ended. A lead writes those of the own organisation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.episodes.policies.book import current_rows
from alerts.episodes.policies.defaults import DEFAULTS
from alerts.episodes.policies.plain import plain_policy, policy_from
from alerts.episodes.policies.policy import Policy
from alerts.episodes.policies.writing import all_flaws, current_row, end_policy, save_policy, versions_of
from alerts.policy_tables import EscalationPolicy
from anhu.contract.errors import FieldError
from anhu.registry.database import reading
from anhu.registry.errors import MissingRowError
from anhu.registry.roles import Role
from anhu.registry.tables import Centre, Organisation, Team, User
from api.dependencies import Dependencies
from api.errors import ConflictError, ForbiddenError, NotFoundError
from api.schemas.policies import PolicyChange, PolicyForm, PolicyListView, PolicyView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require

_OF_OTHERS = frozenset({"scope", "policies"})
"""Fields of flaws that lie in what other policies there are."""


def list_policies(deps: Dependencies, viewer: Viewer) -> PolicyListView:
    """Return the policies that count for the viewer's residents, and the defaults."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with reading(deps.sessions)() as session:
        writes = _organisations(session, viewer)
        rows = [row for row in current_rows(session) if _may_read(viewer, row, writes)]
        return PolicyListView(
            policies=_views(session, viewer, rows, writes),
            defaults=[_default(one) for one in DEFAULTS.values()],
            organisations=writes,
        )


def versions(deps: Dependencies, viewer: Viewer, policy_id: str) -> list[PolicyView]:
    """Return every version of a policy, the newest first. Raises `NotFoundError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with reading(deps.sessions)() as session:
        writes = _organisations(session, viewer)
        rows = [row for row in versions_of(session, policy_id) if _may_read(viewer, row, writes)]
        if not rows:
            raise NotFoundError(f"no policy {policy_id!r}")
        return _views(session, viewer, rows, writes)


def create_policy(deps: Dependencies, viewer: Viewer, given: PolicyForm) -> PolicyView:
    """Save a new policy. Raises `FieldError`, `ForbiddenError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with deps.sessions.begin() as session:
        writes = _organisations(session, viewer)
        _check_may_write(viewer, given.organisation_id, writes)
        policy = _read(deps, given)
        return _saved(deps, session, viewer, policy, before=None, writes=writes)


def change_policy(deps: Dependencies, viewer: Viewer, policy_id: str, given: PolicyChange) -> PolicyView:
    """Save a new version of a policy. Raises `FieldError`, `ForbiddenError`, `ConflictError`, `NotFoundError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with deps.sessions.begin() as session:
        writes = _organisations(session, viewer)
        before = _written(session, viewer, policy_id, given.based_on, writes)
        _check_may_write(viewer, given.organisation_id, writes)
        policy = replace(_read(deps, given), id=policy_id)
        return _saved(deps, session, viewer, policy, before=before, writes=writes)


def stop_policy(deps: Dependencies, viewer: Viewer, policy_id: str, *, based_on: int | None = None) -> PolicyView:
    """Have a policy count no more. Raises `ForbiddenError`, `ConflictError`, `NotFoundError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with deps.sessions.begin() as session:
        writes = _organisations(session, viewer)
        _written(session, viewer, policy_id, based_on, writes)
        now_ms = deps.clock.now_ms()
        row = end_policy(session, policy_id, by=viewer.user_id, now_ms=now_ms)
        record(session, viewer, "policy.end", now_ms=now_ms, object_id=policy_id, detail={"number": row.number})
        return _views(session, viewer, [row], writes)[0]


def flaws_of(deps: Dependencies, viewer: Viewer, given: PolicyForm, policy_id: str = "") -> list[FieldError]:
    """Return everything that keeps a policy from being saved."""
    require(viewer, Permission.MANAGE_PEOPLE)
    try:
        policy = replace(_read(deps, given), id=policy_id)
    except FieldError as error:
        return [error]
    with reading(deps.sessions)() as session:
        if not _may_write(viewer, given.organisation_id, _organisations(session, viewer)):
            # What flaws there are tells which policies others have.
            return [FieldError("organisation_id", given.organisation_id, "your own organisation", zh="您所在的机构")]
        return list(all_flaws(session, policy, channels=deps.channels))


def differences(before: PolicyForm, after: PolicyForm) -> Mapping[str, tuple[Any, Any]]:
    """Return field -> what it was and what it is, of what differs; a step is a field of its own."""
    old, new = _fields(before), _fields(after)
    return {
        name: (old.get(name), new.get(name)) for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)
    }


def _fields(policy: PolicyForm) -> Mapping[str, Any]:
    values = policy.model_dump(include=set(PolicyForm.model_fields))
    steps = values.pop("steps")
    return values | {f"steps.{number}": step for number, step in enumerate(steps, start=1)}


def _saved(
    deps: Dependencies,
    session: Session,
    viewer: Viewer,
    policy: Policy,
    *,
    before: EscalationPolicy | None,
    writes: Mapping[str, str],
) -> PolicyView:
    now_ms = deps.clock.now_ms()
    try:
        row = save_policy(session, policy, channels=deps.channels, by=viewer.user_id, now_ms=now_ms)
    except FieldError as error:
        if error.field in _OF_OTHERS:
            raise ConflictError(str(error)) from error
        raise
    (view,) = _views(session, viewer, [row], writes)
    changed = sorted(differences(_views(session, viewer, [before], writes)[0], view)) if before else []
    detail = {"number": row.number, "changed": changed}
    action = "policy.change" if before else "policy.create"
    record(session, viewer, action, now_ms=now_ms, object_id=row.policy_id, detail=detail)
    return view


def _read(deps: Dependencies, given: PolicyForm) -> Policy:
    plain = given.model_dump(exclude={"name", "organisation_id", "based_on"}) | {"zone": deps.time_zone}
    return policy_from(plain, name=given.name, organisation_id=given.organisation_id)


def _written(
    session: Session, viewer: Viewer, policy_id: str, based_on: int | None, writes: Mapping[str, str]
) -> EscalationPolicy:
    """Return the version that is changed, locked; what the viewer may not read is not there."""
    try:
        row = current_row(session, policy_id, lock=True)
    except MissingRowError:
        raise NotFoundError(f"no policy {policy_id!r}") from None  # as for one of another organisation
    if not _may_read(viewer, row, writes):
        raise NotFoundError(f"no policy {policy_id!r}")
    _check_may_write(viewer, row.organisation_id, writes)
    if based_on is not None and based_on != row.number:
        raise ConflictError("somebody has changed this policy meanwhile: look at it again")
    return row


def _organisations(session: Session, viewer: Viewer) -> dict[str, str]:
    """Return the organisations whose policies the viewer may write."""
    query = select(Organisation.id, Organisation.name).order_by(Organisation.name)
    if viewer.role is not Role.ADMIN:
        own: Any = select(Centre.organisation_id).where(Centre.id == viewer.centre_id)
        if viewer.role is Role.TEAM:
            own = select(Team.organisation_id).where(Team.id == viewer.team_id)
        query = query.where(Organisation.id.in_(own))
    return {row[0]: row[1] for row in session.execute(query)}


def _may_read(viewer: Viewer, row: EscalationPolicy, writes: Iterable[str]) -> bool:
    return viewer.role is Role.ADMIN or row.organisation_id in {"", *writes}


def _may_write(viewer: Viewer, organisation_id: str, writes: Iterable[str]) -> bool:
    return organisation_id in set(writes) or (viewer.role is Role.ADMIN and not organisation_id)


def _check_may_write(viewer: Viewer, organisation_id: str, writes: Mapping[str, str]) -> None:
    if viewer.role is Role.ADMIN and organisation_id and organisation_id not in writes:
        raise FieldError("organisation_id", organisation_id, "an organisation", zh="已登记的机构")
    if not _may_write(viewer, organisation_id, writes):
        raise ForbiddenError("only policies of your own organisation")


def _views(
    session: Session, viewer: Viewer, rows: Sequence[EscalationPolicy], writes: Iterable[str]
) -> list[PolicyView]:
    people = select(User.id, User.name).where(User.id.in_({row.made_by for row in rows}))
    names = {row[0]: row[1] for row in session.execute(people)}
    return [
        PolicyView(
            **{name: value for name, value in row.content.items() if name != "zone"},
            id=row.policy_id,
            number=row.number,
            name=row.name,
            organisation_id=row.organisation_id,
            has_ended=row.has_ended,
            made_at_ms=row.made_at_ms,
            made_by=row.made_by,
            made_by_name=names.get(row.made_by, ""),
            may_change=_may_write(viewer, row.organisation_id, writes),
        )
        for row in rows
    ]


def _default(policy: Policy) -> PolicyView:
    plain = plain_policy(policy)
    del plain["zone"]
    return PolicyView(**plain, name=policy.name, made_at_ms=None)
