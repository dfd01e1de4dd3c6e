"""What pages of an administrator and of everybody's own account do with contacts: views, tests, codes, order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from anhu.contract.clock import HOUR_MS
from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.tables import UNDECIDED, Outbox, Receipt
from anhu.outbox.writing import Draft, put
from anhu.registry.account_messages import KIND, TEST, add_message, count_since
from anhu.registry.call_list import CALL_ONLY
from anhu.registry.contacts import OWNERS
from anhu.registry.tables import Contact
from api.dependencies import Dependencies
from api.errors import ConflictError, TooManyRequestsError
from api.schemas.alerts import PRIORITY_WORDS
from api.schemas.contacts import ContactChange, ContactView, LastMessage

_MOST_AN_HOUR = 10
"""Tests, and codes, that one user may ask for."""


def views_of(
    session: Session, deps: Dependencies, condition: ColumnElement[bool], *, most: int | None = None
) -> list[ContactView]:
    """Return contacts that were not removed, by owner and order, and what became of the last message to each.

    Raises
    ------
    ConflictError
        If there are more than `most`: a part of them would look like all.
    """
    query = select(Contact).where(condition, Contact.removed_at_ms.is_(None))
    if most is not None and len(session.execute(select(Contact.id).where(condition).limit(most + 1)).all()) > most:
        raise ConflictError(
            f"there are more than {most} contacts: say whose", zh=f"联系方式超过 {most} 条，请指定所属对象"
        )
    rows = session.scalars(query.order_by(Contact.owner_kind, Contact.owner_id, Contact.position, Contact.id)).all()
    last = _last(session, [row.id for row in rows])
    names = _names(session, rows)
    return [
        ContactView(
            **values_of(deps, row), owner_name=names.get((row.owner_kind, row.owner_id), ""), last=last.get(row.id)
        )
        for row in rows
    ]


def values_of(deps: Dependencies, row: Contact) -> dict[str, Any]:
    """Return what a contact's view holds of its row; never a secret, which a robot's address is too."""
    form = deps.channels.get(row.channel)
    address = form.shown(row.address) if form else row.address
    told = (
        "id",
        "owner_kind",
        "owner_id",
        "channel",
        "language",
        "enabled",
        "position",
        "awaits_code",
        "quiet_from",
    )
    values = {name: getattr(row, name) for name in (*told, "quiet_until", "disabled_why")}
    return values | {"address": address, "min_priority": PRIORITY_WORDS[row.min_priority]}


def changes_of(given: ContactChange) -> dict[str, Any]:
    """Return what a change writes into a contact's row."""
    changes: dict[str, Any] = given.model_dump(exclude_none=True)
    if given.min_priority is not None:
        changes["min_priority"] = int(Priority[given.min_priority.upper()])
    return changes


def send(session: Session, deps: Dependencies, row: Contact, *, kind: str, user_id: str, secret: str = "") -> str:
    """Write a message to a contact into the outbox; return its identity.

    Raises
    ------
    ConflictError
        If nothing can be sent there: people call it, or the channel is not set up.
    TooManyRequestsError
        If the user asked for too many within the hour.
    """
    now_ms = deps.clock.now_ms()
    form = deps.channels.get(row.channel)
    if row.channel == CALL_ONLY or form is None:
        raise ConflictError("people call this number; nothing is sent there", zh="此号码由人拨打，平台不向它发送消息")
    if form.missing:
        raise ConflictError(f"the channel is not set up: {form.missing}", zh=f"渠道尚未配置：{form.missing}")
    if count_since(session, user_id=user_id, kind=kind, since_ms=now_ms - HOUR_MS) >= _MOST_AN_HOUR:
        raise TooManyRequestsError("too many within the hour", retry_after_s=600, zh="一小时内次数过多，请稍后再试")
    made = add_message(session, kind=kind, user_id=user_id, contact_id=row.id, secret=secret, now_ms=now_ms)
    draft = Draft(
        key=f"{KIND}:{made.id}",
        subject=SubjectRef(KIND, made.id),
        contact_id=row.id,
        reason=kind,
        priority=Priority.LOW,
        resident_id=None,
        due_at_ms=None,
        data={},
    )
    put(session, [draft], now_ms=now_ms, all_new=True)
    return made.id


def send_test(session: Session, deps: Dependencies, row: Contact, *, user_id: str) -> str:
    """Send a test to a contact, on or off. Raises as `send`."""
    return send(session, deps, row, kind=TEST, user_id=user_id)


def move(session: Session, row: Contact, *, up: bool) -> None:
    """Let a contact change places with the one before it, or after it, among its owner's."""
    same = (Contact.owner_kind == row.owner_kind, Contact.owner_id == row.owner_id, Contact.removed_at_ms.is_(None))
    rows = list(session.scalars(select(Contact).where(*same).order_by(Contact.position, Contact.id)))
    here = rows.index(row)
    there = here - 1 if up else here + 1
    if 0 <= there < len(rows):
        rows[here], rows[there] = rows[there], rows[here]
    for number, one in enumerate(rows, start=1):
        one.position = number
    session.flush()


def _last(session: Session, ids: Iterable[str]) -> Mapping[str, LastMessage]:
    newest = select(func.max(Outbox.id)).where(Outbox.contact_id.in_(list(ids))).group_by(Outbox.contact_id)
    messages = session.scalars(select(Outbox).where(Outbox.id.in_(newest))).all()
    receipts = select(func.max(Receipt.id)).where(Receipt.outbox_id.in_([one.id for one in messages]))
    said = session.scalars(select(Receipt).where(Receipt.id.in_(receipts.group_by(Receipt.outbox_id))))
    by_message = {one.outbox_id: one for one in said}
    found = {}
    for one in messages:
        receipt = by_message.get(one.id)
        found[one.contact_id] = LastMessage(
            about=one.subject_kind,
            state=one.state,
            at_ms=receipt.at_ms if receipt else one.created_at_ms,
            detail=receipt.detail if receipt else "",
            is_decided=one.state not in UNDECIDED,
        )
    return found


def _names(session: Session, rows: Iterable[Contact]) -> Mapping[tuple[str, str], str]:
    wanted: dict[str, set[str]] = {}
    for row in rows:
        wanted.setdefault(row.owner_kind, set()).add(row.owner_id)
    found = {}
    for kind, ids in wanted.items():
        table = OWNERS.get(kind)
        if table is not None:
            for owner_id, name in session.execute(select(table.id, table.name).where(table.id.in_(ids))):
                found[kind, owner_id] = name
    return found
