"""``anhu backup``: everything of an installation into one folder, while it runs; or is a backup whole?."""

from __future__ import annotations

from pathlib import Path

import click

from anhu.contract.clock import SystemClock, to_rfc3339
from app.backup import manifest
from app.backup.making import make_backup
from app.cli.options import data_option, settings_of


def passphrase_in(file: Path | None) -> str:
    """Return the first line of a file; empty where none is named."""
    return "" if file is None else file.read_text("utf-8").partition("\n")[0]


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@data_option
@click.option("--check", is_flag=True, help="Instead, read a backup and say whether it is whole.")
@click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Its first line seals the keys in the backup; without it they are left out.",
)
def backup(folder: Path, data: Path | None, passphrase_file: Path | None, *, check: bool) -> None:
    """Copy the register, the LOG, readings and the rest into an empty FOLDER; exit code 2 when it is not whole.

    The platform goes on meanwhile. PostgreSQL is copied by pg_dump; readings in InfluxDB by `influx backup`.
    """
    if check:
        found = manifest.check(folder)
        click.echo(f"whole: {len(found.files)} files, {found.size >> 20} MiB, of {to_rfc3339(found.made_at_ms)}")
    else:
        settings = settings_of(data=data)
        words = passphrase_in(passphrase_file)
        found = make_backup(settings, folder, SystemClock(), passphrase=words, say=_say)
        click.echo(f"{folder}: {len(found.files)} files, {found.size >> 20} MiB")
    for what, where in found.left_out.items():
        click.echo(f"! not in it: {what}: {where}")


def _say(what: str) -> None:
    click.echo(what, err=True)
