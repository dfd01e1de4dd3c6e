"""Swaps, as what messages are about: who is asked hears of it, and who asked hears the answer."""

from __future__ import annotations

from sqlalchemy.orm import Session, object_session

from anhu.contract.words import text
from anhu.outbox.tables import Outbox
from anhu.registry.rota.swaps import SwapState
from anhu.registry.rota_tables import RotaShift, RotaSwap
from anhu.registry.tables import User
from notify.channel import Delivery
from notify.subject import Failure, Letter, Subject, Telling


class RotaSwapSubject(Subject[RotaSwap]):
    """Told once when it is asked, and once how it ended; the page has the buttons."""

    kind = "rota_swap"
    table = RotaSwap

    def still_needed(self, outbox: Outbox, row: RotaSwap) -> bool:
        """Tell whether it still stands as the message says."""
        return outbox.reason == row.state

    def compose(self, row: RotaSwap, telling: Telling) -> Letter:
        """Say who asks whom, for which shift, in return for what, and what is to be done."""
        language, url = telling.contact.language, telling.style.public_url
        state, values = telling.outbox.reason, _values(row)
        lines = [text("rota.swap.given", language, **values)]
        if row.back_shift_id:
            is_asker = telling.contact.owner_id == row.asker_id
            lines.append(text("rota.swap.back_of_other" if is_asker else "rota.swap.back", language, **values))
        if row.note and state == SwapState.ASKED:
            lines.append(text("rota.swap.note", language, note=row.note))
        lines.append(text(f"rota.swap.{state}_next", language, **values))
        return Letter(
            subject=text(f"rota.swap.{state}", language, **values),
            lines=tuple(lines),
            link=f"{url}/rota/mine" if url else "",
            link_sentence="rota.swap.link",
            data={"type": self.kind, "id": telling.outbox.idempotency_key, "swap_id": row.id, "state": state},
        )

    def lock(self, session: Session, subject_id: str) -> RotaSwap | None:
        """Return the swap, locked."""
        return session.get(RotaSwap, subject_id, with_for_update=True)

    def reached(self, session: Session, subject_id: str, said: Delivery, now_ms: int) -> None:
        """Nothing follows: that it arrived is no answer."""

    def failed(self, session: Session, subject_id: str, failure: Failure, now_ms: int) -> None:
        """Nothing follows: the pages go on showing it."""


def _values(row: RotaSwap) -> dict[str, str]:
    session = object_session(row)
    names = {"asker": row.asker_id, "other": row.other_id}
    told = {"shift": (row.shift_id, row.day), "back": (row.back_shift_id, row.back_day)}
    if session is None:
        return {**names, **{name: day for name, (_, day) in told.items()}}
    users = {name: session.get(User, one) for name, one in names.items()}
    shifts = {name: (session.get(RotaShift, one) if one else None, day) for name, (one, day) in told.items()}
    return {
        **{name: user.name if user else names[name] for name, user in users.items()},
        **{name: f"{day} {shift.name}" if shift else day for name, (shift, day) in shifts.items()},
    }
