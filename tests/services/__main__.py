"""`python -m tests.services`: make everything here that the tests need."""

from __future__ import annotations

import sys

import click

from tests.services.finding import ServiceMissingError
from tests.services.influxd_build import influxd_program
from tests.services.kafka_build import java
from tests.services.kustomize_build import KUSTOMIZE
from tests.services.packages import install_packages


def main() -> int:
    """Install what is missing; say what to do where that is not possible."""
    try:
        install_packages()
        influxd_program()
        KUSTOMIZE.path()
        java()
    except ServiceMissingError as error:
        click.echo(f"error: {error}", err=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
