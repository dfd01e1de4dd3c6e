"""The queue as the desk shows it."""

from __future__ import annotations

from pydantic import Field

from api.schemas.alerts import AlertView
from api.schemas.base import View
from api.schemas.people import PersonView


class CardView(View):
    """One alert of the queue with what its card shows."""

    alert: AlertView
    person: PersonView
    room: str = ""
    assignee_name: str = ""
    emergency: bool = Field(default=False, description="Unanswered so long that a human must call 120 or 119.")


class QueueView(View):
    """The queue as the desk shows it."""

    cards: list[CardView]
    total: int = Field(description="How many there are; `cards` may hold fewer.")
    mark: str = Field(description="The state of all open alerts it was made from; as in the page's watch.")
    watches_anybody: bool = Field(description="False: no alert would ever be shown, for there is nobody to watch.")
    open_by_priority: dict[str, int] = Field(examples=[{"high": 1, "medium": 2}])
