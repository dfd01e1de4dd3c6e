"""What alarms cost and what they are worth."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Time, View, at


class RuleBudgetView(View):
    """One kind of alert over the span."""

    kind: str = Field(examples=["heart_rate_low"])
    raised: int
    paging: int = Field(description="Of medium or high priority.")
    true: int
    false: int
    device_fault: int
    practice: int = Field(description="Tests and drills.")
    unanswered: int = Field(description="Went away by itself, or is still open.")
    per_resident_week: float = Field(description="Paging alerts per resident and week.")
    ppv: float | None = Field(description="True among judged ones; null while nothing was judged.")
    noisy: bool = Field(description="Judged often enough and rarely true, or alone half of the budget.")


class BudgetView(View):
    """All rules over the span, noisiest first."""

    since_ms: Time = at("since")
    until_ms: Time = at("until")
    residents: int
    budget_per_resident_week: float = Field(description="What a resident may make at most, as a target.")
    per_resident_week: float
    ppv: float | None
    noisy: list[str] = Field(description="Kinds of the noisy rules.")
    rules: list[RuleBudgetView]
