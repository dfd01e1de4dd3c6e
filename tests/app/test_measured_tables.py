"""The tables of the published figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.accuracy.by_person import PersonCount, by_person
from alerts.accuracy.published import Published, everything
from alerts.accuracy.row import AccuracyRow, Chosen
from alerts.kinds.sheet import Measured
from anhu.contract.errors import FieldError
from app.measured_tables import headline, measured_sections, sheets_measured

TOP = Path(__file__).parents[2]


def published(*chosen: Chosen) -> Published:
    """Return one figure for each way of choosing."""
    counts = [PersonCount("a", 9, 10), PersonCount("b", 5, 10)]
    rows = [by_person("set", f"by {n}", "one", "sensitivity", counts, chosen=one) for n, one in enumerate(chosen)]
    return Published.of(row for row in rows if row is not None)


def test_what_flatters_stands_in_small_print_only(monkeypatch: pytest.MonkeyPatch) -> None:
    both = published(Chosen.SAME_PEOPLE, Chosen.LEFT_OUT_SET)
    monkeypatch.setattr("app.measured_tables.everything", lambda *_: {"x": both})
    text = measured_sections()["measured"]()
    large, _, small = text.partition("<sub>")
    assert "| `one` | set | by 1 | sensitivity 70.0 % | 50.0 % to 90.0 % | 50.0 % |" in large
    assert "by 0" not in large
    assert "one, set, by 0: sensitivity 70.0 % (2)" in small
    assert measured_sections()["worst"]() == "**x**\n\n- one, set, by 1, sensitivity 70.0 %: b 50.0 %, a 90.0 %\n"


def test_before_and_now_are_of_the_same_people(monkeypatch: pytest.MonkeyPatch) -> None:
    now, before = published(Chosen.LEFT_OUT_SET), published(Chosen.SAME_PEOPLE)
    others = Published({"set 1": ("a",)}, before.rows)

    def made(earlier: Published) -> str:
        monkeypatch.setattr("app.measured_tables.everything", lambda *folder: {"x": earlier if folder else now})
        return measured_sections()["before-after"]()

    figure = "70.0 % (50.0 % to 90.0 %) | 50.0 %"
    assert f"| `one` | set | by 0 | sensitivity | {figure} | {figure} | 2 |" in made(before)
    assert made(others) == ""


def test_every_cost_is_in_one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    cost = AccuracyRow("synthetic", "all", "sos", "us_per_message", 3.25, 100)
    monkeypatch.setattr("app.measured_tables.everything", lambda *_: {"x": Published.of([cost])})
    assert "| `sos` | synthetic | all | 3.2 us a message | 100 |" in measured_sections()["costs"]()


def test_a_sheet_names_its_figures_or_says_them_in_words() -> None:
    told = Measured(source="s", blind="b", headline=(("set", "by 0", "sensitivity"),))
    figures, on = headline("one", told, [published(Chosen.LEFT_OUT_PEOPLE)])
    assert figures == "set, by 0: sensitivity 70.0 % (worst person 50.0 %)"
    assert on == "set, 2 people, people left out"
    flattering = headline("one", told, [published(Chosen.SAME_PEOPLE)])[0]
    assert flattering == f"<sub>{figures}</sub>"
    both = [published(Chosen.SAME_PEOPLE), published(Chosen.LEFT_OUT_PEOPLE), published(Chosen.SAME_PEOPLE)]
    assert headline("one", told, both)[1] == on
    assert headline("one", Measured(source="s", blind="b", measured="m", on="o"), []) == ("m", "o")
    with pytest.raises(FieldError):
        headline("one", told, [])


def test_who_has_published_figures_says_no_other_in_the_sheet() -> None:
    proved = {
        row.detector
        for part in everything().values()
        for row in part.rows
        if not row.is_cost and row.chosen is not Chosen.SAME_PEOPLE
    }
    words = [name for name, told in sheets_measured().items() if name in proved and (told.measured or told.on)]
    assert words == []


def test_the_documents_have_them() -> None:
    places = {
        "alerts/MEASURED.md": ("measured", "before-after", "risk-coverage", "worst", "costs"),
        "README.md": ("headlines",),
    }
    for name, blocks in {**places, "README.zh-CN.md": ("headlines.zh",)}.items():
        text = (TOP / name).read_text("utf-8")
        assert [block for block in blocks if f"<!-- made by anhu docs: {block} -->" not in text] == []
