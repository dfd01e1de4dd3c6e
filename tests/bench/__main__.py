"""``python -m tests.bench``: measure, and print what was measured."""

from __future__ import annotations

import importlib
import pkgutil
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NoReturn

import click

from tests.bench import machine, scenarios
from tests.bench.guest import run_in_guest
from tests.bench.report import Options, Report
from tests.services.finding import ServiceMissingError

NAMES = tuple(sorted(m.name.replace("_", "-") for m in pkgutil.iter_modules(scenarios.__path__)))


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(NAMES))
@click.option("--runs", default=3, show_default=True, help="How often each scenario is repeated.")
@click.option("--quick", is_flag=True, help="Small and short: shows that it works, the figures say little.")
@click.option("--minutes", default=0.0, help="How long the ingest rate that was found is held; 0: not.")
@click.option("--rate", default=0.0, help="Ingest at this rate instead of finding the highest. [messages/s]")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Where filled stores stay.")
@click.option("--guest", is_flag=True, help="In a guest without a limit of open files (User-Mode Linux).")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Where the rows go as JSON.")
def main(names: tuple[str, ...], *, guest: bool, file: Path | None, **chosen: Any) -> None:  # noqa: ANN401 - `Options`' fields
    """Measure what the README states; without NAMES everything."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started must end, however we are ended
    if guest:
        _leave_to_guest()
    _raise_file_limit()
    report, skipped, facts = Report(), [], machine.facts()
    options = Options(**chosen)
    for name in names or NAMES:
        scenario = importlib.import_module(f"tests.bench.scenarios.{name.replace('-', '_')}")
        click.echo(f"{name}: {(scenario.__doc__ or name).splitlines()[0]}")
        began_s = time.monotonic()
        try:
            with tempfile.TemporaryDirectory(prefix="anhu-bench-", ignore_cleanup_errors=True) as folder:
                scenario.measure(options, report, Path(folder))
        except ServiceMissingError as error:
            skipped.append(f"{name}: {error}")
            click.echo(f"  left out: {error}")
        click.echo(f"  took {time.monotonic() - began_s:.0f} s")
    click.echo("\n" + "\n".join(f"{key}: {value}" for key, value in facts.items()))
    click.echo("\n" + report.table())
    if file is not None:
        report.write(file, facts, skipped)


def _leave_to_guest() -> NoReturn:
    try:
        sys.exit(run_in_guest([word for word in sys.argv[1:] if word != "--guest"]))
    except ServiceMissingError as error:
        raise click.ClickException(str(error)) from error


def _raise_file_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
