"""Homes of many kinds: who leaves the bed five times a night, night owls, television, visitors, pets, lost events.

Only what the home's sensors say. Everything is drawn from one seed, so the same seed gives the same home; nobody falls
in it, so whatever is raised is a false alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType

from anhu.contract.clock import DAY_MS, HOUR_MS
from simulators.report import Report, happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What somebody does each day, and what the sensors see of it.

    Attributes
    ----------
    up_h, bed_h : float
        Rises, goes to bed; after midnight 24 and more. [h]
    spread_h : float
        How much both differ from day to day, standard deviation. [h]
    exits : int
        How often out of bed in a night.
    exit_min : tuple of float
        From how long to how long each. [min]
    is_seen_at_night : bool
        A motion sensor sees the way to the bathroom.
    every_h : tuple of float
        How far apart signs of life are by day. [h]
    television_h : tuple of float
        From how long to how long in a chair that nothing watches, after dinner; (0, 0) is not. [h]
    visits : int
        Visitors a day, who come and go by the front door.
    pet_every_h : float
        A pet sets off a motion sensor about this often, day and night; 0 is none. [h]
    out_h : tuple of float
        Away from home by day for so long. [h]
    trip_days : int
        Every so many days two nights away; 0 is never.
    lost_share : float
        Hours of which no event arrives. [1]
    mat_losses : int
        How often in a night the mat loses who lies on it.
    has_bed_sensor : bool
        There is a mat.
    """

    up_h: float = 6.8
    bed_h: float = 21.8
    spread_h: float = 0.4
    exits: int = 1
    exit_min: tuple[float, float] = (4.0, 9.0)
    is_seen_at_night: bool = True
    every_h: tuple[float, float] = (0.15, 0.7)
    television_h: tuple[float, float] = (0.0, 0.0)
    visits: int = 0
    pet_every_h: float = 0.0
    out_h: tuple[float, float] = (0.5, 1.5)
    trip_days: int = 0
    lost_share: float = 0.0
    mat_losses: int = 0
    has_bed_sensor: bool = True


_DAY_H = 24.0
_MAT_LOST_MIN = (10.0, 70.0)
KINDS: Mapping[str, Habits] = MappingProxyType(
    {
        "ordinary": Habits(),
        "five times a night": Habits(exits=5, exit_min=(4.0, 14.0)),
        "unseen at night": Habits(exits=3, exit_min=(5.0, 22.0), is_seen_at_night=False),
        "night owl": Habits(up_h=10.5, bed_h=26.0, spread_h=0.8),
        "up at four": Habits(up_h=4.3, bed_h=20.5),
        "irregular": Habits(up_h=8.0, bed_h=23.5, spread_h=1.5, exits=2),
        "television": Habits(television_h=(3.0, 5.5)),
        "two visitors": Habits(visits=2),
        "a pet": Habits(pet_every_h=0.8, exits=2),
        "lost events": Habits(lost_share=0.45, has_bed_sensor=False),
        "a mat that loses people": Habits(mat_losses=3),
        "out and about": Habits(out_h=(4.0, 9.0), trip_days=21),
        "no bed sensor": Habits(has_bed_sensor=False, every_h=(0.4, 2.2)),
    }
)
"""Kind of home -> its habits; each seed draws a person around them."""


def habits(kind: str, seed: int) -> Habits:
    """Draw one person of a kind."""
    usual, draw = KINDS[kind], Random(f"{kind} {seed}")  # noqa: S311 - repeatable on purpose
    return replace(
        usual,
        up_h=usual.up_h + draw.uniform(-0.7, 0.7),
        bed_h=usual.bed_h + draw.uniform(-0.7, 0.7),
        exits=max(0, usual.exits + draw.choice((-1, 0, 0, 1))),
    )


def day(kind: str, seed: int, number: int) -> Iterator[Report]:
    """Yield one day of a home, in order of sending: from midnight to midnight, local time.

    Parameters
    ----------
    kind : str
        Of `KINDS`.
    seed, number : int
        Which person, which of the days.
    """
    who = habits(kind, seed)
    reports = [*_lived(who, f"{kind} {seed} {number - 1}", -DAY_MS), *_lived(who, f"{kind} {seed} {number}", 0)]
    trip = number % who.trip_days - (who.trip_days - 3) if who.trip_days else -1
    lost = Random(f"lost {kind} {seed} {number}")  # noqa: S311 - repeatable on purpose
    gone = {hour for hour in range(24) if lost.random() < who.lost_share}
    today = (one for one in reports if 0 <= one.after_ms < DAY_MS and one.after_ms // HOUR_MS not in gone)
    return iter(sorted(_without_trip(today, trip), key=lambda one: one.after_ms))


def _without_trip(today: Iterator[Report], trip: int) -> Iterator[Report]:
    """Leave out what happens between nine of the first and seven in the evening of the third day of a trip."""
    leaves, returns = 8.9, 19.6
    if trip == 0:
        yield from (one for one in today if one.after_ms < leaves * HOUR_MS)
        yield from _door(leaves)
    elif trip > 1:
        yield from (one for one in today if one.after_ms > returns * HOUR_MS)
        yield from _door(returns)
    elif trip < 0:
        yield from today


def _lived(who: Habits, name: str, shift_ms: int) -> Iterator[Report]:
    """Yield what happens from one rising to the next: it may lie in two days of the calendar."""
    draw = Random(name)  # noqa: S311 - repeatable on purpose
    tomorrow = Random(f"up {name}")  # noqa: S311 - repeatable on purpose
    up = max(3.5, who.up_h + draw.gauss(0, who.spread_h))
    bed = max(up + 10, who.bed_h + draw.gauss(0, who.spread_h))
    next_up = 24 + max(3.5, who.up_h + tomorrow.gauss(0, who.spread_h))
    parts: Sequence[Callable[[], Iterator[Report]]] = (
        lambda: _by_day(who, draw, up, bed),
        lambda: _in_bed(who, draw, bed, max(next_up, bed + 4)),
        lambda: _pet(who, draw),
    )
    for part in parts:
        yield from (one.moved(shift_ms) for one in part())


def _by_day(who: Habits, draw: Random, up: float, bed: float) -> Iterator[Report]:
    out = draw.uniform(9.0, 10.5)
    back = out + draw.uniform(*who.out_h)
    sits = draw.uniform(16.5, 18.0) if who.television_h[1] else bed
    stands = sits + draw.uniform(*who.television_h)
    hour = up + 0.1
    while hour < bed:
        if not (out <= hour < back or sits <= hour < stands):
            yield from _motion(hour, draw.choice(("living_room", "kitchen", "bathroom", "bedroom")))
        hour += draw.uniform(*who.every_h)
    yield from _door(out)
    yield from _door(back)
    yield from _motion(back + 0.02, "living_room")
    for _ in range(who.visits):
        comes = draw.uniform(11.5, 16.0)
        for at in (comes, comes + draw.uniform(0.3, 1.5)):
            yield from _door(at)
            yield from _motion(at + 0.02, "living_room")


def _in_bed(who: Habits, draw: Random, bed: float, up: float) -> Iterator[Report]:
    if not who.has_bed_sensor:
        return
    yield _event(bed, "bed", "on", "bedroom")
    spans = sorted(draw.uniform(bed + 0.5, up - 0.8) for _ in range(who.exits + who.mat_losses))
    is_loss = [n < who.mat_losses for n in range(len(spans))]
    draw.shuffle(is_loss)
    until = bed
    for start, loss in zip(spans, is_loss, strict=True):
        end = start + draw.uniform(*(_MAT_LOST_MIN if loss else who.exit_min)) / 60
        if start <= until + 0.1 or end >= up - 0.1:
            continue
        until = end
        yield _event(start, "bed", "off", "bedroom")
        if who.is_seen_at_night and not loss:
            yield from _motion(start + 0.02, "bathroom")
        yield _event(end, "bed", "on", "bedroom")
    yield _event(up, "bed", "off", "bedroom")


def _pet(who: Habits, draw: Random) -> Iterator[Report]:
    if not who.pet_every_h:
        return
    hour = draw.uniform(0, who.pet_every_h)
    while hour < _DAY_H:
        yield from _motion(hour, "living_room")
        hour += draw.uniform(0.2, 1.8) * who.pet_every_h


def _event(hour: float, kind: str, state: str, room: str) -> Report:
    return happened(round(hour * HOUR_MS), kind, state, room=room)


def _motion(hour: float, room: str) -> Iterator[Report]:
    yield _event(hour, "motion", "on", room)
    yield _event(hour + 0.025, "motion", "off", room)


def _door(hour: float) -> Iterator[Report]:
    yield _event(hour, "contact", "on", "front_door")
    yield _event(hour + 20_000 / HOUR_MS, "contact", "off", "front_door")
