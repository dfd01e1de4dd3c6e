"""The book of looks is read strictly."""

from __future__ import annotations

import pytest

from alerts.accuracy.looks import EMPTY, FILE, looks
from anhu.contract.errors import FieldError

LINE = "| 2026-11-29 | A subject | sisfall | old | fall_motion | sensitivity | 93.1 % | people left out |"


def test_the_book_is_readable() -> None:
    text = FILE.read_text("utf-8")
    assert EMPTY.splitlines()[2] in text
    assert looks(text) == looks("\n".join(line for line in text.splitlines() if line.startswith("|")))


def test_a_look_has_all_its_parts() -> None:
    (look,) = looks(EMPTY + LINE)
    assert (look.day.isoformat(), look.commit, look.at, look.figure) == (
        "2026-11-29",
        "A subject",
        ("sisfall", "old", "fall_motion", "sensitivity", "people left out"),
        "93.1 %",
    )


@pytest.mark.parametrize(
    "line",
    [
        LINE.replace("2026-11-29", "yesterday"),
        LINE.replace("A subject", "x" * 72),
        LINE.replace("A subject", " "),
        LINE.replace("people left out", "same people"),
        LINE.replace("| old ", ""),
        f"{LINE}\n{LINE.replace('11-29', '11-28')}",
    ],
)
def test_what_is_no_look_is_refused(line: str) -> None:
    with pytest.raises(FieldError):
        looks(EMPTY + line)
