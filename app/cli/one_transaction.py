"""What a command does to the registry: all of it or nothing, and on record."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.orm import Session

from anhu.contract.clock import SystemClock
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.migrations import upgrade
from anhu.registry.tables import Audit
from app import data_folder
from app.cli.options import settings_of


@contextmanager
def one_transaction(data: Path | None) -> Iterator[tuple[Session, int]]:
    """Open one transaction on the installation's database, brought to its newest form."""
    settings = settings_of(data=data)
    if not settings.data.exists():
        click.echo(f"anhu: {settings.data.absolute()} is new; for another folder, pass its --data", err=True)
    data_folder.make_private(settings.data)
    upgrade(settings.database)
    sessions = open_sessions(settings.database)
    now_ms = SystemClock().now_ms()
    try:
        with sessions.begin() as session:
            yield session, now_ms
            command = click.get_current_context().command_path.partition("admin ")[2]
            session.add(Audit(at_ms=now_ms, user_id="", action=f"cli.{command}"[:64], address=shell_user()))
    finally:
        close_sessions(sessions)


def shell_user() -> str:
    """Return who of the machine's users ran the command, for the audit."""
    return f"shell:{getpass.getuser()}"[:64]
