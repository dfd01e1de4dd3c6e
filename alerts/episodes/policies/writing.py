"""Saving policies: each change is a new version, and what is not valid is no version."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.episodes.policies.book import current_rows, policy_of_row
from alerts.episodes.policies.checking import flaws
from alerts.episodes.policies.plain import plain_policy
from alerts.episodes.policies.policy import Policy
from alerts.policy_tables import EscalationPolicy
from anhu.contract.errors import FieldError
from anhu.contract.identity import new_id
from anhu.registry.errors import MissingRowError

MOST_POLICIES = 500
"""That count at one time, in the whole installation."""


def all_flaws(session: Session, policy: Policy, *, channels: Collection[str]) -> Iterator[FieldError]:
    """Yield everything that is wrong with a policy that somebody wants to save."""
    yield from flaws(policy, channels=channels)
    current = current_rows(session)
    for row in current:
        if row.policy_id != policy.id and policy_of_row(row).scope == policy.scope:
            expected, zh = "a scope that no other policy has", f"与现有策略“{row.name}”的适用范围不同"
            yield FieldError("scope", row.name, expected, zh=zh)
    if not policy.id and len(current) >= MOST_POLICIES:
        yield FieldError("policies", len(current), f"at most {MOST_POLICIES}", zh=f"最多 {MOST_POLICIES} 条")


def save_policy(
    session: Session, policy: Policy, *, channels: Collection[str], by: str, now_ms: int
) -> EscalationPolicy:
    """Write a new version of a policy, or a new policy where it has no identity yet. Raises `FieldError`. [ms]."""
    for flaw in all_flaws(session, policy, channels=channels):
        raise flaw
    named = replace(policy, id=policy.id or new_id("p"), name=policy.name.strip())
    return _write(session, named, by=by, now_ms=now_ms, has_ended=False)


def end_policy(session: Session, policy_id: str, *, by: str, now_ms: int) -> EscalationPolicy:
    """Have a policy count no more: alarms that run by it go on with it. Raises `MissingRowError`. [ms]."""
    before = policy_of_row(current_row(session, policy_id))
    return _write(session, before, by=by, now_ms=now_ms, has_ended=True)


def current_row(session: Session, policy_id: str, *, lock: bool = False) -> EscalationPolicy:
    """Return the version of a policy that counts. Raises `MissingRowError` when there is none."""
    newest = select(EscalationPolicy).where(EscalationPolicy.policy_id == policy_id)
    newest = newest.order_by(EscalationPolicy.number.desc()).limit(1)
    row = session.scalar(newest.with_for_update() if lock else newest)
    if row is None or row.has_ended:
        raise MissingRowError(EscalationPolicy.__tablename__, policy_id)
    return row


def versions_of(session: Session, policy_id: str) -> Sequence[EscalationPolicy]:
    """Return every version of a policy, the newest first."""
    rows = select(EscalationPolicy).where(EscalationPolicy.policy_id == policy_id)
    return session.scalars(rows.order_by(EscalationPolicy.number.desc()).limit(200)).all()


def _write(session: Session, policy: Policy, *, by: str, now_ms: int, has_ended: bool) -> EscalationPolicy:
    row = EscalationPolicy(
        policy_id=policy.id,
        organisation_id=policy.scope.organisation_id,
        name=policy.name,
        content=plain_policy(policy),
        has_ended=has_ended,
        made_at_ms=now_ms,
        made_by=by,
    )
    session.add(row)
    session.flush()
    return row
