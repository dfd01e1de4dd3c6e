"""A data sheet that says something wrong, or leaves something undecided, stops the start and says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.kinds.reading import read_sheets
from alerts.kinds.sheet import SheetError
from alerts.kinds.table import table_of_kinds

KIND = """
[kinds.{code}]
number = 99
zh = "示例"
en = "Example"
priority = "medium"
late_h = 2
latches = false
route = "medical"
emergency = "ambulance"
charts = ["heart_rate"]
home_h = 0
say = [{{ zh = "一", en = "one" }}]
blind = [{{ zh = "二", en = "two" }}]
"""
REQUIRED = (
    "number",
    "zh",
    "en",
    "priority",
    "late_h",
    "latches",
    "route",
    "emergency",
    "charts",
    "home_h",
    "say",
    "blind",
)


def sheet(root: Path, path: str, text: str) -> None:
    file = root / f"{path}.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    file.with_suffix(".py").touch()


def refusal(root: Path) -> SheetError:
    with pytest.raises(SheetError) as refused:
        table_of_kinds(read_sheets(root).values())
    return refused.value


def test_a_whole_sheet_is_read(tmp_path: Path) -> None:
    sheet(tmp_path, "detectors/toy", KIND.format(code="toy"))
    assert table_of_kinds(read_sheets(tmp_path).values())["toy"].en == "Example"


@pytest.mark.parametrize("field", REQUIRED)
def test_a_kind_that_leaves_something_undecided_does_not_start(tmp_path: Path, field: str) -> None:
    lines = KIND.format(code="toy").splitlines()
    sheet(tmp_path, "detectors/toy", "\n".join(line for line in lines if not line.startswith(f"{field} =")))
    assert str(refusal(tmp_path)) == f"detectors/toy.toml: kinds.toy.{field}: got None, expected it to be decided"


@pytest.mark.parametrize(
    ("given", "instead", "said"),
    [
        ('route = "medical"', 'route = "doctor"', "kinds.toy.route: got 'doctor', expected one of medical, person, "),
        ('"medium"', '"urgent"', "kinds.toy.priority: got 'urgent', expected one of high, medium, low"),
        ('"ambulance"', '"police"', "kinds.toy.emergency: got 'police', expected one of ambulance, fire_brigade"),
        ("latches = false", 'latches = "no"', "kinds.toy.latches: got 'no', expected other than that: Expected `bool`"),
        ("number = 99", "number = 99\ncolour = 1", "kinds.toy.colour: got 1, expected no such field"),
        ('en = "one"', 'en = ""', "kinds.toy.say[0].en: got '', expected other than that"),
        ('say = [{ zh = "一", en = "one" }]', "say = []", "kinds.toy.say: got [], expected at least one sentence"),
        ('charts = ["heart_rate"]', 'charts = ["mood"]', "kinds.toy.charts: got 'mood', expected a number of the"),
        ("number = 99", 'number = 99\nstorm = { becomes = "x", always_ends = true }', "expected a kind that "),
        ("number = 99", 'number = 99\nconfirmed_as = "x"', "kinds.toy.confirmed_as: got 'x', expected a kind that"),
        ("[kinds.toy]", "[nothing]\n[kinds.toy]", "detectors/toy.toml: nothing: got {}, expected no such field"),
        ("[kinds.toy]", "[also.x]\n[kinds.toy]", "detectors/toy.toml: also: got 'x', expected a kind that another"),
        ("[kinds.toy]", "[also.toy]\n[kinds.toy]", "detectors/toy.toml: also: got 'toy', expected a kind that another"),
        ("[kinds.toy]", "kinds.toy]", "detectors/toy.toml: got "),
    ],
)
def test_what_is_wrong_is_named_with_file_field_value_and_expectation(
    tmp_path: Path, given: str, instead: str, said: str
) -> None:
    text = KIND.format(code="toy")
    assert given in text
    sheet(tmp_path, "detectors/toy", text.replace(given, instead))
    assert said in str(refusal(tmp_path))
    assert "detectors/toy.toml" in str(refusal(tmp_path))


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ("a_bpm = { default = 50, low = 60, high = 90 }", "limits.a_bpm.default: got 50.0, expected 60 to 90"),
        ("a_bpm = { low = 60, high = 90 }", "limits.a_bpm.default: got None, expected it to be decided"),
        (
            'a_bpm = { default = "none", low = 6, high = 9, drawn = { on = ["heart_rate"], side = "left" } }',
            "limits.a_bpm.drawn.side: got 'left', expected one of upper, lower",
        ),
        (
            'a_bpm = { default = "none", low = 6, high = 9, drawn = { on = ["heart_rate"], side = "upper" } }',
            "limits.a_bpm.drawn: got ('heart_rate',), expected none without a default",
        ),
        (
            'a_bpm = { default = 7, low = 6, high = 9, drawn = { on = ["ecg"], side = "upper" } }',
            "limits.a_bpm.drawn.on: got 'ecg', expected a number of the quantity table",
        ),
    ],
)
def test_a_limit_that_cannot_be_is_refused(tmp_path: Path, limits: str, said: str) -> None:
    sheet(tmp_path, "detectors/toy", KIND.format(code="toy") + f"\n[limits]\n{limits}\n")
    assert said in str(refusal(tmp_path))


def test_a_kind_has_one_owner(tmp_path: Path) -> None:
    sheet(tmp_path, "detectors/toy", KIND.format(code="toy"))
    sheet(tmp_path, "engine/stage", KIND.format(code="toy"))
    assert "engine/stage.toml: kinds.toy: got 'toy', expected one owner; detectors/toy.toml" in str(refusal(tmp_path))


def test_two_sheets_do_not_confirm_by_a_second_device(tmp_path: Path) -> None:
    for name in ("one", "two"):
        sheet(tmp_path, f"detectors/{name}", KIND.format(code=name) + 'confirmed_as = "one"\n')
    assert "kinds.two.confirmed_as" in str(refusal(tmp_path))


def test_a_sheet_stands_beside_its_module(tmp_path: Path) -> None:
    sheet(tmp_path, "detectors/toy", KIND.format(code="toy"))
    (tmp_path / "detectors/toy.py").unlink()
    assert "expected a module toy.py beside it" in str(refusal(tmp_path))


def test_what_another_sheet_adds_is_said_of_the_signal_that_it_names(tmp_path: Path) -> None:
    sheet(tmp_path, "detectors/toy", KIND.format(code="toy"))
    added = (
        'say = [{ of = "ecg", zh = "三", en = "three" }]\n[also.toy]\nsay = [{ of = "ppg", zh = "四", en = "four" }]'
    )
    sheet(tmp_path, "detectors/other", added)
    found = table_of_kinds(read_sheets(tmp_path).values())["toy"]
    assert [(one.of, one.en) for one in found.say] == [("", "one"), ("ppg", "four"), ("ecg", "three")]
