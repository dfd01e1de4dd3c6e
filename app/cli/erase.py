"""``anhu erase``: what was measured of a resident is deleted for good, in every store (PIPL 47)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from anhu.contract.clock import SystemClock
from anhu.contract.identity import checked_id
from app import series_wiring
from app.cli.options import data_option, settings_of
from app.settings import Settings
from ingest.store.port import StoreUnavailableError


@click.command()
@data_option
@click.argument("resident")
@click.option("--yes", is_flag=True, help="Do not ask: it cannot be undone.")
def erase(data: Path | None, resident: str, *, yes: bool) -> None:
    """Delete a resident's readings, hourly and newest values, and dead letters.

    End the service and take the devices away first: what comes afterwards is stored again. The LOG forgets what it
    holds of the resident by its own age limit.
    """
    checked_id(resident, field="resident")
    if not yes:
        click.confirm(f"Delete everything that was measured of {resident}?", abort=True)
    failed = False
    for what, step in _steps(settings_of(data=data), resident):
        try:
            step()
            click.echo(f"deleted: {what}")
        except (StoreUnavailableError, SQLAlchemyError) as error:
            failed = True
            click.echo(f"NOT deleted, run it again: {what}: {error}", err=True)
    sys.exit(1 if failed else 0)


def _steps(settings: Settings, resident: str) -> Iterator[tuple[str, Callable[[], None]]]:
    clock = SystemClock()
    writer, letters = series_wiring.store_writer(settings, clock), series_wiring.dead_letters(settings, clock)
    yield "readings, in every store", lambda: writer.erase(resident)
    yield "dead letters", lambda: letters.forget(resident)
    newest = series_wiring.newest_book(settings)
    if newest is not None:
        yield "newest values", lambda: newest.forget(resident)
        newest.close()
    writer.close()
    letters.close()
