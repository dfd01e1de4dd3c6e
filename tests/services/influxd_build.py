"""Makes influxd from its Go module where no container engine is: once a machine, kept in the cache.

The exact sources are those of `influxd/go.mod` and `influxd/go.sum` beside this file. The module is a dependency of a
small module of its own because it has a `replace`, which `go install` refuses.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import click

from tests.services.building import Step, alone, build_folder, run_steps
from tests.services.finding import ServiceMissingError, cache_folder, find

VERSION = "2.7.12"
_SOURCES = Path(__file__).parent / "influxd"
_INFLUXD = "github.com/influxdata/influxdb/v2/cmd/influxd"
_SAYS_VERSION = f"-s -w -X main.version=v{VERSION}"
_TAGS = "sqlite_foreign_keys,sqlite_json"


def _go(output: str, package: str, *options: str) -> list[str]:
    return ["go", "build", "-buildvcs=false", *options, "-o", output, package]


_STEPS = (
    Step("making its pkg-config", _go("pkg-config", "github.com/influxdata/pkg-config"), about_s=15.0),
    Step(
        "fetching and compiling the server",
        _go("influxd", _INFLUXD, "-tags", _TAGS, "-ldflags", _SAYS_VERSION),
        about_s=420.0,
    ),
)
_TOOLS = {"go": "Go 1.24 or newer", "cargo": "Rust (rustc and cargo)", "cc": "a C compiler"}


def influxd_program() -> Path:
    """Return influxd: on PATH, else in the cache, else built now (some minutes)."""
    if on_path := find("influxd"):
        return on_path
    cached = cache_folder() / f"influxd-{VERSION}"
    if not cached.exists():
        with alone(cached):
            if not cached.exists():
                _build(cached)
    return cached


def _build(target: Path) -> None:
    missing = [name for tool, name in _TOOLS.items() if shutil.which(tool) is None]
    if missing:
        raise ServiceMissingError(
            f"building InfluxDB {VERSION} needs {' and '.join(missing)}: install that, put influxd on PATH, or name a"
            " running server in ANHU_TEST_INFLUXDB_URL"
        )
    click.echo(f"building influxd {VERSION} into {target}: some minutes, once on this machine")
    with build_folder(target) as folder:
        shutil.copytree(_SOURCES, folder, dirs_exist_ok=True)
        environment = os.environ | _rust_settings(folder) | {"PKG_CONFIG": str(folder / "pkg-config")}
        run_steps(f"influxd {VERSION}", _STEPS, folder, environment)
        (folder / "influxd").replace(target)


def _rust_settings(folder: Path) -> dict[str, str]:
    """Return settings for libflux, which pins an old compiler and takes a newer one's warnings for errors."""
    wrapper = folder / "rustc-wrapper"
    wrapper.write_text('#!/bin/sh\nexec "$@" --cap-lints warn\n', "utf-8")
    wrapper.chmod(0o755)
    settings = {"RUSTC_WRAPPER": str(wrapper)}
    if shutil.which("rustup"):
        active = subprocess.run(["rustup", "show", "active-toolchain"], capture_output=True, text=True, check=False)
        settings["RUSTUP_TOOLCHAIN"] = active.stdout.split(" ")[0].strip() or "stable"
    return settings
