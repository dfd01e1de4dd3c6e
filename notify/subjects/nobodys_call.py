"""Calls for help of devices that no resident has, as what messages are about."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from alerts.episodes.nobodys_calls import what_of
from alerts.subject import NOBODYS_CALL
from alerts.tables import NobodysCall
from anhu.contract.clock import SECOND_MS, to_rfc3339
from anhu.contract.quantities import QUANTITIES
from anhu.contract.words import text
from anhu.outbox.tables import Outbox
from notify.channel import Delivery
from notify.subject import Failure, Letter, Subject, Telling

_SAID = {
    "nobodys": ("notify.nobodys_", "/desk"),
    "stranger": ("notify.stranger.", "/admin/quarantine"),
    "unassigned": ("notify.unassigned.", "/admin/unassigned"),
    "heard": ("notify.heard.", "/admin/unassigned"),
    "shut_out": ("notify.shut_out.", "/devices"),
}
"""What it is -> where its sentences stand, and the page on which it is settled."""


class NobodysCallSubject(Subject[NobodysCall]):
    """Told once per call; the desks show it until the device has a resident or is switched off."""

    kind = NOBODYS_CALL
    table = NobodysCall

    def still_needed(self, outbox: Outbox, row: NobodysCall) -> bool:  # noqa: ARG002 - whoever it goes to
        """Say yes: a call of which nobody could be told yet is told, however late."""
        return True

    def compose(self, row: NobodysCall, telling: Telling) -> Letter:
        """Say which device called, and what to do."""
        language, style = telling.contact.language, telling.style
        moment = datetime.fromtimestamp(row.at_ms / SECOND_MS, tz=style.zone).strftime("%Y-%m-%d %H:%M:%S (UTC%z)")
        values = {"device": row.device_id, "kind": kind_words(row.kind, language), "time": moment, "about": row.about}
        said, page = _SAID[what_of(row)]
        return Letter(
            subject=text(f"{said}subject", language, **values),
            lines=tuple(text(f"{said}{line}", language, **values) for line in ("call", "next")),
            link=f"{style.public_url}{page}" if style.public_url else "",
            link_sentence="notify.link",
            data={
                "type": NOBODYS_CALL,
                "id": telling.outbox.idempotency_key,
                "device_id": row.device_id,
                "kind": row.kind,
                "about": row.about,
                "started_at": to_rfc3339(row.at_ms),
            },
        )

    def lock(self, session: Session, subject_id: str) -> NobodysCall | None:
        """Return the call, locked."""
        return session.get(NobodysCall, subject_id, with_for_update=True)

    def reached(self, session: Session, subject_id: str, said: Delivery, now_ms: int) -> None:
        """Nothing follows: the desks go on showing it."""

    def failed(self, session: Session, subject_id: str, failure: Failure, now_ms: int) -> None:
        """Nothing follows: the desks go on showing it."""


def kind_words(kind: str, language: str) -> str:
    """Return what a device called for."""
    row = QUANTITIES.get(kind)
    return (row.zh if language == "zh-CN" else row.en) if row else kind
