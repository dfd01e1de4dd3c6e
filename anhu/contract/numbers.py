"""What a process says of itself in numbers: families of counts, present values and histograms, each with few labels.

They cross from one process to another as JSON. A label's values are few and known beforehand: a stage, a priority, a
partition; never a device, a resident or a text from outside.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

Kind = Literal["counter", "gauge", "histogram"]
DELAY_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper ends of the buckets of a delay: from what nobody feels to what costs a life. [s]"""


class Sample(msgspec.Struct, frozen=True):
    """One line of a family.

    Attributes
    ----------
    labels : tuple of str
        Values, in the order of the family's names.
    value : float
        The number; of a histogram the sum of what was observed.
    buckets : tuple of int
        Of a histogram: how many were at most each of its bounds, and behind the last; not yet added up.
    """

    labels: tuple[str, ...]
    value: float
    buckets: tuple[int, ...] = ()


class Family(msgspec.Struct, frozen=True):
    """Numbers that mean the same.

    Attributes
    ----------
    name : str
        As Prometheus knows it, without ``_total``; the unit is its last word.
    what : str
        One sentence.
    kind : str
        ``counter`` only grows, ``gauge`` may fall, ``histogram`` counts observations by size.
    labels : tuple of str
        Names of what tells the samples apart.
    """

    name: str
    what: str
    kind: Kind
    labels: tuple[str, ...]
    samples: tuple[Sample, ...]
    bounds: tuple[float, ...] = ()


class Histogram:
    """How many observations were how large.

    Parameters
    ----------
    bounds : sequence of float
        Upper ends of the buckets, rising; what is above the last is counted behind it.
    """

    __slots__ = ("_bounds", "_buckets", "_total")

    def __init__(self, bounds: Sequence[float] = DELAY_BOUNDS_S) -> None:
        self._bounds = tuple(bounds)
        self._buckets = [0] * (len(self._bounds) + 1)
        self._total = 0.0

    def observe(self, value: float, times: int = 1) -> None:
        """Count an observation, or several alike; one below zero, from a clock set back, counts as none."""
        value = max(value, 0.0)
        self._buckets[self._place(value)] += times
        self._total += value * times

    def observe_since(self, begun: Sequence[int], now: int, parts: int) -> None:
        """Count how long ago each of many times was, given in so many parts of the histogram's unit.

        Those of a batch mostly fall into one bucket: two looks tell so.
        """
        if not begun:
            return
        count, longest, shortest = len(begun), (now - min(begun)) / parts, (now - max(begun)) / parts
        if self._place(longest) == self._place(shortest):
            self._buckets[self._place(longest)] += count
            self._total += max(now * count - sum(begun), 0) / parts
        else:
            for one in begun:
                self.observe((now - one) / parts)

    def _place(self, value: float) -> int:
        return bisect_left(self._bounds, value)

    def sample(self, *labels: str) -> Sample:
        """Return it as a line of a family."""
        return Sample(labels, self._total, tuple(self._buckets))


def gauge(name: str, what: str, value: float) -> Family:
    """Return a family of one present value."""
    return Family(name, what, "gauge", (), (Sample((), value),))


def counter(name: str, what: str, value: float) -> Family:
    """Return a family of one count."""
    return Family(name, what, "counter", (), (Sample((), value),))


def with_label(family: Family, name: str, value: str) -> Family:
    """Return a family whose every sample has one more label."""
    samples = tuple(msgspec.structs.replace(one, labels=(*one.labels, value)) for one in family.samples)
    return msgspec.structs.replace(family, labels=(*family.labels, name), samples=samples)


def merged(families: Iterable[Family]) -> list[Family]:
    """Return each family once, with the samples of all of its name; the first one's words stand."""
    found: dict[str, Family] = {}
    for one in families:
        known = found.get(one.name)
        if known is None:
            found[one.name] = one
        elif (known.labels, known.kind, known.bounds) == (one.labels, one.kind, one.bounds):
            found[one.name] = msgspec.structs.replace(known, samples=known.samples + one.samples)
    return list(found.values())
