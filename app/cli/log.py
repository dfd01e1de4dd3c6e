"""``anhu log``: the LOG in Kafka is made once, on purpose."""

from __future__ import annotations

from pathlib import Path

import click

from anhu.contract.errors import SettingsError
from app import wiring
from app.cli.options import data_option, settings_of


@click.group()
def log() -> None:
    """Make the LOG in Kafka."""


@log.command()
@data_option
@click.option("--if-missing", is_flag=True, help="Leave a topic that is there as it is, if its partitions fit.")
def create(data: Path | None, *, if_missing: bool) -> None:
    """Make the topic with the partitions, copies and hours of the ANHU_KAFKA_… settings.

    Nothing makes it by the way: an empty LOG in place of a lost one must be somebody's decision.
    """
    from anhu.log.kafka.topic import check_partitions, make_topic  # noqa: PLC0415 - the client is large

    settings = settings_of(data=data)
    if settings.log != "kafka":
        raise SettingsError("ANHU_LOG", settings.log, "kafka: the embedded LOG makes itself")
    own = wiring.kafka_settings(settings)
    try:
        make_topic(own, copies=settings.kafka_copies, keep_h=settings.kafka_keep_h)
    except FileExistsError as error:
        check_partitions(own)
        if not if_missing:
            raise click.ClickException(str(error)) from None
        click.echo(f"{error}: left as it is")
        return
    click.echo(f"made topic {own.topic}: {own.partitions} partitions, {settings.kafka_copies} copies of each")
