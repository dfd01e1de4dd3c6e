"""The queue as the desk shows it."""

from __future__ import annotations

from pydantic import Field

from api.schemas.alerts import AlertView
from api.schemas.base import Time, View, at
from api.schemas.people import PersonView


class UntoldView(View):
    """A contact that could not be told, and why."""

    channel: str = Field(examples=["email"])
    channel_zh: str = Field(default="", examples=["电子邮件"])
    channel_en: str = Field(default="", examples=["e-mail"])
    owner_name: str = Field(default="", examples=["李医生团队"])
    reason: str = Field(examples=["no answer: ConnectError"])


class AnswerEndView(View):
    """Until when an answer stands, if nobody does what it promised."""

    what: str = Field(examples=["resume"], description="resume: told again, for nobody has left; scene: asked after.")
    at_ms: Time = at("at")


class CardView(View):
    """One alert of the queue with what its card shows."""

    alert: AlertView
    person: PersonView
    room: str = ""
    assignee_name: str = ""
    emergency: bool = Field(default=False, description="Unanswered so long that a human must call 120 or 119.")
    untold: list[UntoldView] | None = Field(
        default=None, description="Nobody can be told: each contact and why; empty when there is none. Else null."
    )

    answer_end: AnswerEndView | None = Field(default=None, description="Until when the present answer stands.")


class QueueView(View):
    """The queue as the desk shows it."""

    cards: list[CardView]
    total: int = Field(description="How many there are; `cards` may hold fewer.")
    mark: str = Field(description="The state of all open alerts it was made from; as in the page's watch.")
    watches_anybody: bool = Field(description="False: no alert would ever be shown, for there is nobody to watch.")
    open_by_priority: dict[str, int] = Field(examples=[{"high": 1, "medium": 2}])
