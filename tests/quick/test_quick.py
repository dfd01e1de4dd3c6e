"""What a quick answer is about: the tests of the change, nearest first, and an honest last line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.quick.__main__ import ROOT, summary
from tests.quick.changes import Changes, changes
from tests.quick.counts import UNTIL, Counts
from tests.quick.selection import Selection, select

HOUSE = {
    "anhu/__init__.py": "",
    "anhu/clock.py": "",
    "gateway/__init__.py": "",
    "gateway/intake.py": "from anhu.clock import now",
    "gateway/codecs/__init__.py": "for found in iter_modules(): import_module(found)",
    "gateway/codecs/watch.py": "import json",
    "api/web/desk.js": "",
    "tests/conftest.py": "import anhu.clock",
    "tests/anhu/test_clock.py": "from anhu import clock",
    "tests/gateway/test_intake.py": "from gateway.intake import take",
    "tests/gateway/codecs/test_discover.py": "from gateway.codecs import discover",
    "tests/api/test_routes.py": "",
    "tests/api/web/test_desk.py": "",
    "tests/app/test_readme.py": "Path('README.md').read_text()",
    "tests/smoke/test_whole_path.py": "import anhu.clock",
}
NOBODY = Selection([], [], [], 0, [])


@pytest.fixture
def house(tmp_path: Path) -> Path:
    write(tmp_path, HOUSE)
    return tmp_path


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")


def git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("changed", "first"),
    [
        ("gateway/intake.py", ["tests/gateway/test_intake.py"]),
        ("gateway/codecs/watch.py", ["tests/gateway/codecs/test_discover.py"]),
        ("gateway/codecs/gone.py", ["tests/gateway/codecs/test_discover.py"]),
        ("api/web/desk.js", ["tests/api/web/test_desk.py", "tests/api/test_routes.py"]),
        ("README.md", ["tests/app/test_readme.py"]),
        ("tests/api/test_routes.py", ["tests/api/test_routes.py", "tests/api/web/test_desk.py"]),
        ("LICENSE", []),
    ],
)
def test_the_nearest_tests_come_first(house: Path, changed: str, first: list[str]) -> None:
    assert select(house, [changed]).files[: len(first) or None] == first


def test_what_everybody_needs_concerns_everybody_but_its_own_tests_first(house: Path) -> None:
    chosen = select(house, ["anhu/clock.py"])
    assert chosen.files[0] == "tests/anhu/test_clock.py"
    assert len(chosen.files) == 6
    assert (chosen.unmoved, chosen.slow) == (0, ["tests/smoke/test_whole_path.py"])


def test_a_change_that_no_test_reaches_is_named(house: Path) -> None:
    chosen = select(house, ["LICENSE"])
    assert (chosen.files, chosen.unmoved, chosen.unknown) == ([], 6, ["LICENSE"])


def test_changes_are_those_since_the_branch_left_main_and_those_not_committed(house: Path) -> None:
    git(house, "init", "-b", "main")
    git(house, "add", "-A")
    git(house, "commit", "-m", "the house")
    assert changes(house).files == []
    git(house, "checkout", "-b", "branch")
    write(house, {"anhu/clock.py": "later = True"})
    git(house, "commit", "-am", "a change")
    (house / "api/web/desk.js").unlink()
    write(house, {"api/new.py": ""})
    assert changes(house).files == ["anhu/clock.py", "api/new.py", "api/web/desk.js"]
    assert changes(house, "HEAD").files == ["api/new.py", "api/web/desk.js"]


def test_no_test_begins_when_it_is_too_late(tmp_path: Path) -> None:
    write(tmp_path, {"test_one.py": "def test_one(): open('begun', 'w').close()"})
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.quick.deadline", str(tmp_path), "-rs"]
    environment = os.environ | {UNTIL: "0", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "no time left" in ran.stdout, ran.stdout
    assert not (tmp_path / "begun").exists()


def test_what_was_left_out_is_counted_apart(tmp_path: Path) -> None:
    counts = Counts()
    where = ("test_one.py", 1, "test_one")
    for longrepr, outcome in (
        (None, "passed"),
        ("wrong", "failed"),
        ((str(tmp_path), 1, "Skipped: no time left"), "skipped"),
    ):
        counts.pytest_runtest_logreport(pytest.TestReport("x", where, {}, outcome, longrepr, "call"))  # type: ignore[arg-type]
    assert (counts.passed, counts.failed, counts.skipped, counts.left_out) == (1, 1, 0, 1)


def test_nothing_run_is_never_called_good() -> None:
    assert "NOTHING WAS RUN" in summary(Changes("main", []), NOBODY, Counts(), 0.1)
    unreached = summary(Changes("main", ["LICENSE"]), NOBODY._replace(unmoved=7, unknown=["LICENSE"]), Counts(), 0.1)
    assert "NOTHING WAS RUN" in unreached
    assert "7 files of tests that the change does not reach; no test reaches LICENSE" in unreached
