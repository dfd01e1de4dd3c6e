"""The book of looks at people left out: `alerts/looks.md`, a line each; what is published was looked at, and written.

Each look teaches whoever looks; so a figure that was looked at ten times is a figure on development people. The book
shows how often that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import msgspec

from alerts.accuracy.published import Published, PublishedRow
from alerts.accuracy.row import AccuracyRow, Chosen
from alerts.accuracy.run import said
from anhu.contract.errors import FieldError

FILE = Path(__file__).parents[1] / "looks.md"
HEAD = ("date", "commit", "set", "group", "detector", "metric", "figure", "chosen on")
EMPTY = f"# Looks at people left out\n\n| {' | '.join(HEAD)} |\n|{' --- |' * len(HEAD)}\n"
_LONGEST_SUBJECT = 72
_CHOSEN = frozenset(Chosen) - {Chosen.SAME_PEOPLE}


class Look(msgspec.Struct, frozen=True):
    """One look.

    Attributes
    ----------
    day : date
        When.
    commit : str
        Subject of the commit that was measured.
    figure : str
        As the table of `anhu accuracy` says it.
    """

    day: date
    commit: str
    dataset: str
    group: str
    detector: str
    metric: str
    figure: str
    chosen: str

    @property
    def at(self) -> tuple[str, str, str, str, str]:
        """Return what was looked at."""
        return self.dataset, self.group, self.detector, self.metric, self.chosen


def looks(text: str) -> list[Look]:
    """Return the looks in the book.

    Raises
    ------
    FieldError
        If a line of the table is not a look, or stands before an earlier one.
    """
    found: list[Look] = []
    for line in text.splitlines():
        cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
        if not line.startswith("|") or cells == HEAD or set("".join(cells)) == {"-"}:
            continue
        found.append(_look(cells, line))
        if len(found) > 1 and found[-1].day < found[-2].day:
            raise FieldError("looks", line, f"no look older than {found[-2].day}")
    return found


def _look(cells: tuple[str, ...], line: str) -> Look:
    if len(cells) != len(HEAD) or not all(cells):
        raise FieldError("looks", line, f"a table line of {', '.join(HEAD)}")
    day, commit, *rest = cells
    if len(commit) >= _LONGEST_SUBJECT:
        raise FieldError("looks", line, f"a commit's subject of less than {_LONGEST_SUBJECT} characters")
    if cells[-1] not in _CHOSEN:
        raise FieldError("looks", line, f"chosen on one of {', '.join(sorted(_CHOSEN))}")
    try:
        when = date.fromisoformat(day)
    except ValueError:
        raise FieldError("looks", line, "a date as 2026-11-29") from None
    return Look(when, commit, *rest)


def lines(rows: Iterable[AccuracyRow], day: date, commit: str) -> Iterator[str]:
    """Yield a line of the book for each figure of people left out."""
    for row in rows:
        if row.chosen in _CHOSEN and row.chosen is not None:
            cells = (day.isoformat(), commit, row.dataset, row.group, row.detector, row.metric, said(row), row.chosen)
            yield f"| {' | '.join(cells)} |"


def not_written(published: Iterable[Published], book: Iterable[Look]) -> list[PublishedRow]:
    """Return published figures of people left out whose last look is missing, or says something else."""
    last = {look.at: look.figure for look in book}
    rows = [row for one in published for row in one.rows if row.chosen in _CHOSEN and not row.is_cost]
    return [row for row in rows if last.get(_at(row)) != said(row)]


def _at(row: AccuracyRow) -> tuple[str, str, str, str, str]:
    return row.dataset, row.group, row.detector, row.metric, row.chosen or ""
