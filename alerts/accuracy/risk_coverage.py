"""Risk against coverage: how wrong the answers that are told are, when only the surer ones are told.

After El-Yaniv, Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 11:1605-1641, 2010. A
confidence is worth something if the risk falls with the coverage; it is calibrated on people left out or not at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

COVERAGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
"""Shares of the cases at which a curve is read."""


class Answer(NamedTuple):
    """One case that had an answer.

    Attributes
    ----------
    person : str
        Whose.
    confidence : float
        Larger is surer, in any unit; NaN where nothing could be told however low the limit.
    error : float
        How wrong: beats a minute off, or 1 for wrong and 0 for right; NaN where the truth is not known (not counted).
    """

    dataset: str
    group: str
    detector: str
    person: str
    confidence: float
    error: float


class RiskPoint(msgspec.Struct, frozen=True):
    """What telling answers from one confidence on gives.

    Attributes
    ----------
    coverage : float
        Share of the cases that are told: at least the share asked for, as cases that are equally sure go together.
    confidence : float
        The least that is told.
    risk : float
        Mean error of what is told. [unit of the error]
    worst : float
        The same of the person with the largest. [unit of the error]
    median : float
        The same of the person in the middle. [unit of the error]
    people : int
        Of how many people anything is told.
    """

    coverage: float
    confidence: float
    risk: float
    worst: float
    median: float
    people: int


class RiskCurve(msgspec.Struct, frozen=True):
    """The curve of one question on one set."""

    dataset: str
    group: str
    detector: str
    cases: int
    points: tuple[RiskPoint, ...]


def risk_coverage(
    confidence: NDArray[np.float64],
    error: NDArray[np.float64],
    people: Sequence[str],
    coverages: Sequence[float] = COVERAGES,
) -> tuple[RiskPoint, ...]:
    """Return how wrong what is told is, for several shares of cases that are told.

    Parameters
    ----------
    confidence : ndarray, shape (n,)
        Larger is surer; NaN is never told.
    error : ndarray, shape (n,)
        NaN where the truth is not known.
    people : sequence of str, length n
        Whose case each is.
    coverages : sequence of float
        Shares asked for. 0 to 1.

    Returns
    -------
    tuple of RiskPoint
        None for a share that cannot be reached, and one only where several shares give the same cases.
    """
    known = np.isfinite(error)
    sure, wrong, whose = confidence[known], error[known], np.asarray(people)[known]
    falling = np.sort(sure[np.isfinite(sure)])[::-1]
    wanted = [int(np.ceil(share * len(sure) - 1e-9)) for share in coverages]
    limits = [float(falling[n - 1]) for n in wanted if 0 < n <= len(falling)]
    return tuple(_point(limit, sure, wrong, whose) for limit in dict.fromkeys(limits))


def _point(limit: float, sure: NDArray[np.float64], wrong: NDArray[np.float64], whose: NDArray[np.str_]) -> RiskPoint:
    told = sure >= limit  # NaN never is
    means = [float(wrong[told & (whose == person)].mean()) for person in np.unique(whose[told])]
    return RiskPoint(
        float(told.mean()), limit, float(wrong[told].mean()), max(means), float(np.median(means)), len(means)
    )


def risk_curves(answers: Iterable[Answer]) -> list[RiskCurve]:
    """Return a curve for each set, group and detector among the answers, in the order they came."""
    grouped: dict[tuple[str, str, str], list[Answer]] = defaultdict(list)
    for one in answers:
        grouped[one.dataset, one.group, one.detector].append(one)
    curves = []
    for (dataset, group, detector), several in grouped.items():
        confidence, error = np.array([(one.confidence, one.error) for one in several]).T
        points = risk_coverage(confidence, error, [one.person for one in several])
        curves.append(RiskCurve(dataset, group, detector, int(np.isfinite(error).sum()), points))
    return curves


def risk_table(curves: Sequence[RiskCurve]) -> str:
    """Return the curves as text: one line a point."""
    head = f"{'dataset':16} {'group':32} {'detector':12} {'coverage':>9} {'confidence':>11} {'risk':>8} {'worst':>8}"
    lines = [f"{head} {'median':>8} {'people':>6}"]
    for curve in curves:
        lines += [
            f"{curve.dataset:16} {curve.group:32} {curve.detector:12} {100 * p.coverage:7.1f} % {p.confidence:11.3f}"
            f" {p.risk:8.3f} {p.worst:8.3f} {p.median:8.3f} {p.people:6d}"
            for p in curve.points
        ]
    return "\n".join(lines)


def risk_file(curves: Sequence[RiskCurve], suffix: str) -> bytes:
    """Return the curves as the content of a file: a line a point for ``.csv``, else JSON."""
    if suffix != ".csv":
        return msgspec.json.format(msgspec.json.encode(curves), indent=1) + b"\n"
    lines = [",".join(("dataset", "group", "detector", *RiskPoint.__struct_fields__))]
    for curve in curves:
        head = [curve.dataset, f'"{curve.group}"', curve.detector]
        lines += [",".join([*head, *map(str, msgspec.structs.astuple(point))]) for point in curve.points]
    return ("\n".join(lines) + "\n").encode()
