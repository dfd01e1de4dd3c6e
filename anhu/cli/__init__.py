"""The ``anhu`` command: one file per group of subcommands."""

from __future__ import annotations

import click

from anhu.cli.accuracy import accuracy
from anhu.cli.admin import admin
from anhu.cli.dashboards import dashboards
from anhu.cli.deadletters import deadletters
from anhu.cli.docs import docs
from anhu.cli.doctor import doctor
from anhu.cli.replay import replay
from anhu.cli.run import run
from anhu.cli.simulate import simulate
from anhu.cli.up import up


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="anhu")
def anhu() -> None:
    """安护 Anhu: watch over old people at home and in care homes, from device to doctor."""


for command in (up, run, admin, simulate, doctor, deadletters, replay, accuracy, dashboards, docs):
    anhu.add_command(command)
