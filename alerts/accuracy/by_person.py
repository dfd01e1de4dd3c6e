"""A figure told by person: the mean flatters, the worst person and the spread between people do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from alerts.accuracy.row import AccuracyRow, Chosen

_DRAWS = 2_000
_SEED = 20261129
_HIGHER_IS_WORSE = frozenset({"mae", "false_alarms_per_hour", "alarms_per_person_week", "delay_s"})
_TENTH = 0.10
_INTERVAL = (0.025, 0.975)


class PersonCount(NamedTuple):
    """What one person adds to a figure.

    Attributes
    ----------
    person : str
        Who; what is of one person must carry one name.
    amount : float
        Falls found, errors added up, alarms raised ...
    of : float
        Among how many falls, windows, hours, weeks ...; nothing is added by who has none.
    """

    person: str
    amount: float
    of: float


def by_person(
    dataset: str,
    group: str,
    detector: str,
    metric: str,
    counts: Sequence[PersonCount],
    *,
    chosen: Chosen | None,
    cases: int | None = None,
    model: str = "",
) -> AccuracyRow | None:
    """Return one row: all people together, the worst, the tenth percentile, and how sure that is.

    Parameters
    ----------
    counts : sequence of PersonCount
        One or several a person; several are added up.
    chosen : Chosen or None
        On whom the constants behind it were chosen.
    cases : int, optional
        What the value rests on, where that is not the sum of `of`.
    model : str, optional
        Name of the stored model that judged everybody; empty where each was judged by the one that never saw the
        person, or where nothing is learned.

    Returns
    -------
    AccuracyRow or None
        None where nobody has a case.

    Notes
    -----
    The interval draws people, not cases: cases of one person are alike (Efron, Tibshirani, An Introduction to the
    Bootstrap, 1993, ch. 6), 2,000 times with a fixed seed.
    """
    people = _added_up(counts)
    if not people:
        return None
    amount, of = np.array(list(people.values())).T
    values = amount / of
    bad_first = np.sort(-values if metric in _HIGHER_IS_WORSE else values)
    sign = -1.0 if metric in _HIGHER_IS_WORSE else 1.0
    drawn = np.random.default_rng(_SEED).integers(0, len(of), (_DRAWS, len(of)))
    means = amount[drawn].sum(1) / of[drawn].sum(1)
    low, high = np.quantile(means, _INTERVAL)
    return AccuracyRow(
        dataset,
        group,
        detector,
        metric,
        float(amount.sum() / of.sum()),
        round(of.sum()) if cases is None else cases,
        chosen=chosen,
        people=len(of),
        worst=float(sign * bad_first[0]) + 0.0,
        tenth=float(sign * np.quantile(bad_first, _TENTH)) + 0.0,  # -0.0 is 0
        low=float(low),
        high=float(high),
        each={person: one[0] / one[1] for person, one in people.items()},
        model=model,
    )


def _added_up(counts: Sequence[PersonCount]) -> dict[str, tuple[float, float]]:
    people: dict[str, tuple[float, float]] = {}
    for person, amount, of in counts:
        before = people.get(person, (0.0, 0.0))
        people[person] = before[0] + amount, before[1] + of
    return {person: one for person, one in people.items() if one[1] > 0}


def worst_first(row: AccuracyRow) -> list[tuple[str, float]]:
    """Return everybody's figure, the worst first."""
    falling = row.metric in _HIGHER_IS_WORSE
    return sorted(row.each.items(), key=lambda one: (-one[1] if falling else one[1], one[0]))
