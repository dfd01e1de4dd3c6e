"""Options that several subcommands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from app.settings import Settings, from_environment

F = TypeVar("F", bound=Callable[..., Any])


def data_option(command: F) -> F:
    """Add ``--data DIR``."""
    return click.option(
        "--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder. [ANHU_DATA; ./anhu-data]"
    )(command)


def settings_of(**given: object) -> Settings:
    """Return the settings of the environment, overruled by the options that were given."""
    return from_environment(os.environ, **given)
