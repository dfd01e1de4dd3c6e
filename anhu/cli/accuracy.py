"""``anhu accuracy``: what the production detectors achieve on recordings of real people."""

from __future__ import annotations

import json
from pathlib import Path

import click

from alerts.accuracy.run import measure, table


@click.command()
@click.option("--data", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--detector", help="Only this detector.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows here too.")
def accuracy(data: Path, detector: str | None, json_file: Path | None) -> None:
    """Run the detectors over a folder of recordings, streaming, and print a table per set and group."""
    rows = measure(data, detector)
    click.echo(table(rows))
    if json_file is not None:
        body = [row._asdict() for row in rows]
        json_file.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
