"""Published figures as data: `alerts/measured/*.json`, one file a part; the tables of the documents are made from them.

A file holds its people once, by group, and each row names its group: whose figure it is can be held against whom its
constants were chosen on (`development`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from alerts.accuracy.by_person import worst_first
from alerts.accuracy.development import Development, refused
from alerts.accuracy.row import COSTS, AccuracyRow, Chosen

FOLDER = Path(__file__).parents[1] / "measured"
SHOWN_WORST = 10
_DIGITS = 6
_ORDER = (Chosen.LEFT_OUT_SET, Chosen.LEFT_OUT_PEOPLE, Chosen.NOT_CHOSEN)


class PublishedRow(AccuracyRow, frozen=True, omit_defaults=True):
    """A figure with whose it is.

    Attributes
    ----------
    who : str
        Group of people in the same file; empty for a cost.
    worst_people : tuple of (str, float)
        The ten worst, the worst first.
    """

    who: str = ""
    worst_people: tuple[tuple[str, float], ...] = ()

    @property
    def is_cost(self) -> bool:
        """Return whether it tells time, not people."""
        return self.metric in COSTS


class Published(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: groups of people, and the rows that name them."""

    people: Mapping[str, tuple[str, ...]]
    rows: tuple[PublishedRow, ...]

    @classmethod
    def of(cls, rows: Iterable[AccuracyRow]) -> Published:
        """Return measured rows as they are published."""
        people: dict[str, tuple[str, ...]] = {}
        kept: list[PublishedRow] = []
        for row in rows:
            names = tuple(sorted(row.each))
            who = _group(people, row.dataset, names) if names else ""
            kept.append(_published(row, who))
        return cls(people, tuple(kept))

    @classmethod
    def read(cls, file: Path) -> Published:
        """Return what a file holds."""
        return msgspec.json.decode(file.read_bytes(), type=cls)

    def by_part(self, development: Development) -> dict[str, Published]:
        """Return the rows of each published file, by its name."""
        parts: dict[str, list[PublishedRow]] = defaultdict(list)
        for row in self.rows:
            parts[development.part(row)].append(row)
        return {part: Published({}, ()).with_rows(Published(self.people, tuple(rows))) for part, rows in parts.items()}

    def with_rows(self, newer: Published) -> Published:
        """Return both, the newer rows in place of the same detector's on the same set."""
        measured = {(row.dataset, row.detector) for row in newer.rows}
        kept = [row for row in self.rows if (row.dataset, row.detector) not in measured]
        people: dict[str, tuple[str, ...]] = {}
        rows = []
        for source, several in ((self, kept), (newer, newer.rows)):
            for row in several:
                who = _group(people, row.dataset, source.people[row.who]) if row.who else ""
                rows.append(msgspec.structs.replace(row, who=who))
        return Published(people, tuple(sorted(rows, key=lambda row: (row.dataset, row.detector))))

    def refused(self, development: Development) -> Iterator[str]:
        """Yield why a row may not stand here."""
        for row in self.rows:
            if not row.is_cost:
                for why in refused(row, self.people.get(row.who, ()), development):
                    yield f"{row.dataset}, {row.group}, {row.metric}: {why}"

    def content(self) -> bytes:
        """Return the content of its file: one line a row, so that a change is seen."""
        people = ",\n".join(f"{_json(name)}: {_json(names)}" for name, names in self.people.items())
        rows = ",\n".join(_json(row) for row in self.rows)
        return f'{{"people": {{\n{people}\n}},\n"rows": [\n{rows}\n]}}\n'.encode()


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _group(people: dict[str, tuple[str, ...]], dataset: str, names: tuple[str, ...]) -> str:
    for group, members in people.items():
        if members == names and group.startswith(f"{dataset} "):
            return group
    group = f"{dataset} {1 + sum(name.startswith(f'{dataset} ') for name in people)}"
    people[group] = names
    return group


def _published(row: AccuracyRow, who: str) -> PublishedRow:
    worst = worst_first(row)[:SHOWN_WORST] if len(row.each) > 1 else []
    said = {name: _rounded(value) for name, value in msgspec.to_builtins(row).items() if name != "each"}
    return msgspec.convert(
        {**said, "who": who, "worst_people": [(name, _rounded(value)) for name, value in worst]}, PublishedRow
    )


def _rounded(value: object) -> object:
    return round(value, _DIGITS) if isinstance(value, float) else value


def everything(folder: Path = FOLDER) -> dict[str, Published]:
    """Return every published file by the name of its part."""
    return {file.stem: Published.read(file) for file in sorted(folder.glob("*.json"))}


def left_out_first(rows: Iterable[PublishedRow]) -> tuple[list[PublishedRow], list[PublishedRow]]:
    """Return the figures that prove something, sets left out first; and those of the people developed on."""
    several = [row for row in rows if not row.is_cost]
    proof = [row for chosen in _ORDER for row in several if row.chosen is chosen]
    return proof, [row for row in several if row.chosen is Chosen.SAME_PEOPLE]
