"""``anhu run NAME``: one process of the platform in the foreground."""

from __future__ import annotations

from importlib import import_module

import click

from app.cli.options import data_option, settings_of
from app.processes.process import run_process

NAMES = ("gateway", "ingest", "alerts", "dispatcher", "api", "demo")


@click.command()
@click.argument("name", type=click.Choice(NAMES))
@data_option
@click.option("--follow-stdin", is_flag=True, help="End when standard input closes: the parent has gone.")
def run(name: str, data: object, *, follow_stdin: bool) -> None:
    """Run one process in the foreground (an orchestrator's building block; `anhu up` runs them all)."""
    body = import_module(f"app.processes.{name}").body
    run_process(name, settings_of(data=data), body, follow_stdin=follow_stdin)
