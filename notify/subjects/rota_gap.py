"""Gaps in a rota, as what messages are about: told to the lead before they happen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sqlalchemy import ScalarSelect, func, select, update
from sqlalchemy.orm import Session

from anhu.contract.clock import SECOND_MS, to_rfc3339
from anhu.contract.words import text
from anhu.outbox.tables import Outbox
from anhu.registry.rota_tables import RotaGapRow, RotaRow
from notify.channel import Delivery
from notify.rota_watch import ROTA_GAP, Told, look_at_one
from notify.subject import Failure, Letter, Subject, Telling

_MOMENT = "%Y-%m-%d %H:%M"


class RotaGapSubject(Subject[RotaGapRow]):
    """Told when found, a day ahead, and when it begins; not any more when somebody has filled it."""

    kind = ROTA_GAP
    table = RotaGapRow

    def still_needed(self, outbox: Outbox, row: RotaGapRow) -> bool:
        """Tell whether there still is a gap, and nothing nearer was said of it since."""
        return not row.closed and outbox.reason == row.told

    def compose(self, row: RotaGapRow, telling: Telling) -> Letter:
        """Say whose rota, from when to when, who is missing, and what happens meanwhile."""
        language, reason = telling.contact.language, telling.outbox.reason
        facts = row.facts
        zone = ZoneInfo(facts["time_zone"])
        start, end = (datetime.fromtimestamp(ms // SECOND_MS, tz=zone) for ms in (row.start_ms, row.end_ms))
        values = {
            "owner": facts["owner_name"],
            "start": start.strftime(_MOMENT),
            "end": end.strftime(f"{_MOMENT} (UTC%z)"),
            "shifts": "、".join(facts["shifts"]) if language == "zh-CN" else ", ".join(facts["shifts"]),
        }
        lines = [text(f"rota.told.{row.kind}", language, **values)]
        lines += [text(f"rota.told.{one['why']}", language, name=one["name"]) for one in facts["absent"]]
        if facts["more"] and reason == Told.AHEAD:
            lines.append(text("rota.told.more", language, count=facts["more"]))
        lines.append(text(f"rota.told.{'now_next' if reason == Told.NOW else 'next'}", language))
        page = f"{telling.style.public_url}/rota?owner={quote(facts['owner'])}"
        return Letter(
            subject=text(f"rota.told.{reason}", language, **values),
            lines=tuple(lines),
            link=page if telling.style.public_url else "",
            link_sentence="rota.told.link",
            data={
                "type": ROTA_GAP,
                "id": telling.outbox.idempotency_key,
                "owner": facts["owner"],
                "kind": row.kind,
                "reason": reason,
                "starts_at": to_rfc3339(row.start_ms),
                "ends_at": to_rfc3339(row.end_ms),
            },
        )

    def lock(self, session: Session, subject_id: str) -> RotaGapRow | None:
        """Return the gap, locked."""
        return session.get(RotaGapRow, subject_id, with_for_update=True)

    def reached(self, session: Session, subject_id: str, said: Delivery, now_ms: int) -> None:
        """Nothing follows: the pages go on showing it."""

    def failed(self, session: Session, subject_id: str, failure: Failure, now_ms: int) -> None:
        """Nothing follows: the pages go on showing it, and it is told again when it is nearer."""

    def next_due(self) -> ScalarSelect[int]:
        """Return the query for when a rota is looked at next."""
        return select(func.min(RotaRow.look_at_ms)).scalar_subquery()

    def advance(self, session: Session, now_ms: int) -> Mapping[str, int]:
        """Look at the rota that is due."""
        return {"rota_gaps_told": look_at_one(session, now_ms)}

    def clock_set_back(self, session: Session, now_ms: int, by_ms: int) -> None:  # noqa: ARG002 - all are looked at
        """Look at every rota again."""
        later = update(RotaRow).where(RotaRow.look_at_ms > now_ms).values(look_at_ms=now_ms)
        session.execute(later, execution_options={"synchronize_session": False})
