"""Environments that hold exactly what a lock file names: linked from the one that runs the tests, without network."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path

TOP = Path(__file__).parents[2]
_NAME = re.compile(r"^([A-Za-z0-9_.-]+)==", re.MULTILINE)


class Environment:
    """A virtual environment of its own, with the packages of one lock file and nothing else.

    Parameters
    ----------
    folder : Path
        Made here.
    lock : str
        Name of the lock file.
    with_pip : bool
        Whether it has a pip too.
    """

    def __init__(self, folder: Path, lock: str, *, with_pip: bool = False) -> None:
        venv.create(folder, with_pip=with_pip, symlinks=True)
        self.python = folder / "bin" / "python"
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        self.packages = folder / "lib" / version / "site-packages"
        for name in _NAME.findall((TOP / lock).read_text("utf-8")):
            self._link(name)

    def run(self, *arguments: str, cwd: Path) -> str:
        """Run its Python in a folder, seeing no variable and no module of ours; return what it printed."""
        command = [str(self.python), "-I", *arguments]
        ran = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=600)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def _link(self, name: str) -> None:
        try:
            files = metadata.distribution(name).files or ()
        except metadata.PackageNotFoundError:
            return  # for another platform: what is missing here would stop the smoke test
        for first in {file.parts[0] for file in files if file.parts[0] not in ("..", "__pycache__")}:
            link = self.packages / first
            if not link.exists():
                link.symlink_to(Path(str(metadata.distribution(name).locate_file(first))))


def build_wheel(folder: Path) -> Path:
    """Build this project's wheel with what `requirements-build.lock` names; return the file."""
    builder = Environment(folder / "build", "requirements-build.lock", with_pip=True)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet"]
    builder.run("-m", "pip", "wheel", *options, "--wheel-dir", str(folder / "dist"), str(TOP), cwd=folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


def installed(wheel: Path, folder: Path) -> Environment:
    """Install a wheel into an environment that holds what the product needs, and return it."""
    environment = Environment(folder / "product", "requirements.lock")
    pip = [str(folder / "build" / "bin" / "python"), "-I", "-m", "pip", "--python", str(environment.python)]
    options = ["--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "install", *options, str(wheel)], cwd=folder, check=True, timeout=600)
    return environment
