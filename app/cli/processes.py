"""``anhu admin forget-process``: takes a process off the list that will not come back."""

from __future__ import annotations

from pathlib import Path

import click

from anhu.contract.errors import FieldError
from anhu.registry import process_statuses
from app import status
from app.cli.one_line import print_line
from app.cli.one_transaction import one_transaction
from app.cli.options import data_option, settings_of


@click.command()
@data_option
@click.argument("process")
@click.argument("instance")
def forget_process(data: Path | None, process: str, instance: str) -> None:
    """Take a process off the list that is gone for good; one that runs is back on it within seconds."""
    folder = settings_of(data=data).data / "status"
    with one_transaction(data) as (session, _):
        known = process_statuses.take_off(session, process, instance)
        known = status.forget(folder, process, instance) or known
        if not known:
            raise FieldError("instance", f"{process} {instance}", "one on the list", zh="列表中的一个进程实例")
        print_line(process=process, instance=instance)
