"""A week of a rota, day by day: which shifts begin, who is there, who is missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from anhu.registry.rota.duty import Stint, staffed, stints
from anhu.registry.rota.model import Rota
from anhu.registry.rota.stretches import stretches
from anhu.registry.rota.wall_clock import instant_ms
from api.schemas.rota import PartView, PersonOnShift, RotaDay, StintView


def rota_days(rota: Rota, first: date, names: Mapping[str, str]) -> list[RotaDay]:
    """Return seven days from the first on; a night that began the day before the first stands on the first, too."""
    days = [first + timedelta(days=number) for number in range(7)]
    begun = sorted(stints(rota, days[0] - timedelta(days=1), days[-1]), key=_start)
    return [
        RotaDay(
            day=str(day),
            start_ms=instant_ms(day, 0, rota.zone),
            is_workday=rota.workdays.is_workday(day),
            by_notice=rota.workdays.knows(day),
            stints=[
                _stint(rota, one, names) for one in sorted(begun, key=_start) if _stands_on(one, day, days[0], rota)
            ],
        )
        for day in days
    ]


def _stands_on(stint: Stint, day: date, first: date, rota: Rota) -> bool:
    runs_on = stint.day < first == day and stint.end_ms > instant_ms(first, 0, rota.zone)
    return stint.day == day or runs_on


def _start(stint: Stint) -> int:
    return stint.start_ms


def _stint(rota: Rota, stint: Stint, names: Mapping[str, str]) -> StintView:
    parts: list[PartView] = []
    for stretch in stretches(rota, stint.start_ms, stint.end_ms):
        crew = [
            PersonOnShift(user_id=user, name=names.get(user, user), absent=why)
            for user, why in staffed(rota, stint, stretch.start_ms)
        ]
        is_staffed = any(not one.absent for one in crew)
        part = PartView(start_ms=stretch.start_ms, end_ms=stretch.end_ms, crew=crew, staffed=is_staffed)
        if parts and parts[-1].crew == part.crew:
            parts[-1] = parts[-1].model_copy(update={"end_ms": part.end_ms})
        else:
            parts.append(part)
    return StintView(
        shift_id=stint.shift.id,
        name=stint.shift.name,
        day=str(stint.day),
        start_ms=stint.start_ms,
        end_ms=stint.end_ms,
        changed=any((one.shift_id, one.day) == (stint.shift.id, stint.day) for one in rota.changes),
        parts=parts,
    )
