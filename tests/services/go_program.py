"""Makes a program from its Go module, once a machine, from the exact sources that a ``go.sum`` names."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

import click

from tests.services.building import Step, alone, build_folder, run_steps
from tests.services.finding import ServiceMissingError, cache_folder, find


class GoProgram(NamedTuple):
    """A program of which a folder beside this file names the sources.

    Attributes
    ----------
    name : str
        Of the folder, and of the program on PATH.
    version, package : str
        What is compiled.
    tags : str
        Which parts of it.
    about_s : float
        How long that takes on two cores with nothing cached. [s]
    """

    name: str
    version: str
    package: str
    tags: str = ""
    about_s: float = 60.0

    def path(self) -> Path:
        """Return the program: on PATH, else in the cache, else built now.

        Raises
        ------
        ServiceMissingError
            If it cannot be built here; says what to do.
        """
        if on_path := find(self.name):
            return on_path
        cached = cache_folder() / f"{self.name}-{self.version}"
        if not cached.exists():
            with alone(cached):
                if not cached.exists():
                    self._build(cached)
        return cached

    def _build(self, target: Path) -> None:
        if shutil.which("go") is None:
            raise ServiceMissingError(
                f"building {self.name} {self.version} needs Go: install that, or put {self.name} on PATH"
            )
        click.echo(
            f"building {self.name} {self.version} into {target}: about {self.about_s:.0f} s, once on this machine"
        )
        command = [
            "go",
            "build",
            "-buildvcs=false",
            "-tags",
            self.tags,
            "-ldflags",
            "-s -w",
            "-o",
            "built",
            self.package,
        ]
        with build_folder(target) as folder:
            shutil.copytree(Path(__file__).parent / self.name, folder, dirs_exist_ok=True)
            step = Step("fetching and compiling", command, about_s=self.about_s)
            run_steps(f"{self.name} {self.version}", [step], folder, os.environ)
            (folder / "built").replace(target)
