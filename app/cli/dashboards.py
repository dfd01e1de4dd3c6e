"""``anhu dashboards publish``: the Grafana dashboards, into a running Grafana."""

from __future__ import annotations

import os

import click

from dashboards.publish import publish as publish_dashboards


@click.group()
def dashboards() -> None:
    """Grafana dashboards as code."""


@dashboards.command()
@click.option("--url", required=True, help="Where Grafana answers.")
@click.option("--folder", default="安护 Anhu", show_default=True, help="Title of the folder.")
@click.option("--city", is_flag=True, help="Also the city's, which asks a Prometheus.")
def publish(url: str, folder: str, city: bool) -> None:  # noqa: FBT001 - click's
    """Create or replace the dashboards. The service account's token is read from GRAFANA_TOKEN."""
    for address in publish_dashboards(url, os.environ.get("GRAFANA_TOKEN", ""), folder, with_city=city):
        click.echo(address)
