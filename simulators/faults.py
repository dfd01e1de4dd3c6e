"""What may happen to messages on their way, as dials: seeded, so that a run that failed can be run again.

A fault changes what is sent and when; it never changes what was measured, except for a device's wrong clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from heapq import heappop, heappush
from itertools import chain, count, pairwise
from math import log1p
from random import Random

from anhu.contract.errors import FieldError
from simulators.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """The dials; all at rest by default.

    Attributes
    ----------
    drop, duplicate, reorder, disconnect : float
        Probability for each message: it is lost, sent twice, overtaken by the next one, or the connection breaks
        without a word right before it. 0 to 1.
    delay_s : float
        Mean of the delay of each message, exponentially distributed: most are short, few are long. [s]
    skew_s : float
        How far the device's clock is ahead (negative: behind). [s]
    """

    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    disconnect: float = 0.0
    delay_s: float = 0.0
    skew_s: float = 0.0

    def __post_init__(self) -> None:
        for name in ("drop", "duplicate", "reorder", "disconnect"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise FieldError(f"faults.{name}", getattr(self, name), "a probability, 0 to 1")
        if self.delay_s < 0:
            raise FieldError("faults.delay_s", self.delay_s, "0 or more seconds")


AT_REST = Faults()
"""Nothing goes wrong."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One message on its way.

    Attributes
    ----------
    at_ms : int
        When it is sent, from the story's beginning. [ms]
    report : Report
        What is sent.
    breaks_first : bool
        The connection breaks right before, and is made again.
    """

    at_ms: int
    report: Report
    breaks_first: bool = False


def parse(text: str) -> Faults:
    """Read dials as ``drop=0.01,delay_s=2``; an empty text leaves all at rest.

    Raises
    ------
    FieldError
        If a dial is unknown or its setting no number in range.
    """
    known = [f.name for f in fields(Faults)]
    found: dict[str, float] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, _, setting = part.partition("=")
        if name not in known:
            raise FieldError("faults", name, f"one of {', '.join(known)}")
        try:
            found[name] = float(setting)
        except ValueError:
            raise FieldError(f"faults.{name}", setting, "a number") from None
    return Faults(**found)


def with_faults(story: Iterable[Report], faults: Faults, seed: int) -> Iterator[Sending]:
    """Yield what is really sent of a story, in order of sending; the same seed gives the same.

    Parameters
    ----------
    story : iterable of Report
        In order of sending; read one report ahead.
    """
    draw = Random(f"faults {seed}")  # noqa: S311 - repeatable on purpose
    number = count()
    waiting: list[tuple[int, int, Sending]] = []
    for told, following in _with_following(story):
        # One draw a dial and message, used or not: turning one dial does not change what another does.
        lost, twice, late, broken, delay = (draw.random() for _ in range(5))
        if lost >= faults.drop:
            at_ms = told.after_ms - round(log1p(-delay) * faults.delay_s * 1_000)
            if late < faults.reorder and following is not None:
                at_ms = max(at_ms, following.after_ms + 1)
            report = _skewed(told, faults.skew_s)
            heappush(waiting, (at_ms, next(number), Sending(at_ms, report, broken < faults.disconnect)))
            if twice < faults.duplicate:
                heappush(waiting, (at_ms, next(number), Sending(at_ms, report)))
        while waiting and waiting[0][0] <= told.after_ms:  # whatever comes later in the story is sent later
            yield heappop(waiting)[-1]
    while waiting:
        yield heappop(waiting)[-1]


def _with_following(story: Iterable[Report]) -> Iterator[tuple[Report, Report | None]]:
    end: tuple[Report | None] = (None,)
    for told, following in pairwise(chain(story, end)):
        if told is not None:
            yield told, following


def _skewed(report: Report, skew_s: float) -> Report:
    return replace(report, observed_after_ms=report.observed_after_ms + round(skew_s * 1_000)) if skew_s else report
