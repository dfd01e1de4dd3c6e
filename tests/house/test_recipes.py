"""The recipes of CONTRIBUTING.md, followed to the letter in a copy of the repository, end where they say."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

TOP = Path(__file__).parents[2]
SECTION = re.compile(r"^## (Add a \w+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LONGEST = 15
"""Statements that a newcomer has to write, however they are wrapped; and commands to give."""


class Recipe(NamedTuple):
    """Files to write and commands to give, in turn."""

    steps: tuple[str | tuple[str, str], ...]

    @property
    def files(self) -> dict[str, str]:
        """Name -> text."""
        return dict(step for step in self.steps if isinstance(step, tuple))

    @property
    def commands(self) -> list[str]:
        """What is given to the shell."""
        return [step for step in self.steps if isinstance(step, str)]


def _recipes() -> dict[str, Recipe]:
    text = (TOP / "CONTRIBUTING.md").read_text("utf-8")
    return {title: _read(body) for title, body in SECTION.findall(text)}


def _read(body: str) -> Recipe:
    steps: list[str | tuple[str, str]] = []
    for language, block in FENCE.findall(body):
        if language == "sh":
            steps += block.splitlines()
        else:
            first, _, rest = block.partition("\n")
            steps.append((first.removeprefix("# ").strip(), rest))
    return Recipe(tuple(steps))


RECIPES = _recipes()


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Path]:
    """A clean clone, as git would make it of what is here."""
    folder = tmp_path / "anhu"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=TOP, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (TOP / name).is_file() and not name.startswith("docs/pictures/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TOP / name, folder / name)
    yield folder
    shutil.rmtree(folder)


def test_there_is_a_recipe_for_each_thing_that_newcomers_bring() -> None:
    assert set(RECIPES) == {"Add a codec", "Add a detector", "Add a channel"}


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_is_short(title: str) -> None:
    written = [ast.walk(ast.parse(text)) for text in RECIPES[title].files.values()]
    assert sum(isinstance(node, ast.stmt) for nodes in written for node in nodes) <= LONGEST
    assert 0 < len(RECIPES[title].commands) <= LONGEST


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_leads_where_it_says(copy: Path, title: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for step in RECIPES[title].steps:
        if isinstance(step, tuple):
            name, text = step
            assert not (copy / name).exists(), f"{name} is there already"
            (copy / name).write_text(text, "utf-8")
            continue
        done = subprocess.run(
            ["bash", "-c", step],
            cwd=copy,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{step}\n{done.stdout[-4_000:]}\n{done.stderr[-4_000:]}"
