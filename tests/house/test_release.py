"""What a release repeats is said once: the version, and which rooms there are."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

import anhu

TOP = Path(anhu.__file__).parents[1]


def _project() -> dict[str, Any]:
    return tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))


def _rooms() -> list[str]:
    rooms: list[str] = _project()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return rooms


def test_the_version_stands_in_one_file_and_the_image_has_the_same() -> None:
    project = _project()
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "anhu/__init__.py"
    compose = yaml.safe_load((TOP / "docker-compose.yml").read_text("utf-8"))
    assert compose["services"]["anhu"]["image"] == f"anhu:{anhu.__version__}"


def test_the_newest_chapter_of_the_changelog_is_this_version() -> None:
    chapters = re.findall(r"^## \[?(\d+\.\d+\.\d+)\]?", (TOP / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert chapters[0] == anhu.__version__


def test_every_package_at_the_top_is_a_room_that_is_packed_and_checked() -> None:
    tools = _project()["tool"]
    rooms = set(_rooms())
    assert rooms == {folder.parent.name for folder in TOP.glob("*/__init__.py")} - {"tests"}
    assert rooms <= set(tools["mypy"]["packages"])
    assert rooms == set(tools["importlinter"]["root_packages"])
    assert rooms <= set(tools["ruff"]["lint"]["isort"]["known-first-party"])


def test_the_image_is_built_from_every_room_and_from_nothing_else() -> None:
    copied = re.findall(r"^COPY (\w+) \1$", (TOP / "app" / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    ignored = (TOP / ".dockerignore").read_text("utf-8").splitlines()
    folders = [line[1:] for line in ignored if line.startswith("!") and (TOP / line[1:]).is_dir()]
    assert sorted(copied) == sorted(folders) == sorted(_rooms())
