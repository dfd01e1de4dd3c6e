"""``anhu run NAME``: one process of the platform in the foreground."""

from __future__ import annotations

import click

from anhu.cli.options import data_option, settings_of
from anhu.processes import alerts, api, demo, dispatcher, gateway, ingest
from anhu.processes.frame import Body, run_process

_BODIES: dict[str, Body] = {
    "gateway": gateway.body,
    "ingest": ingest.body,
    "alerts": alerts.body,
    "api": api.body,
    "dispatcher": dispatcher.body,
    "demo": demo.body,
}


@click.command()
@click.argument("name", type=click.Choice(list(_BODIES)))
@data_option
@click.option("--follow-stdin", is_flag=True, help="End when standard input closes: the parent has gone.")
def run(name: str, data: object, *, follow_stdin: bool) -> None:
    """Run one process in the foreground (an orchestrator's building block; `anhu up` runs them all)."""
    run_process(name, settings_of(data=data), _BODIES[name], follow_stdin=follow_stdin)
