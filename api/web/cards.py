"""Cards of the queue: what an alert's row shows and which steps it offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from alerts.episodes.lifecycle import ALLOWED_FROM, Response
from alerts.kinds import KINDS
from alerts.kinds.sheet import Emergency
from api.schemas.alerts import AlertView
from api.schemas.desk import AnswerEndView, CardView, UntoldView
from api.schemas.people import PersonView

_NUMBERS: Mapping[Emergency, str] = {"ambulance": "120", "fire_brigade": "119"}
_STEPS = {
    Response.ACKNOWLEDGED: "acknowledge",
    Response.ON_THE_WAY: "on_the_way",
    Response.ON_SCENE: "on_scene",
    Response.CLOSED: "close",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One alert as its card shows it.

    Attributes
    ----------
    emergency : str
        Which emergency service to call now; empty mostly.
    steps : tuple of str
        What may be done next, the next one first: ``acknowledge``, ``on_the_way``, ``on_scene``, ``close``.
    answered_ms : int or None
        From the page to the first answer; None while nobody answered. [ms]
    untold : sequence or None
        Nobody can be told: each contact and why. None mostly.
    """

    alert: AlertView
    person: PersonView
    room: str
    assignee_name: str
    emergency: str
    steps: tuple[str, ...]
    answered_ms: int | None
    untold: Sequence[UntoldView] | None
    answer_end: AnswerEndView | None
    """Until when the present answer stands; None where it stands for good."""

    @property
    def is_unanswered(self) -> bool:
        """Whether it is open and nobody answers it."""
        return self.alert.is_open and self.alert.response == Response.UNACKED

    @property
    def mark(self) -> str:
        """What differs when the card shows something different; what runs by itself left aside."""
        return f"{crc32(repr(self).encode()):08x}"

    @classmethod
    def of(cls, card: CardView, *, may_respond: bool) -> Card:
        """Return the card of an alert; without steps for those who may only look."""
        alert = card.alert
        answered = alert.acknowledged_at_ms
        return cls(
            alert=alert,
            person=card.person,
            room=card.room,
            assignee_name=card.assignee_name,
            emergency=_number_to_call(alert.kind) if card.emergency else "",
            steps=next_steps(alert.response) if may_respond else (),
            answered_ms=None if answered is None else answered - alert.raised_at_ms,
            untold=card.untold,
            answer_end=card.answer_end,
        )


def _number_to_call(kind: str) -> str:
    return _NUMBERS[KINDS[kind].emergency if kind in KINDS else "ambulance"]


def next_steps(response: str) -> tuple[str, ...]:
    """Return what may follow a response, the nearest first."""
    return tuple(step for wanted, step in _STEPS.items() if Response(response) in ALLOWED_FROM[wanted])
