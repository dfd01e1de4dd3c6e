"""What kind of work a user does, beside the role that says what he may do."""

from __future__ import annotations

from enum import StrEnum

from anhu.contract.errors import FieldError
from anhu.registry.roles import Role


class Duty(StrEnum):
    """A member's work: rota and escalation policies name it."""

    OPERATOR = "operator"
    """Sits at the desk."""
    CARER = "carer"
    """Goes there: home visits, the ward."""
    SUPERVISOR = "supervisor"
    """Answers for the centre, or for the street."""
    GP = "gp"
    NURSE = "nurse"
    PUBLIC_HEALTH = "public_health"
    VILLAGE_DOCTOR = "village_doctor"


DUTIES_OF = {
    Role.DESK: frozenset({Duty.OPERATOR, Duty.CARER, Duty.SUPERVISOR}),
    Role.TEAM: frozenset({Duty.GP, Duty.NURSE, Duty.PUBLIC_HEALTH, Duty.VILLAGE_DOCTOR}),
}
"""Who works at a desk, and who in a family-doctor team (village 3+X)."""


def check_duty(role: str, duty: str, *, is_lead: bool) -> None:
    """Raise `FieldError` for work that nobody of this role does; empty: not said."""
    duties = DUTIES_OF.get(Role(role), frozenset())
    if duty and duty not in duties:
        expected = "one of " + ", ".join(sorted(duties)) if duties else f"nothing, for role {role}"
        raise FieldError("duty", duty, expected, zh="、".join(sorted(duties)) or "留空")
    if is_lead and not duties:
        raise FieldError("is_lead", "true", "a member of a desk or a team", zh="仅值守台或医生团队成员可任负责人")
