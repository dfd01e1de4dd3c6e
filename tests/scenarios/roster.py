"""Who is on duty when: shifts, leave, swaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anhu.registry.rota.editing import ShiftFacts, save_shift, set_rota
from anhu.registry.rota.leave import take_leave
from anhu.registry.rota.model import Covers
from anhu.registry.rota.swaps import Wanted, accept_swap, ask_swap
from anhu.registry.rota.workdays import Calendar
from anhu.registry.tables import User

if TYPE_CHECKING:
    from tests.scenarios.people import Person
    from tests.scenarios.town import Town

DAILY = "1234567"
_ANCHOR = "2026-01-05"
_NOTHING = Wanted("", "")


def give_shift(town: Town, hours: str, who: str, *, days: str = DAILY, of: str = "centre:c-1") -> str:
    """Put somebody on a shift such as ``20:00-08:00`` that comes back; return which."""
    kind, _, owner = of.partition(":")
    start, end = (_minute(text) for text in hours.split("-"))
    with town.acting(settle=False) as session:
        rota = set_rota(session, kind, owner, time_zone=town.zone, covers=Covers.ALWAYS, calendar=Calendar.CHINA)
        crews = [[town[who].owner_id]]
        facts = ShiftFacts(
            name=hours,
            days=days,
            start_minute=start,
            end_minute=end,
            crews=crews,
            anchor=_ANCHOR,
            from_day=_ANCHOR[:4] + "-01-01",
        )
        return save_shift(session, rota, facts).id


def go_on_leave(town: Town, who: Person, day: str) -> None:
    """Have somebody be away for a day."""
    with town.acting() as session:
        take_leave(
            session, user_id=who.owner_id, from_day=day, until_day=day, note="", set_by="u-lead", now_ms=town.now_ms
        )


def ask_to_swap(town: Town, asker: Person, other: Person, *, shift: str, day: str) -> str:
    """Ask somebody to take a shift; return the question."""
    with town.acting() as session:
        rota = set_rota(session, "centre", "c-1", time_zone=town.zone, covers=Covers.ALWAYS, calendar=Calendar.CHINA)
        given = Wanted(shift, day)
        asked = ask_swap(
            session,
            rota,
            asker_id=asker.owner_id,
            other_id=other.owner_id,
            given=given,
            back=_NOTHING,
            note="",
            now_ms=town.now_ms,
        )
        return asked.id


def accept(town: Town, swap: str, by: Person) -> None:
    """Say yes."""
    with town.acting() as session:
        accept_swap(session, swap, by=by.owner_id, now_ms=town.now_ms)


def disable(town: Town, who: Person) -> None:
    """Take somebody's account away."""
    with town.acting() as session:
        session.get_one(User, who.owner_id).enabled = False


def _minute(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)
