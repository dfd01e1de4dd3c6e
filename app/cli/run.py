"""``anhu run NAME``: one process of the platform in the foreground."""

from __future__ import annotations

from importlib import import_module

import click

from app import data_folder
from app.cli.options import data_option, settings_of
from app.processes.process import run_process

_PREDECESSOR_S = 20.0
NAMES = ("gateway", "ingest", "alerts", "dispatcher", "api", "watcher", "demo")


@click.command()
@click.argument("name", type=click.Choice(NAMES))
@data_option
@click.option("--follow-stdin", is_flag=True, help="End when standard input closes: the parent has gone.")
def run(name: str, data: object, *, follow_stdin: bool) -> None:
    """Run one process in the foreground (an orchestrator's building block; `anhu up` runs them all)."""
    body = import_module(f"app.processes.{name}").body
    settings = settings_of(data=data)
    data_folder.make_private(settings.data)
    # A child of `anhu up` gives its predecessor, whose parent has just gone, the time to end.
    with data_folder.hold(settings.data, f"run {name}", wait_s=_PREDECESSOR_S if follow_stdin else 0.0):
        run_process(name, settings, body, follow_stdin=follow_stdin)
