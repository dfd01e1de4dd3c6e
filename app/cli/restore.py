"""``anhu restore``: a backup back into an empty place."""

from __future__ import annotations

from pathlib import Path

import click

from anhu.contract.clock import to_rfc3339
from app.backup.restoring import is_newest, restore_backup
from app.cli.backup import passphrase_in
from app.cli.options import data_option, settings_of
from app.hints import command


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@data_option
@click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Its first line opens the keys in the backup.",
)
def restore(folder: Path, data: Path | None, passphrase_file: Path | None) -> None:
    """Bring the backup in FOLDER back; refused where anything is already.

    What came after the backup was made is not in it. Then start `anhu up`, and try an alarm.
    """
    settings = settings_of(data=data)
    words = passphrase_in(passphrase_file)
    found = restore_backup(settings, folder, passphrase=words, say=lambda what: click.echo(what, err=True))
    click.echo(f"{settings.data}: as of {to_rfc3339(found.made_at_ms)}, made by version {found.version}")
    if not is_newest(settings):
        click.echo("its register is of an older version: `anhu up` brings it to this one's form")
    for what, where in found.left_out.items():
        click.echo(f"! was not in it: {what}: {where}")
    click.echo(f"settings that were set then: {', '.join(found.settings) or 'none'}")
    click.echo(f"now: anhu up; {command(settings, 'doctor')}; {command(settings, 'doctor --alarm')}")
