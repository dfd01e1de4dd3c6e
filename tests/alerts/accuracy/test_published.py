"""A figure is published as what it is: the test that refuses one whose people also chose what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import md5, sha256
from pathlib import Path

import msgspec
import pytest

from alerts.accuracy import looks
from alerts.accuracy.by_person import PersonCount, by_person
from alerts.accuracy.cards import read_card
from alerts.accuracy.days import counted
from alerts.accuracy.development import FILE, Constant, Development, Half, is_development, refused
from alerts.accuracy.published import Published, everything, left_out_first
from alerts.accuracy.row import AccuracyRow, Chosen
from alerts.detectors import discover
from alerts.signal.fall.model import card
from alerts.signal.model_file import FOLDER as MODELS

DEVELOPMENT = Development.read()
PARTS = everything()
SETTINGS = Constant("fall_motion", "settings of the trees", ("sisfall/SA0*", "sisfall/SE0*", "umafall/S05"))
WORLD = msgspec.structs.replace(DEVELOPMENT, chosen=(SETTINGS,))
NEVER_SISFALL = next(
    name
    for name, about in card()["models"].items()
    if not any(person.startswith("sisfall/") for person in about["trained_on"])
)
"""A model that saw nobody of SisFall."""


def row(detector: str, dataset: str, people: Sequence[str], chosen: Chosen | None, model: str = "") -> AccuracyRow:
    """Return a figure of these people."""
    counts = [PersonCount(person, 9, 10) for person in people]
    made = by_person(dataset, "all", detector, "sensitivity", counts, chosen=chosen, model=model)
    assert made is not None
    return made


def why(made: AccuracyRow, development: Development = DEVELOPMENT) -> str:
    return "; ".join(refused(made, made.each, development))


def only_models() -> Development:
    """Return a world in which nothing but the trees of falls was chosen."""
    return msgspec.structs.replace(DEVELOPMENT, chosen=())


@pytest.mark.parametrize("part", PARTS)
def test_no_published_figure_flatters(part: str) -> None:
    assert list(PARTS[part].refused(DEVELOPMENT)) == []


def test_a_planted_figure_is_found_among_the_published_ones(tmp_path: Path) -> None:
    flattering = row("fall_motion", "sisfall", ["SA01", "SE07"], Chosen.LEFT_OUT_PEOPLE)
    fair = row("fall_motion", "sisfall", ["SA01", "SE07"], Chosen.SAME_PEOPLE)
    (tmp_path / "falls.json").write_bytes(Published.of([flattering, fair]).content())
    (said,) = everything(tmp_path)["falls"].refused(WORLD)
    assert said.startswith("sisfall, all, sensitivity: fall_motion: settings of the trees")
    assert said.endswith("chosen on sisfall/SA01, sisfall/SE07")


def test_people_who_trained_the_model_that_judged_them_are_not_left_out() -> None:
    made = row("fall_motion", "sisfall", ["SA01"], Chosen.LEFT_OUT_PEOPLE, model="shipped")
    assert why(made, only_models()) == "fall_motion: the model that judged them was trained on sisfall/SA01"
    assert why(row("fall_motion", "sisfall", ["SA01"], Chosen.LEFT_OUT_PEOPLE), only_models()) == ""
    assert card()["left_out"]["sisfall/SA01"].startswith("without_")


def test_a_set_is_left_out_only_if_nobody_of_it_trained() -> None:
    by_own = row("fall_motion", "sisfall", ["SA01"], Chosen.LEFT_OUT_SET)
    own_model = card()["left_out"]["sisfall/SA01"]
    assert f"fall_motion: trained on others of sisfall: {own_model}" in why(by_own, only_models())
    assert why(row("fall_motion", "sisfall", ["SA01"], Chosen.LEFT_OUT_SET, NEVER_SISFALL), only_models()) == ""


def test_a_set_on_some_of_which_a_constant_was_chosen_is_not_left_out() -> None:
    made = row("fall_motion", "umafall", ["S02"], Chosen.LEFT_OUT_SET)
    assert "which is not left out whole" in why(made, WORLD)
    assert why(row("fall_motion", "umafall", ["S02"], Chosen.LEFT_OUT_PEOPLE), WORLD) == ""


def test_half_a_set_is_developed_on_and_the_other_half_is_not() -> None:
    people = [f"{n:03d}" for n in range(40)]
    even = [name for name in people if is_development(f"x/{name}")]
    odd = [name for name in people if name not in even]
    assert 10 < len(even) < 30
    limit = Constant("one", "a limit", ("x/*",), "even")
    world = msgspec.structs.replace(DEVELOPMENT, names={"x": r"\d+"}, chosen=(limit,))
    assert why(row("one", "x", odd, Chosen.LEFT_OUT_PEOPLE), world) == ""
    assert "a limit" in why(row("one", "x", [*odd, even[0]], Chosen.LEFT_OUT_PEOPLE), world)
    assert "not left out whole" in why(row("one", "x", odd, Chosen.LEFT_OUT_SET), world)


def test_days_tell_who_was_developed_on_apart() -> None:
    people = [PersonCount(f"broll_t2d {n}", 1, 1) for n in range(3)] + [PersonCount("azt1d 7", 2, 1)]
    rows = {one.chosen: one for one in counted("cgm", "all", "glucose_low", "alarms_per_person_week", people)}
    assert {chosen: one.value for chosen, one in rows.items()} == {Chosen.SAME_PEOPLE: 1.0, Chosen.LEFT_OUT_PEOPLE: 2.0}
    assert [reason for one in rows.values() for reason in refused(one, one.each, DEVELOPMENT)] == []
    (elsewhere,) = counted("d1", "all", "glucose_low", "ppv", people)
    assert elsewhere.chosen is Chosen.LEFT_OUT_SET
    (published,) = counted("home_bp", "all", "pressure_low", "ppv", people)
    assert published.chosen is Chosen.NOT_CHOSEN
    (unwritten,) = counted("cgm", "all", "sos", "ppv", people)
    assert unwritten.chosen is None


@pytest.mark.parametrize(
    ("half", "hashed"),
    [
        ("", []),
        ("even", [sha256(b"x/y/7").digest()[0]]),
        ("even by name", [sha256(b"7").digest()[0]]),
        ("even by md5", [int(md5(b"x/y/7", usedforsecurity=False).hexdigest(), 16)]),
        ("even by md5 within the set", [int(md5(b"y/7", usedforsecurity=False).hexdigest(), 16)]),
    ],
)
def test_each_way_to_halve_a_set_is_what_it_is_called(half: Half, hashed: list[int]) -> None:
    assert Constant("one", "a limit", ("x/*",), half).seen("x/y/7") == all(one % 2 == 0 for one in hashed)


def test_one_person_of_two_recordings_is_one_person() -> None:
    assert "mitdb/201" in why(row("ecg_rhythm", "mitdb", ["202"], Chosen.LEFT_OUT_PEOPLE))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (row("fall_motion", "sisfall", ["SA01"], None), "nobody said on whom its constants were chosen"),
        (AccuracyRow("sisfall", "all", "sos", "ppv", 1.0, 1, Chosen.NOT_CHOSEN), "it does not say whose figure it is"),
        (row("sos", "sisfall", ["SA01"], Chosen.NOT_CHOSEN), "sos: nobody wrote down what was chosen for it, on whom"),
        (row("no_motion", "home_sensors", ["mit_1"], Chosen.NOT_CHOSEN), "no_motion: something was chosen: "),
        (row("fall_motion", "sisfall", ["one"], Chosen.LEFT_OUT_PEOPLE), "not a name of the set: sisfall/one"),
        (row("fall_motion", "sisfall", ["SA16"], Chosen.LEFT_OUT_PEOPLE, "best"), "fall_motion: no such model: best"),
    ],
)
def test_what_cannot_be_checked_is_refused(made: AccuracyRow, said: str) -> None:
    assert why(made).startswith(said)


def test_what_was_chosen_is_written_of_detectors_and_models_that_exist() -> None:
    detectors = {detector.name for detector in discover()}
    named = {*DEVELOPMENT.nothing_chosen, *DEVELOPMENT.models, *(one.detector for one in DEVELOPMENT.chosen)}
    assert named <= detectors
    assert not {one.detector for one in DEVELOPMENT.chosen} & set(DEVELOPMENT.nothing_chosen)
    assert {file.stem for file in MODELS.glob("*.json")} == {
        name for card in DEVELOPMENT.models.values() for name in card
    }
    sets = {pattern.partition("/")[0] for one in DEVELOPMENT.chosen for pattern in one.on}
    assert sets <= DEVELOPMENT.names.keys()
    assert FILE.is_file()


def test_everybody_who_trained_is_called_as_the_rows_call_them() -> None:
    trained = {
        person for detector in DEVELOPMENT.models for one in DEVELOPMENT.cards(detector) for person in one.left_out
    }
    assert len(trained) > 500
    assert [name for name in trained if not DEVELOPMENT.names_well(name)] == []


def test_a_card_that_lists_nobody_says_by_names_who_trained_what(tmp_path: Path) -> None:
    left_out = {"a/1": "without_0", "a/2": "without_1", "b/3_x": "without_0", "b/3_y": "without_0"}
    content = {"left_out": left_out, "calibration": {"shipped": [], "without_a": []}}
    (tmp_path / "one.json").write_bytes(msgspec.json.encode(content))
    made = read_card("one", "in/", (("in/b/3_x", "in/b/3"), ("in/b/3_y", "in/b/3")), tmp_path)
    assert made.left_out == {"in/a/1": "without_0", "in/a/2": "without_1", "in/b/3": "without_0"}
    assert made.trained_on["shipped"] == {"in/a/1", "in/a/2", "in/b/3"}
    assert made.trained_on["without_0"] == {"in/a/2"}
    assert made.trained_on["without_a"] == {"in/b/3"}
    assert (made.knows("in/a"), made.knows("a")) == (True, False)


def test_a_set_within_a_folder_is_one_set() -> None:
    assert DEVELOPMENT.person("beat_series/afdb", "afdb/04015") == "beat_series/afdb/04015"
    assert DEVELOPMENT.person("beat_series", "afdb/04015") == "beat_series/afdb/04015"
    world = msgspec.structs.replace(DEVELOPMENT, chosen=(Constant("one", "a limit", ("beat_series/afdb/*",)),))
    assert world.claim("one", "beat_series/afdb", "afdb/04015") is Chosen.SAME_PEOPLE
    assert world.claim("one", "beat_series/ltafdb", "ltafdb/00") is Chosen.LEFT_OUT_SET
    assert world.claim("one", "beat_series", "ltafdb/00") is Chosen.LEFT_OUT_PEOPLE


def test_judged_by_models_that_saw_others_of_the_set_it_is_not_a_set_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Development, "read", only_models)
    people = [PersonCount("SA01", 9, 10)]
    (by_own,) = counted("sisfall", "all", "fall_motion", "sensitivity", people)
    assert by_own.chosen is Chosen.LEFT_OUT_PEOPLE
    (by_others,) = counted("sisfall", "all", "fall_motion", "ppv", people, model=NEVER_SISFALL, whole_set=True)
    assert by_others.chosen is Chosen.LEFT_OUT_SET
    (new_set,) = counted("rfid_elder", "all", "fall_motion", "specificity", people)
    assert new_set.chosen is Chosen.LEFT_OUT_SET
    assert [reason for one in (by_own, by_others) for reason in refused(one, one.each, only_models())] == []


def test_a_file_is_read_as_it_was_written_and_newer_rows_take_the_place_of_older(tmp_path: Path) -> None:
    first = row("fall_motion", "sisfall", ["SA16", "SA17"], Chosen.LEFT_OUT_PEOPLE)
    other = row("bed_rise", "rfid_elder", ["a"], Chosen.SAME_PEOPLE)
    cost = AccuracyRow("synthetic", "all", "sos", "us_per_message", 3.25, 100)
    before = Published.of([first, other, cost])
    assert [one.detector for one in before.rows] == ["fall_motion", "bed_rise", "sos"]
    assert before.rows[0].worst_people == (("SA16", 0.9), ("SA17", 0.9))
    (tmp_path / "x.json").write_bytes(before.content())
    assert Published.read(tmp_path / "x.json") == before
    newer = Published.of([row("fall_motion", "sisfall", ["SA18"], Chosen.LEFT_OUT_PEOPLE)])
    both = before.with_rows(newer)
    falls = [one for one in both.rows if one.detector == "fall_motion"]
    assert [both.people[one.who] for one in falls] == [("SA18",)]
    assert {one.detector for one in both.rows} == {"fall_motion", "bed_rise", "sos"}


def test_what_is_too_fine_or_says_nothing_of_the_choice_is_not_published() -> None:
    told = row("fall_motion", "sisfall", ["SA16"], Chosen.SAME_PEOPLE)
    assert DEVELOPMENT.is_published(told)
    assert not DEVELOPMENT.is_published(msgspec.structs.replace(told, group="code D13"))
    assert not DEVELOPMENT.is_published(msgspec.structs.replace(told, chosen=None))
    assert DEVELOPMENT.is_published(AccuracyRow("synthetic", "all", "sos", "us_per_message", 3.25, 100))


def test_sets_left_out_come_first_and_the_people_developed_on_stand_apart() -> None:
    wanted = [Chosen.LEFT_OUT_SET, Chosen.LEFT_OUT_PEOPLE, Chosen.NOT_CHOSEN]
    rows = [row("x", "s", ["a"], chosen) for chosen in (Chosen.SAME_PEOPLE, *reversed(wanted))]
    proof, same = left_out_first(Published.of(rows).rows)
    assert [one.chosen for one in proof] == wanted
    assert [one.chosen for one in same] == [Chosen.SAME_PEOPLE]


def test_each_published_figure_was_looked_at_and_the_look_is_in_the_book() -> None:
    book = looks.looks(looks.FILE.read_text("utf-8"))
    assert looks.not_written(PARTS.values(), book) == []


def test_a_figure_better_than_its_look_is_not_in_the_book() -> None:
    made = row("fall_motion", "sisfall", ["SA16"], Chosen.LEFT_OUT_PEOPLE)
    (line,) = looks.lines([made], date(2026, 11, 29), "A subject")
    published = Published.of([made])
    assert looks.not_written([published], looks.looks(line)) == []
    assert looks.not_written([published], looks.looks(line.replace("90.0 %", "89.0 %"))) == list(published.rows)
    assert looks.not_written([published], []) == list(published.rows)
    worse = line.replace("90.0 %", "85.0 %")
    assert looks.not_written([published], looks.looks(f"{line}\n{worse}")) == []
    later = worse.replace("11-29", "11-30")
    assert looks.not_written([published], looks.looks(f"{line}\n{later}")) == list(published.rows)
