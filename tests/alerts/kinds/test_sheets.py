"""The data sheets as they are: whole in both languages, and one to one with the detectors."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest

from alerts.detectors import check_sheets, discover
from alerts.kinds import FEATURES, KINDS, NOTES, PHASES, SHEETS, SheetError, Words, kinds_of_episode, stage
from alerts.kinds.sheet import Limit
from alerts.limits import LIMITS, in_force
from anhu.contract.words import catalogue

DETECTORS = discover()
BY_NAME = {detector.name: detector for detector in DETECTORS}


def _words() -> Iterator[Words]:
    for kind in KINDS.values():
        yield kind
        yield from kind.say
        yield from kind.blind
    for table in (FEATURES, PHASES, NOTES):
        yield from table.values()


def test_both_languages_take_the_same_values() -> None:
    words = list(_words())
    assert len(words) > 200
    for one in words:
        assert set(re.findall(r"\{(\w+)\}", one.zh)) == set(re.findall(r"\{(\w+)\}", one.en)), one


def test_a_word_stands_in_a_sheet_or_in_the_catalogue() -> None:
    assert set(NOTES) & set(catalogue()) == set()
    assert {f"web.feature.{name}" for name in FEATURES} & set(catalogue()) == set()


def test_nobody_points_to_a_note_that_no_sheet_has() -> None:
    known = {*NOTES, *(key for key in catalogue() if key.startswith("alert.note."))}
    named = {kind.storm.note for kind in KINDS.values() if kind.storm is not None and kind.storm.note}
    assert named <= known


def test_the_falls_are_one_episode() -> None:
    assert set(kinds_of_episode("fall")) == {"fall_suspected", "fall", "long_lie"}
    assert [stage(kind) for kind in ("fall_suspected", "fall", "long_lie")] == [0, 1, 2]
    assert kinds_of_episode("sos") == ("sos",)
    assert kinds_of_episode("retired") == ("retired",)


def test_a_detector_without_a_data_sheet_does_not_start() -> None:
    without = {path: sheet for path, sheet in SHEETS.items() if path != "detectors/sos"}
    with pytest.raises(SheetError, match=r"detectors/sos\.toml: got None, expected a data sheet of the detector"):
        check_sheets(DETECTORS, without)


def test_a_data_sheet_without_a_detector_does_not_start() -> None:
    with pytest.raises(SheetError, match=r"detectors/sos\.toml: got None, expected a detector"):
        check_sheets([detector for detector in DETECTORS if detector.name != "sos"], SHEETS)


def test_a_detector_raises_what_its_sheet_says_and_nothing_else() -> None:
    fall = SHEETS["detectors/reported_fall"]
    wrong = msgspec.structs.replace(fall, also={"fall": fall.also["fall"]})
    with pytest.raises(
        SheetError, match=r"reported_fall\.toml: kinds, also: got \['fall'\], expected \['fall', 'fall_"
    ):
        check_sheets(DETECTORS, {**SHEETS, fall.path: wrong})


def test_a_detector_that_nobody_measured_does_not_start() -> None:
    sos = SHEETS["detectors/sos"]
    with pytest.raises(SheetError, match=r"sos\.toml: measured: got None"):
        check_sheets(DETECTORS, {**SHEETS, sos.path: msgspec.structs.replace(sos, measured=None)})


@pytest.mark.parametrize(
    ("parameter", "limit", "said"),
    [
        ("high_bpm", Limit(default=130.0, low=90.0, high=220.0), r"high_bpm\.default: got 130\.0, expected 131\.0"),
        ("high_bpm", Limit(default="none", low=90.0, high=220.0), r"high_bpm\.default: got 'none', expected 131\.0"),
        ("highest_bpm", Limit(default=131.0, low=90.0, high=220.0), r"got 'highest_bpm', expected one of high_bpm"),
    ],
)
def test_a_limit_is_a_parameter_with_its_default(parameter: str, limit: Limit, said: str) -> None:
    sheet = SHEETS["detectors/heart_rate_high"]
    wrong = msgspec.structs.replace(sheet, limits={parameter: limit})
    with pytest.raises(SheetError, match=said):
        check_sheets(DETECTORS, {**SHEETS, sheet.path: wrong})


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_every_limit_lies_in_its_bounds_and_the_own_one_counts(name: str) -> None:
    limit = LIMITS[name]
    assert name.partition(".")[0] in BY_NAME
    assert limit.low < limit.high
    assert in_force({name: 1.25}, name) == 1.25
    if limit.default == "none":
        with pytest.raises(KeyError):
            in_force({}, name)
    else:
        assert in_force({}, name) == limit.default
        assert limit.low <= limit.default <= limit.high
