"""A detector is two files: taken away it is gone everywhere, put there it is everywhere, and nothing else names it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from alerts.kinds import KINDS, SHEETS
from anhu.contract.quantities import QUANTITIES

TOP = Path(__file__).parents[2]
ROOMS = ("app", "api", "notify", "alerts", "gateway", "ingest", "simulators", "dashboards", "anhu")
ASK = """
import json
from zoneinfo import ZoneInfo
from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.episodes.policies.defaults import default_policy
from alerts.kinds import KINDS
from alerts.limits import LIMITS
from anhu.contract.priority import Priority
from anhu.contract.quantities import QUANTITIES
from api.web.cards import _number_to_call
from api.web.evidence.features import feature_rows
from api.web.evidence.sentences import blind, sentences
from api.web.limits import limit_lines
from api.web.marks import Marks
from api.web.trend import marked_kinds
from api.web.wording import Wording
from app.documents import sections
from tests.conformance import test_detectors

words = Wording("en", ZoneInfo("Asia/Shanghai"), 0)
evidence = {"features": {"pulse_rate": 7.0, "hops": 3.0}, "limits": {"hops": 2.0}, "quantity": "pulse_rate"}
Engine(discover())
print(json.dumps({
    "detectors": [one.name for one in discover()],
    "kinds": list(KINDS),
    "tested": [one.name for one in test_detectors.DETECTORS],
    "limits": list(LIMITS),
    "first": {kind: default_policy(kind, Priority.MEDIUM).rungs[0].parties for kind in KINDS},
    "said": {kind: sentences(kind, evidence, words) for kind in KINDS},
    "rows": feature_rows(evidence, words),
    "blind": {kind: blind(kind, evidence, words) for kind in KINDS},
    "call": {kind: _number_to_call(kind) for kind in KINDS},
    "marked": {code: sorted(marked_kinds((code,))) for code in QUANTITIES},
    "lines": {code: [line["value"] for line in limit_lines((code,), Marks(), words)] for code in QUANTITIES},
    "alerts": sections()["alerts"](),
    "table": sections()["detectors"](),
}))
"""
TOY = '''"""Somebody hops."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.rules.detector import Detector, Profile
from alerts.rules.threshold import ThresholdDetector, with_limits
from alerts.rules.rule import Level, Rule
from anhu.contract.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits."""

    high_hops: float = 2.0


class Hopping(ThresholdDetector):
    """Too many hops."""

    name = "hopping"
    kinds = ("hopping",)
    reads = ("pulse_rate",)

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one."""
        p = with_limits(Params(), profile, "hopping")
        level = Level(Priority.MEDIUM, p.high_hops)
        return cls({"pulse_rate": (Rule(kind="hopping", feature="hops", above=True, levels=(level,), clear=1.0),)})
'''
TOY_SHEET = """
[measured]
source = "made up"
measured = "nothing"
on = "a test"
blind = "everything"

[kinds.hopping]
number = 99
zh = "跳跃"
en = "Hopping"
priority = "medium"
late_h = 2
latches = false
route = "medical"
emergency = "fire_brigade"
charts = ["pulse_rate"]
home_h = 0
say = [{ zh = "跳了 {hops} 次", en = "Hopped {hops} times" }]
blind = [{ zh = "爬行", en = "crawling" }]

[limits]
high_hops = { default = 2.0, low = 1.0, high = 9.0, drawn = { on = ["pulse_rate"], side = "upper" } }

[features]
hops = { zh = "跳跃次数", en = "Number of hops" }
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Return a copy of the rooms, the conformance suite among them."""
    ignored = shutil.ignore_patterns("__pycache__", "*.png")
    for room in ROOMS:
        shutil.copytree(TOP / room, tmp_path / room, ignore=ignored)
    shutil.copytree(TOP / "tests/conformance", tmp_path / "tests/conformance", ignore=ignored)
    shutil.copy(TOP / "tests/__init__.py", tmp_path / "tests")
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    return tmp_path


def asked(house: Path) -> Mapping[str, Any]:
    done = subprocess.run([sys.executable, "-c", ASK], cwd=house, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: Mapping[str, Any] = json.loads(done.stdout)
    return answer


def removable() -> dict[str, frozenset[str]]:
    """Return the detectors whose kinds no other sheet names, with their kinds."""
    needed = {code for sheet in SHEETS.values() for code in sheet.also}
    sheets = [sheet for path, sheet in SHEETS.items() if path.startswith("detectors/")]
    return {sheet.name: sheet.raises for sheet in sheets if not needed & sheet.kinds.keys()}


def test_taken_away_it_is_gone_everywhere(house: Path) -> None:
    gone = removable()
    assert len(gone) > 30
    for name in gone:
        for ending in ("py", "toml"):
            (house / f"alerts/detectors/{name}.{ending}").unlink()
        for further in house.glob(f"alerts/versions/{name}_[0-9]*.py"):
            further.unlink()
    left = asked(house)
    kept = {sheet.name for path, sheet in SHEETS.items() if path.startswith("detectors/")} - gone.keys()
    assert set(left["detectors"]) == set(left["tested"]) == kept
    text = json.dumps(left)
    lost = set(KINDS) - set(left["kinds"])
    assert lost
    assert [kind for kind in lost - set(QUANTITIES) if re.search(rf"\b{kind}\b", text)] == []


def test_put_there_it_is_everywhere(house: Path) -> None:
    (house / "alerts/detectors/hopping.py").write_text(TOY, "utf-8")
    (house / "alerts/detectors/hopping.toml").write_text(TOY_SHEET, "utf-8")
    there = asked(house)
    assert "hopping" in there["detectors"]
    assert "hopping" in there["kinds"]
    assert "hopping" in there["tested"]
    assert "hopping.high_hops" in there["limits"]
    assert there["first"]["hopping"] == ["team"]
    assert there["said"]["hopping"] == ["Hopped 3 times"]
    assert ["Number of hops", "3", "2", ""] in there["rows"]
    assert there["blind"]["hopping"].endswith("crawling")
    assert there["call"]["hopping"] == "119"
    assert "hopping" in there["marked"]["pulse_rate"]
    assert 2.0 in there["lines"]["pulse_rate"]
    assert "| `hopping` | Hopping | 跳跃 | medium |" in there["alerts"]
    assert "| `hopping` | made up | nothing | a test | everything |" in there["table"]


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        ("py", "SheetError: detectors/door_open.toml: got 'door_open.toml', expected a module door_open.py beside it"),
        ("toml", "ValueError: detector 'door_open' finds ['door_open'], which no data sheet owns"),
    ],
)
def test_half_of_it_does_not_start(house: Path, ending: str, said: str) -> None:
    (house / f"alerts/detectors/door_open.{ending}").unlink()
    done = subprocess.run(
        [sys.executable, "-c", "from alerts.detectors import discover; discover()"],
        cwd=house,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert said in done.stderr


MAY_NAME_KINDS = {
    "alerts/accuracy": "measures named detectors against recordings",
    "alerts/rules/waveform_rates.py": "rules of the rates that two detectors take from a wave",
    "alerts/rules/detector.py": "an example in a docstring",
    "api/schemas": "examples in docstrings",
    "app/demo": "tells a story with named alerts",
    "gateway/codecs/aqara_lan.py": "a vendor's field has the same name",
}
"""Where else a kind may be named, and why."""


def test_nothing_else_names_a_kind() -> None:
    kinds = set(KINDS) - set(QUANTITIES) - {"not_worn", "trend", "news2"}  # also names of modules and of words
    named = re.compile(rf"""["'.\[](?:{"|".join(sorted(kinds))})["'.\]]""")
    found = []
    for room in ROOMS:
        for file in sorted((TOP / room).rglob("*.py")):
            path = file.relative_to(TOP).as_posix()
            own = (file.with_suffix(".toml")).exists() and path.removeprefix("alerts/").removesuffix(".py") in SHEETS
            if own or path.startswith(tuple(MAY_NAME_KINDS)):
                continue
            found += [f"{path}: {one}" for one in named.findall(file.read_text("utf-8"))]
    assert found == []
