"""``anhu accuracy``: what the production detectors achieve on recordings of real people."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from alerts.accuracy.fall_curve import curve_file, curve_table, curves
from alerts.accuracy.run import measure, table


@click.command()
@click.option("--data", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--detector", help="Only this detector.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows here too.")
@click.option(
    "--curve",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Instead, how many falls are found at how many false alarms, set by set; .csv or .json.",
)
def accuracy(data: Path, detector: str | None, json_file: Path | None, curve: Path | None) -> None:
    """Run the detectors over a folder of recordings, streaming, and print a table per set and group."""
    if curve is not None:
        points = curves(data)
        click.echo(curve_table(points))
        curve.write_bytes(curve_file(points, curve.suffix))
        return
    rows = measure(data, detector)
    click.echo(table(rows))
    if json_file is not None:
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n")
