"""What a command prints for programs: one line of JSON."""

from __future__ import annotations

import json

import click


def print_line(**fields: object) -> None:
    """Print fields as one line."""
    click.echo(json.dumps(fields, ensure_ascii=False))
