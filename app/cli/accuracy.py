"""``anhu accuracy``: what the production detectors achieve on recordings of real people."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click
import msgspec

from alerts.accuracy import looks
from alerts.accuracy.development import Development
from alerts.accuracy.fall_curve import curve_file, curve_table, curves
from alerts.accuracy.published import Published
from alerts.accuracy.risk_coverage import risk_file, risk_table
from alerts.accuracy.row import AccuracyRow
from alerts.accuracy.run import measure, risk, table, worst_table

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--data", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--detector", help="Only this detector.")
@click.option("--set", "dataset", help="Only this set of recordings.")
@click.option("--json", "json_file", type=_FILE, help="Write the rows here too, with everybody's figure.")
@click.option("--worst", is_flag=True, help="Name the ten worst people of each figure too.")
@click.option(
    "--publish",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Put the rows among the published ones in this folder (alerts/measured); each is a look, entered in the book.",
)
@click.option("--commit", default="", help="With --publish: subject of the commit that is measured.")
@click.option("--curve", type=_FILE, help="Instead, how many falls are found at how many false alarms; .csv or .json.")
@click.option(
    "--risk-coverage",
    "risk_coverage",
    type=_FILE,
    help="Instead, how wrong what is told is, against how much is told; .csv or .json.",
)
def accuracy(
    *,
    data: Path,
    detector: str | None,
    dataset: str | None,
    json_file: Path | None,
    publish: Path | None,
    commit: str,
    curve: Path | None,
    risk_coverage: Path | None,
    worst: bool,
) -> None:
    """Run the detectors over a folder of recordings, streaming, and print a table per set and group."""
    if curve is not None:
        points = curves(data)
        click.echo(curve_table(points))
        curve.write_bytes(curve_file(points, curve.suffix))
        return
    if risk_coverage is not None:
        drawn = risk(data, detector)
        click.echo(risk_table(drawn))
        risk_coverage.write_bytes(risk_file(drawn, risk_coverage.suffix))
        return
    if publish is not None and not commit:
        raise click.UsageError("--publish needs --commit: what was looked at, with which code")
    rows = measure(data, detector, dataset)
    click.echo(table(rows))
    if worst:
        click.echo(worst_table(rows))
    if json_file is not None:
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n")
    if publish is not None:
        _publish(rows, publish, commit)


def _publish(rows: list[AccuracyRow], folder: Path, commit: str) -> None:
    """Enter the looks, for they were made; then publish, unless a figure is not what it calls itself."""
    development = Development.read()
    newer = Published.of(row for row in rows if development.is_published(row))
    book = folder.parent / looks.FILE.name
    text = book.read_text("utf-8") if book.exists() else looks.EMPTY
    entered = "".join(f"{line}\n" for line in looks.lines(newer.rows, date.today(), commit))  # noqa: DTZ011 - a day
    book.write_text(text + entered, "utf-8")
    refused = list(newer.refused(development))
    if refused:
        raise click.ClickException("not published:\n" + "\n".join(refused))
    for part, theirs in newer.by_part(development).items():
        file = folder / f"{part}.json"
        before = Published.read(file) if file.exists() else Published({}, ())
        file.write_bytes(before.with_rows(theirs).content())
