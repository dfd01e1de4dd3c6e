"""Who is told of a swap: the one who is asked, then the one who asked; each by the own contacts."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.writing import Draft, put
from anhu.registry.call_list import CALL_ONLY
from anhu.registry.rota.swaps import SwapState
from anhu.registry.rota_tables import RotaSwap
from anhu.registry.tables import Contact

ROTA_SWAP = "rota_swap"
_OF_ASKER = (SwapState.ACCEPTED, SwapState.REFUSED)


def tell_of_swap(session: Session, swap: RotaSwap, *, now_ms: int) -> int:
    """Write how a swap stands to whom it concerns, as of now; return how many messages. [ms].

    As of medium priority, as the other notices of the rota are: who wants to be told of nothing but calls for help
    sees it on the pages.
    """
    reader = swap.asker_id if swap.state in _OF_ASKER else swap.other_id
    contacts = session.scalars(
        select(Contact)
        .where(Contact.owner_kind == "user", Contact.owner_id == reader, Contact.enabled)
        .where(Contact.channel != CALL_ONLY, Contact.min_priority <= Priority.MEDIUM)
        .order_by(Contact.id)
    ).all()
    drafts = [
        Draft(
            key=f"{ROTA_SWAP}:{swap.id}:{swap.state}:{contact.id}",
            subject=SubjectRef(ROTA_SWAP, swap.id),
            contact_id=contact.id,
            reason=swap.state,
            priority=Priority.MEDIUM,
            resident_id=None,
            due_at_ms=None,
            data={},
        )
        for contact in contacts
    ]
    return put(session, drafts, now_ms=now_ms)
