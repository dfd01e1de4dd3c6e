"""How a relative reads it: is mother well, what happened today, and what is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from alerts.episodes.lifecycle import Response
from alerts.kinds import DRILLS, KINDS
from anhu.contract.clock import HOUR_MS
from anhu.contract.priority import Priority
from api.schemas.alerts import AlertView
from api.schemas.observations import EventView, LatestView
from api.web.latest import Tile, tiles
from api.web.marks import Marks
from api.web.wording import Wording

QUIET_MS = 12 * HOUR_MS
_MOTION = frozenset({"motion", "contact", "presence", "bed", "chair", "medication", "property_exit"})
_TOLD = frozenset({"high", "medium"})
_NO_SIGN_OF_LIFE = frozenset({"battery", "signal_strength", "connection"}) | DRILLS
"""A device says these by itself, whoever wears it; a drill is said by nobody at home."""


class Happening(NamedTuple):
    """An alarm as relatives read it, with what the staff wrote for them."""

    at_ms: int
    kind: str
    priority: str
    became: str
    note: str = ""


class Known(NamedTuple):
    """What is known of a resident now.

    Attributes
    ----------
    alerts : sequence of AlertView
        The recent ones, open and closed.
    told_at_ms : mapping
        Alert -> when a message about it left; one that is not there was told to nobody. [ms]
    readable : bool
        False: what was measured cannot be read.
    notes : mapping
        Alert -> what the staff wrote for the family when it was closed.
    marks : Marks
        What is abnormal for the resident.
    """

    latest: Sequence[LatestView]
    events: Sequence[EventView]
    alerts: Sequence[AlertView]
    told_at_ms: Mapping[str, int]
    readable: bool = True
    marks: Marks = Marks()
    notes: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Wellbeing:
    """Some sentences about today.

    Attributes
    ----------
    state : str
        ``well``; ``waiting`` (an alarm nobody answered yet); ``attention`` (an alarm that is answered); ``happened``
        (an alarm of today that is over); ``noted`` (something small); ``quiet`` (nothing was heard for twelve hours,
        or ever); ``unknown`` (what was measured cannot be read).
    last_motion_ms : int
        When somebody was last seen moving at home; 0 when not known. [ms]
    """

    state: str
    text: str
    last_motion_ms: int
    today: Sequence[Tile]
    happenings: Sequence[Happening]


def wellbeing(name: str, known: Known, wording: Wording) -> Wellbeing:
    """Return today in words: green only when something is known and nothing happened."""
    today_ms = wording.start_of_today_ms()
    of_today = [
        alert
        for alert in known.alerts
        if alert.priority != "info" and (alert.is_open or max(alert.raised_at_ms, alert.closed_at_ms or 0) >= today_ms)
    ]
    real = [alert for alert in of_today if alert.kind not in DRILLS]
    state = _state(known, real, wording.now_ms)
    moved = [event.observed_at_ms for event in known.events if event.kind in _MOTION and event.state == "on"]
    return Wellbeing(
        state=state,
        text=_text(state, name, known, real, wording),
        last_motion_ms=max(moved, default=0),
        today=tiles(known.latest, known.marks, wording, since_ms=today_ms),
        happenings=[happening(alert, known.notes, wording) for alert in of_today],
    )


def _heard_ms(known: Known) -> int:
    heard = [one.observed_at_ms for one in known.latest if one.quantity not in _NO_SIGN_OF_LIFE]
    return max([*heard, *(one.observed_at_ms for one in known.events if one.kind not in _NO_SIGN_OF_LIFE)], default=0)


def _state(known: Known, of_today: Sequence[AlertView], now_ms: int) -> str:
    told = [alert for alert in of_today if alert.priority in _TOLD]
    if any(alert.response == Response.UNACKED for alert in told if alert.is_open):
        return "waiting"
    if any(alert.is_open for alert in told):
        return "attention"
    if not known.readable:
        return "unknown"
    if now_ms - _heard_ms(known) >= QUIET_MS:
        return "quiet"
    return "happened" if told else "noted" if of_today else "well"


def _text(state: str, name: str, known: Known, of_today: Sequence[AlertView], wording: Wording) -> str:
    if state == "quiet":
        heard_ms = _heard_ms(known)
        silent = [alert for alert in known.alerts if alert.is_open and _is_unheard(alert.kind)]
        since = wording.t("family.since", at=wording.moment(heard_ms)) if heard_ms else wording.t("family.never")
        return wording.t("family.quiet_text", name=name, since=since) + _who_knows(silent, known, wording)
    if state not in ("waiting", "attention"):
        return wording.t(f"family.{state}_text", name=name)
    is_open = [alert for alert in of_today if alert.is_open and alert.priority in _TOLD]
    waiting = [alert for alert in is_open if alert.response == Response.UNACKED] or is_open
    worst = max(waiting, key=lambda alert: Priority[alert.priority.upper()])
    said = wording.t(f"family.{state}_text", kind=wording.kind(worst.kind), since=wording.ago(worst.started_at_ms))
    return said + (_who_knows([worst], known, wording) if state == "waiting" else "")


def _who_knows(alerts: Sequence[AlertView], known: Known, wording: Wording) -> str:
    told = [known.told_at_ms[alert.id] for alert in alerts if alert.id in known.told_at_ms]
    if told:
        return wording.t("family.told_at", at=wording.moment(min(told)))
    return wording.t("family.on_the_list" if alerts else "family.nobody_told")


def _is_unheard(kind: str) -> bool:
    """Whether nothing is known of a person while such an alert is open; a kind of a later version is not."""
    return kind in KINDS and KINDS[kind].unheard


def happening(alert: AlertView, notes: Mapping[str, str], wording: Wording) -> Happening:
    """Return an alarm in a relative's words."""
    if alert.is_open:
        became = wording.t("family.became_waiting" if alert.response == Response.UNACKED else "family.became_attention")
    else:
        at = wording.moment(alert.closed_at_ms or alert.last_at_ms)
        became = wording.word("family_outcome", alert.outcome) + wording.t("family.ended_at", at=at)
    return Happening(alert.started_at_ms, wording.kind(alert.kind), alert.priority, became, notes.get(alert.id, ""))
