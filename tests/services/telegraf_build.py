"""Makes Telegraf from its Go module, for the side-by-side measurement only: with the three plugins it needs.

The exact sources are those of `telegraf/go.mod` and `telegraf/go.sum` beside this file.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click

from tests.services.building import Step, alone, build_folder, run_steps
from tests.services.finding import ServiceMissingError, cache_folder, find

VERSION = "1.37.0"
_SOURCES = Path(__file__).parent / "telegraf"
_TAGS = "custom,inputs.mqtt_consumer,outputs.influxdb_v2,parsers.json_v2"
_TELEGRAF = "github.com/influxdata/telegraf/cmd/telegraf"
_COMPILING = Step(
    "fetching and compiling",
    ["go", "build", "-buildvcs=false", "-tags", _TAGS, "-ldflags", "-s -w", "-o", "telegraf", _TELEGRAF],
    about_s=240.0,
)


def telegraf_program() -> Path:
    """Return Telegraf: on PATH, else in the cache, else built now (some minutes)."""
    if on_path := find("telegraf"):
        return on_path
    cached = cache_folder() / f"telegraf-{VERSION}"
    if not cached.exists():
        with alone(cached):
            if not cached.exists():
                _build(cached)
    return cached


def _build(target: Path) -> None:
    if shutil.which("go") is None:
        raise ServiceMissingError(f"building Telegraf {VERSION} needs Go: install that, or put telegraf on PATH")
    click.echo(f"building telegraf {VERSION} into {target}: some minutes, once on this machine")
    with build_folder(target) as folder:
        shutil.copytree(_SOURCES, folder, dirs_exist_ok=True)
        run_steps(f"telegraf {VERSION}", [_COMPILING], folder, os.environ)
        (folder / "telegraf").replace(target)
