"""What follows when contacts cannot be told: the state is entered and left, others are told, everything is tried again.

No time of a policy changes: the desk sees the alarm at once whatever becomes of messages, and is asked to call the
emergency services when the policy says so. Where nobody of the policy is left, whoever answers for the centre is told.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select, true, update
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import Response
from alerts.episodes.locking import lock_alerts
from alerts.episodes.messages import AGAIN, EARLY, ESCALATED, page_ways, who_around
from alerts.episodes.paging import page_new
from alerts.episodes.policies.book import policy_of
from alerts.episodes.policies.due import told
from alerts.episodes.policies.who import House
from alerts.episodes.supervisors import UNTOLD, tell_supervisors
from alerts.episodes.untold import Why, enter, leave, plan_again, told_again
from alerts.subject import ALERT, subject_of
from alerts.tables import Alert, AlertEvent
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority
from anhu.outbox.tables import REACHED, WAITING, MessageState, Outbox, Receipt
from anhu.outbox.writing import about
from anhu.registry.tables import Contact

_TURN_MS = 30 * SECOND_MS
"""A message that has waited so long because its recipient has had the share of a minute tells nobody either. [ms]"""
_SAME_ROUND = frozenset({ESCALATED, EARLY, AGAIN})
"""Reasons of messages that are no news of the alert."""
_BATCH = 100


def judge(session: Session, alert: Alert, now_ms: int, *, held: Collection[str] = ()) -> bool:
    """Enter or leave the state as the messages of a locked alert stand; tell whether it is in it. [ms].

    Parameters
    ----------
    held : collection of str
        Contacts that have had their share of a minute: what waits for them long has not told them either.
    """
    if not _pages(session, alert):
        leave(alert)
        return False
    session.flush()
    said = _round(session, alert)
    if any(message.state in REACHED for message, _ in said):
        told_again(session, alert.id, now_ms)
        return False
    failed = {contact.id for message, contact in said if not _still_may(message, now_ms, held)}
    if any(contact.id not in failed for _, contact in said):
        return alert.untold_since_ms is not None
    enter(session, alert, [_why(session, *one) for one in said], now_ms)
    return True


def reached_somebody(session: Session, alert_id: str, now_ms: int) -> None:
    """End the state when a message has been taken, or is being, that is not the resident's own call-back. [ms]."""
    alert = next(iter(lock_alerts(session, Alert.id == alert_id, Alert.untold_since_ms.is_not(None))), None)
    if alert is None:
        return
    on_its_way = (MessageState.SENDING, *REACHED)
    if any(message.state in on_its_way for message, _ in _round(session, alert)):
        told_again(session, alert_id, now_ms)


def reach_further(session: Session, alert: Alert, now_ms: int) -> None:
    """Tell the next parties of the policy now, for nobody before can be; when nobody is left, supervisors. [ms]."""
    if not tell_next(session, alert, now_ms):
        tell_supervisors(session, alert, now_ms)


def tell_next(session: Session, alert: Alert, now_ms: int) -> bool:
    """Tell the next parties of the policy now; its times, and the emergency, stay. Tell whether there were any. [ms].

    Only who has no message of this round yet: nobody is told twice for it.
    """
    policy, who = policy_of(session, alert), who_around(session, alert, now_ms)
    has_one = {message.contact_id for message, _ in _round(session, alert)}
    for number, rung in enumerate(policy.rungs):
        if number and rung.prompt_emergency:
            break
        fresh = [way for way in told(policy, number, who) if way.contact_id not in has_one]
        if fresh and (written := page_ways(session, alert, fresh, number=number, reason=EARLY, now_ms=now_ms)):
            data = {"step": number, "messages": written}
            session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what="told_early", data=data))
            return True
    return False


def reach_past_delayed(session: Session, alert: Alert, now_ms: int) -> None:
    """Tell the next parties of a call for help when every message was tried in vain: its provider may be down. [ms]."""
    is_untold = judge(session, alert, now_ms)
    if not is_untold or alert.priority < Priority.HIGH:
        return
    on_their_way = (MessageState.SENDING, *REACHED)
    said = [message for message, _ in _round(session, alert)]
    if not any(message.state in on_their_way or _still_may(message, now_ms, ()) for message in said):
        reach_further(session, alert, now_ms)


def reach_past_unconfirmed(session: Session, alert: Alert, now_ms: int) -> None:
    """Tell the next parties of a call for help of which no message is known to have arrived, or still may. [ms]."""
    if alert.priority < Priority.HIGH or not _pages(session, alert):
        return
    missed = select(Receipt.outbox_id).join(Outbox, Outbox.id == Receipt.outbox_id)
    missing = set(session.scalars(missed.where(about(subject_of(alert.id)), Receipt.state == "unconfirmed")))
    said = [message for message, _ in _round(session, alert)]
    hopeful = (*REACHED, MessageState.PENDING, MessageState.SENDING)
    if not any(message.state in hopeful and message.id not in missing for message in said):
        reach_further(session, alert, now_ms)


def try_again(session: Session, now_ms: int) -> int:
    """Send again what failed for good about alerts in the state, and tell who became a contact since. [ms].

    Returns
    -------
    int
        How many alerts were looked at.
    """
    due = select(Alert.id).where(Alert.untold_again_ms <= now_ms).order_by(Alert.untold_again_ms).limit(_BATCH)
    ids = session.scalars(due).all()
    alerts = lock_alerts(session, Alert.id.in_(ids), skip_locked=True) if ids else ()
    for alert in alerts:
        if _pages(session, alert):
            _again(session, alert, now_ms)
        else:
            leave(alert)
    session.flush()
    return len(alerts)


def judge_held(session: Session, contacts: Collection[str], now_ms: int) -> None:
    """See of whom nobody can be told because these contacts have had their share of a minute. [ms]."""
    late = (Outbox.state.in_(WAITING), Outbox.attempts == 0, Outbox.created_at_ms <= now_ms - _TURN_MS)
    waiting = select(Outbox.subject_id).where(
        Outbox.subject_kind == ALERT, Outbox.contact_id.in_(sorted(contacts)), *late
    )
    unseen = (Alert.id.in_(waiting.limit(_BATCH)), Alert.untold_since_ms.is_(None))
    for alert in lock_alerts(session, *unseen, skip_locked=True):
        judge(session, alert, now_ms, held=contacts)


def _pages(session: Session, alert: Alert) -> bool:
    unanswered = alert.is_open and alert.response == Response.UNACKED
    return unanswered and bool(policy_of(session, alert).steps)


def _again(session: Session, alert: Alert, now_ms: int) -> None:
    failed = (about(subject_of(alert.id)), Outbox.state == MessageState.FAILED_PERMANENT)
    session.execute(update(Outbox).where(*failed).values(state=MessageState.FAILED_TEMPORARY, due_at_ms=now_ms))
    taken = max((message.data.get("step", 0) for message, _ in _round(session, alert)), default=0)
    page_new(session, alert, taken, now_ms=now_ms)
    tell_supervisors(session, alert, now_ms)
    plan_again(alert, now_ms)


def _round(session: Session, alert: Alert) -> Sequence[tuple[Outbox, Contact]]:
    """Return the messages since the alert was last news, with who gets them; the resident is nobody who comes."""
    query = select(Outbox, Contact).join(Contact, Contact.id == Outbox.contact_id)
    who_comes = true() if policy_of(session, alert).is_call_back else Contact.owner_kind != House.RESIDENT
    of_alert = query.where(about(subject_of(alert.id)), Contact.enabled, who_comes).order_by(Outbox.id)
    rows = session.execute(of_alert.execution_options(populate_existing=True)).all()
    news = (one.created_at_ms for one, _ in rows if one.reason not in _SAME_ROUND and not one.reason.startswith(UNTOLD))
    began = max(news, default=0)
    return [(message, contact) for message, contact in rows if message.created_at_ms >= began]


def _still_may(message: Outbox, now_ms: int, held: Collection[str]) -> bool:
    """Tell whether a message has not had its first attempt, and is not late for it."""
    if message.state == MessageState.SENDING:
        return message.attempts <= 1
    is_late = message.contact_id in held and now_ms - message.created_at_ms >= _TURN_MS
    return message.state in WAITING and message.attempts == 0 and not is_late


def _why(session: Session, message: Outbox, contact: Contact) -> Why:
    last = select(Receipt.detail).where(Receipt.outbox_id == message.id).order_by(Receipt.id.desc()).limit(1)
    reason = session.scalar(last) or "it waits for its turn"
    return Why(contact.id, contact.channel, contact.owner_kind, contact.owner_id, reason)
