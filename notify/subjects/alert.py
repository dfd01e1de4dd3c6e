"""An alert: told until somebody answers it, and then only that it got worse."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, tzinfo

from sqlalchemy import ScalarSelect, func, select, union_all, update
from sqlalchemy.orm import Session, object_session

from alerts.episodes.answer_links import code_for, mint, share_code
from alerts.episodes.escalations import advance_escalations
from alerts.episodes.following_up import FURTHER, OVERDUE
from alerts.episodes.lifecycle import Response
from alerts.episodes.locking import lock_alerts
from alerts.episodes.members import reporting_of
from alerts.episodes.messages import AGAIN, EARLY, RAISED
from alerts.episodes.policies.who import House
from alerts.episodes.reaching import (
    judge,
    judge_held,
    reach_further,
    reach_past_delayed,
    reach_past_unconfirmed,
    reached_somebody,
    try_again,
)
from alerts.episodes.relatives import is_relative
from alerts.finding import Condition
from alerts.kinds import DRILLS, KINDS
from alerts.subject import ALERT
from alerts.tables import Alert, AlertEvent, Escalation
from anhu.contract.clock import SECOND_MS, to_rfc3339
from anhu.contract.masking import masked
from anhu.contract.priority import Priority
from anhu.contract.words import text
from anhu.outbox.tables import Outbox
from anhu.registry.tables import Contact
from notify.channel import Delivery
from notify.channel_type import Shows
from notify.subject import Failure, Letter, Subject, Telling

_TOLD_ANYWAY = ("worsened", "joined")
"""Messages with these reasons go out although somebody has answered: the answer was to something milder or less."""
_NEEDED_IN: Mapping[str, Response] = {FURTHER: Response.ACKNOWLEDGED, OVERDUE: Response.ON_THE_WAY}
"""Messages that are about an answer go out while it stands."""
_OFFERED = "offered"


def _is_drill(row: Alert) -> bool:
    """Tell what a call for help is never said together with: it would be heard as one, too."""
    return row.kind in DRILLS


class AlertSubject(Subject[Alert]):
    """Alerts and their ladders."""

    kind = ALERT
    table = Alert
    told_apart_by = staticmethod(_is_drill)

    def still_needed(self, outbox: Outbox, row: Alert) -> bool:
        """Tell whether nobody has answered yet, or the news is more than was answered."""
        if not row.is_open:
            return False
        if outbox.reason.startswith(_OFFERED):
            return bool(row.offered_to)  # whoever was asked has not said yes or no yet
        reason = outbox.reason.partition("-")[0]
        return row.response == _NEEDED_IN.get(reason, Response.UNACKED) or reason in _TOLD_ANYWAY

    def compose(self, row: Alert, telling: Telling) -> Letter:
        """Put an alert into words."""
        outbox, language = telling.outbox, telling.contact.language
        priority = Priority(row.priority).name.lower()
        values = {
            "title": _title(row, language),
            "name": masked(telling.resident.name) if telling.resident else "",
            "priority": text(f"notify.priority.{priority}", language),
            "time": _time(row, telling.style.zone),
            "local_time": _local_time(row, telling.style.zone),
        }
        link = f"{telling.style.public_url}/desk?alert={row.id}" if telling.style.public_url else ""
        if telling.contact.owner_kind == House.RESIDENT and row.kind not in DRILLS:
            return _call_back(outbox, row, values | {"priority": priority, "link": ""}, language)
        reporting = _reporting(row)
        answer = _answer(row, telling)
        lines = _lines(outbox, row, values | {"devices": ", ".join(reporting)}, language)
        of_family = _is_relative(row, telling.contact)
        return Letter(
            subject=_subject(row, values, language),
            lines=(*lines, text("notify.family_say", language)) if of_family and link else tuple(lines),
            link=link,
            link_sentence="notify.family_link" if of_family else "notify.link",
            data={
                **_data(outbox, row, values | {"priority": priority, "link": link}),
                "reporting": reporting,
                **answer,
                **_buttons(answer["answer_link"], of_family=of_family),
            },
            answer_link=answer["answer_link"],
        )

    def lock(self, session: Session, subject_id: str) -> Alert | None:
        """Return the alert, locked."""
        return next(iter(lock_alerts(session, Alert.id == subject_id)), None)

    def reached(self, session: Session, subject_id: str, said: Delivery, now_ms: int) -> None:  # noqa: ARG002 - whatever was said
        """End the state that nobody can be told; that a message was taken is no answer to the alert."""
        reached_somebody(session, subject_id, now_ms)

    def delayed(self, session: Session, subject_id: str, now_ms: int) -> None:
        """See whether anybody can be told; of a call for help the next are, while a provider is down."""
        reach_past_delayed(session, session.get_one(Alert, subject_id), now_ms)

    def failed(self, session: Session, subject_id: str, failure: Failure, now_ms: int) -> None:
        """Say so in the alert's history; who comes later on the ladder is told at once if nobody else can be."""
        alert = session.get_one(Alert, subject_id)
        if not failure.said_before:
            told = ("channel", "contact_id", "reason", "attempts")
            data = {name: getattr(failure, name) for name in told}
            session.add(AlertEvent(alert_id=subject_id, at_ms=now_ms, what="notify_failed", data=data))
        if judge(session, alert, now_ms):
            reach_further(session, alert, now_ms)

    def held(self, session: Session, contacts: Collection[str], now_ms: int) -> None:
        """See whether alerts that wait for these contacts can be told to anybody."""
        judge_held(session, contacts, now_ms)

    def unconfirmed(self, session: Session, subject_id: str, contact_id: str, now_ms: int) -> None:
        """Say so in the alert's history; if nobody else is known to be told of a call for help, tell the next."""
        alert = session.get_one(Alert, subject_id)
        data = {"contact_id": contact_id}
        session.add(AlertEvent(alert_id=subject_id, at_ms=now_ms, what="message_unconfirmed", data=data))
        session.flush()
        reach_past_unconfirmed(session, alert, now_ms)

    def join(self, session: Session, contact: Contact, subject_ids: Sequence[str], now_ms: int) -> None:
        """Give the alarms one code: a reply to the message is the answer to all of them."""
        share_code(session, contact, subject_ids, now_ms)

    def next_due(self) -> ScalarSelect[int]:
        """Return the query for the next step of a ladder."""
        step = select(Escalation.due_at_ms.label("at_ms"))
        again = select(Alert.untold_again_ms).where(Alert.untold_again_ms.is_not(None))
        return select(func.min(union_all(step, again).subquery().c.at_ms)).scalar_subquery()

    def advance(self, session: Session, now_ms: int) -> Mapping[str, int]:
        """Take the steps that are due, and try again what nobody could be told."""
        return {"escalated": advance_escalations(session, now_ms), "tried_again": try_again(session, now_ms)}

    def clock_set_back(self, session: Session, now_ms: int, by_ms: int) -> None:
        """Bring the ladders forward; their alerts are locked first, like everywhere."""
        lock_alerts(session, Alert.is_open)
        later = update(Escalation).where(Escalation.due_at_ms > now_ms)
        moved = later.values(due_at_ms=Escalation.due_at_ms - by_ms)
        again = update(Alert).where(Alert.untold_again_ms > now_ms)
        for change in (moved, again.values(untold_again_ms=Alert.untold_again_ms - by_ms)):
            session.execute(change, execution_options={"synchronize_session": False})


def _call_back(outbox: Outbox, alert: Alert, values: Mapping[str, str], language: str) -> Letter:
    """Say to the resident, who may be frightened or confused, what is being done; there is nothing to be answered."""
    return Letter(
        subject=text("notify.callback_subject", language),
        lines=(text("notify.callback", language, **values),),
        link="",
        link_sentence="notify.link",
        data={**_data(outbox, alert, values), "type": "alert.callback", "answers_as": "resident"},
    )


def _buttons(link: str, *, of_family: bool) -> Mapping[str, str]:
    """Return who answers, for keys and buttons: a relative has none that takes the alarm, but one that says "going"."""
    return {"answers_as": "family", "answer_link": "", "going_link": link} if of_family else {"answers_as": "staff"}


def _answer(alert: Alert, telling: Telling) -> Mapping[str, str]:
    """Return how a contact may answer: a link of its own for this message, and a code where replies come back."""
    session = object_session(alert)
    if session is None or not alert.is_open:
        return {"answer_link": "", "reply_code": ""}
    contact, can, now_ms = telling.contact, telling.can, telling.now_ms
    link = ""
    if telling.style.public_url and can.shows >= Shows.LINKS:
        link = f"{telling.style.public_url}/a/{mint(session, alert.id, contact.id, now_ms)}"
    return {"answer_link": link, "reply_code": code_for(session, alert.id, contact, now_ms) if can.answerable else ""}


def _is_relative(alert: Alert, contact: Contact) -> bool:
    session = object_session(alert)
    return session is not None and is_relative(session, contact)


def _subject(alert: Alert, values: Mapping[str, str], language: str) -> str:
    said = text("notify.subject", language, **values)
    return text("notify.drill_subject", language, subject=said) if alert.kind in DRILLS else said


def _title(alert: Alert, language: str) -> str:
    kind = KINDS.get(alert.kind)
    return {"zh-CN": kind.zh, "en": kind.en}.get(language, kind.en) if kind else alert.kind


def _reason(outbox: Outbox) -> str:
    """Return ``raised``, ``escalated``, ``worsened``, ``joined``, ``returned``, ``offered``; new to who hears late."""
    reason = outbox.reason.partition("-")[0]
    return RAISED if reason in {EARLY, AGAIN} else reason


def _time(alert: Alert, zone: tzinfo) -> str:
    return datetime.fromtimestamp(alert.started_at_ms / SECOND_MS, tz=zone).strftime("%Y-%m-%d %H:%M:%S (UTC%z)")


def _local_time(alert: Alert, zone: tzinfo) -> str:
    return datetime.fromtimestamp(alert.started_at_ms // SECOND_MS, tz=zone).isoformat()


def _reporting(alert: Alert) -> list[str]:
    """Return the devices that still report it, when they are several."""
    session = object_session(alert)
    if session is None or (not alert.repeats and alert.condition == Condition.PRESENT):
        return [alert.device_id] if alert.device_id else []
    rows = reporting_of(session, [alert.id]).get(alert.id, ())
    return list(dict.fromkeys(row.device_id for row in rows))


def _lines(outbox: Outbox, alert: Alert, values: Mapping[str, str], language: str) -> list[str]:
    if alert.kind in DRILLS:
        return [text("notify.drill", language, **values), text("notify.at", language, **values)]
    lines = [text(f"notify.{_reason(outbox)}", language, **values), text("notify.at", language, **values)]
    if values["devices"] and (_reason(outbox) == "joined" or ", " in values["devices"]):
        lines.append(text("notify.reporting", language, **values))
    if alert.late:
        lines.append(text("notify.late", language))
    if outbox.data.get("put_off"):
        lines.append(text("notify.put_off", language))
    if outbox.data.get("prompt_emergency"):
        lines.append(text("notify.emergency", language))
    return lines


def _data(outbox: Outbox, alert: Alert, values: Mapping[str, str]) -> dict[str, object]:
    return {
        "type": f"alert.{_reason(outbox)}",
        "id": outbox.idempotency_key,
        "alert_id": alert.id,
        "kind": alert.kind,
        "drill": alert.kind in DRILLS,
        "title": values["title"],
        "priority": values["priority"],
        "late": alert.late,
        "resident_id": alert.resident_id,
        "resident_name": values["name"],
        "started_at": to_rfc3339(alert.started_at_ms),
        "local_time": values["local_time"],
        "raised_at": to_rfc3339(alert.raised_at_ms),
        "step": outbox.data.get("step", 0),
        "prompt_emergency": bool(outbox.data.get("prompt_emergency")),
        "link": values["link"],
    }
