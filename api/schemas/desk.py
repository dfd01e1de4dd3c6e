"""The queue as the desk shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field

from api.schemas.alerts import AlertView, PriorityWord
from api.schemas.base import Time, View, at
from api.schemas.people import PersonView
from api.schemas.sheet import ComingView


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
    offered_to_name: str = ""
    emergency: bool = Field(default=False, description="Unanswered so long that a human must call 120 or 119.")
    untold: list[UntoldView] | None = Field(
        default=None, description="Nobody can be told: each contact and why; empty when there is none. Else null."
    )

    family: list[ComingView] = Field(
        default=[], description="What relatives say of an open alert: the newest word of each, not who goes not."
    )
    answer_end: AnswerEndView | None = Field(default=None, description="Until when the present answer stands.")


@dataclass(frozen=True, slots=True)
class RowView:
    """What the place of an alert in the queue depends on, and its heading says.

    Attributes
    ----------
    state : str
        Differs when anything of the alert does; empty for one that is closed.
    newest_call : int
        Number of the newest line of its history that calls for somebody.
    """

    id: str
    kind: str
    priority: PriorityWord
    response: str
    is_open: bool
    practice: str
    device_id: str
    centre_id: str
    resident_name: str
    address: str
    started_at_ms: int
    call_for_help: bool
    state: str = ""
    newest_call: int = 0


@dataclass(frozen=True, slots=True)
class QueueView:
    """The queue as the desk shows it; `cards` only of those rows that were asked for.

    Attributes
    ----------
    total : int
        How many there are; `rows` may hold fewer.
    mark : str
        The state of all open alerts it was made from; as in the page's watch.
    watches_anybody : bool
        False: no alert would ever be shown, for there is nobody to watch.
    open_by_priority : mapping
        Without practice.
    practice : int
        Open drills and tests, counted apart.
    """

    rows: Sequence[RowView]
    cards: Sequence[CardView]
    total: int
    mark: str
    watches_anybody: bool
    open_by_priority: Mapping[str, int]
    practice: int
