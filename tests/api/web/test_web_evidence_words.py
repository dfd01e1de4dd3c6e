"""Whatever a detector puts into its evidence has a word, a sentence and a limit of its sight, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from zoneinfo import ZoneInfo

import msgspec
import pytest

from alerts.detectors import discover
from alerts.finding import Condition, Evidence, Finding
from alerts.kinds import KINDS, PHASES
from alerts.rules import news2_score as news2
from alerts.rules.referral import TABLE
from alerts.signal.fall.features import SHOWN_MS
from anhu.contract.priority import Priority
from anhu.contract.words import LANGUAGES
from api.web.evidence.features import feature_name, feature_rows
from api.web.evidence.sentences import blind, sentences
from api.web.wording import Wording
from tests.conformance.detector_cases import T0
from tests.conformance.detector_streams import handed
from tests.conformance.test_detectors_fire import CASES

ZONE = ZoneInfo("Asia/Shanghai")
_PART_SUFFIXES = ("points", "age_s", "missing")


@cache
def found() -> tuple[Finding, ...]:
    """Return what every detector says in its named cases."""
    return tuple(_found())


def _found() -> Iterator[Finding]:
    for detector in discover():
        for case in CASES[detector.name]:
            made = detector.for_profile(case.profile)
            yield from handed(made, case.windows, T0 + round(case.until_s * 1_000))


def _names() -> set[str]:
    named = {name for one in found() for name in (*one.evidence.features, *one.evidence.limits)}
    parts = {f"{part}_{suffix}" for part in news2.MEASURED for suffix in _PART_SUFFIXES}
    return named | parts | {row.feature for row in TABLE} | {"oxygen_points", "spo2_scale"}


def test_every_kind_that_a_detector_finds_was_seen() -> None:
    assert {kind for detector in discover() for kind in detector.kinds} - {one.kind for one in found()} <= {
        "respiration_low",
        "heart_rate_low",
        "heartbeat_call",  # the platform's own: nobody sees one
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_evidence_key_has_a_word(language: str) -> None:
    wording = Wording(language, ZONE, T0)
    names = _names()
    assert len(names) > 60
    assert [name for name in sorted(names) if feature_name(name, wording) == _unnamed(name)] == []


def _unnamed(name: str) -> str:
    """Return what a name looks like when the catalogue has no word for it, with or without its unit."""
    nobody = feature_name(f"zz_{name}", Wording("en", ZONE, T0))
    return nobody.removeprefix("zz ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_alarm_says_why_in_sentences_and_what_it_cannot_see(language: str) -> None:
    wording = Wording(language, ZONE, T0)
    for one in found():
        if one.condition is not Condition.PRESENT:
            continue
        evidence = msgspec.to_builtins(one.evidence)
        said = sentences(one.kind, evidence, wording)
        assert said, one
        assert not [sentence for sentence in said if "{" in sentence or "nan" in sentence], said
        assert blind(one.kind, evidence, wording), one.kind


def test_every_kind_has_a_word_for_what_it_cannot_see() -> None:
    always = {code for code, kind in KINDS.items() if any(not one.of for one in kind.blind)}
    quantities = {one.of for one in KINDS["irregular_rhythm"].blind}
    assert always == set(KINDS) - {"irregular_rhythm"}
    assert quantities == {"ecg", "ppg"}


def test_phases_have_words() -> None:
    shown = {name for name, _, _ in SHOWN_MS} | {name for one in found() for name in one.evidence.phases}
    assert [name for name in shown if name not in PHASES] == []


def test_a_sentence_that_names_what_was_not_measured_is_left_out() -> None:
    evidence = msgspec.to_builtins(Evidence(features={"peak_g": 3.4}, limits={"peak_g": 1.6}, quantity="acceleration"))
    said = sentences("fall_suspected", evidence, Wording("en", ZONE, T0))
    assert said == ["An impact of 3.4 g (from 1.6 g on one is looked at)"]


def test_a_wait_is_told_only_where_it_decided() -> None:
    evidence = {"features": {"not_risen_s": 5.0}, "limits": {"not_risen_s": 60.0}}
    wording = Wording("en", ZONE, T0)
    assert sentences("fall", evidence, wording) == []
    evidence["features"]["not_risen_s"] = 61.0
    assert sentences("fall", evidence, wording) == ["Not risen 61 s after the impact (a fall from 60 s on)"]


def test_shares_and_times_of_day_read_as_people_write_them() -> None:
    evidence = {
        "features": {"changed_share": 0.804, "stir": 0.0126, "time_of_day_h": 9.75, "baseline": 71.0},
        "limits": {"time_of_day_h": 9.5},
        "quantity": "heart_rate",
    }
    rows = [row[1:] for row in feature_rows(evidence, Wording("en", ZONE, T0))]
    assert rows == [("80", "", "%"), ("1.3", "", "%"), ("09:45", "09:30", ""), ("71", "", "/min")]


def test_a_finding_without_evidence_still_has_a_page() -> None:
    bare = Finding("sos", Condition.PRESENT, T0, T0, 1.0, Priority.HIGH)
    wording = Wording("en", ZONE, T0)
    assert sentences(bare.kind, msgspec.to_builtins(bare.evidence), wording)
    assert sentences("brand_new", {}, wording) == []
    assert blind("brand_new", {}, wording) == ""
