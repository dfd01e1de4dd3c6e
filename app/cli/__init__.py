"""The ``anhu`` command: one file per group of subcommands, read only when it is called.

Every process of an installation is such a command: what it does not need would cost it seconds to start and memory for
as long as it runs.
"""

from __future__ import annotations

from importlib import import_module

import click

from anhu import __version__

_NAMES = (
    "up",
    "run",
    "admin",
    "edge",
    "log",
    "simulate",
    "doctor",
    "backup",
    "restore",
    "deadletters",
    "erase",
    "replay",
    "codec",
    "accuracy",
    "dashboards",
    "docs",
)


class _Commands(click.Group):
    """Finds a subcommand in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the same for everybody
        """Return every subcommand, the everyday ones first."""
        return list(_NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        """Import a subcommand."""
        if cmd_name not in _NAMES:
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{cmd_name}"), cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def anhu() -> None:
    """安护 Anhu: watch over old people at home and in care homes, from device to doctor."""
