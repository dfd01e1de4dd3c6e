"""Makes Telegraf from its Go module, for the side-by-side measurement only: with the three plugins it needs.

The exact sources are those of `telegraf/go.mod` and `telegraf/go.sum` beside this file.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import click

from tests.services.finding import ServiceMissingError, cache_folder, find

VERSION = "1.37.0"
_SOURCES = Path(__file__).parent / "telegraf"
_TAGS = "custom,inputs.mqtt_consumer,outputs.influxdb_v2,parsers.json_v2"


def telegraf_program() -> Path:
    """Return Telegraf: on PATH, else in the cache, else built now (some minutes)."""
    if on_path := find("telegraf"):
        return on_path
    cached = cache_folder() / f"telegraf-{VERSION}"
    if not cached.exists():
        _build(cached)
    return cached


def _build(target: Path) -> None:
    if shutil.which("go") is None:
        raise ServiceMissingError(f"building Telegraf {VERSION} needs Go: install that, or put telegraf on PATH")
    click.echo(f"building telegraf {VERSION} into {target}: some minutes, once on this machine")
    with tempfile.TemporaryDirectory(prefix="telegraf-", dir=target.parent) as name:
        shutil.copytree(_SOURCES, name, dirs_exist_ok=True)
        package = "github.com/influxdata/telegraf/cmd/telegraf"
        command = ["go", "build", "-buildvcs=false", "-tags", _TAGS, "-ldflags", "-s -w", "-o", "telegraf", package]
        built = subprocess.run(command, cwd=name, capture_output=True, text=True, check=False)
        if built.returncode:
            raise ServiceMissingError(f"`{' '.join(command)}` failed:\n{built.stderr[-4_000:]}")
        (Path(name) / "telegraf").replace(target)
