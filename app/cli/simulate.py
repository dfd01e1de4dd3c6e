"""``anhu simulate``: devices as real MQTT clients, with ordinary days, recordings, emergencies, load and faults."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import click

from anhu.contract.errors import SettingsError
from app.cli.options import data_option, settings_of
from app.enrolment import enrol
from app.ports import is_open
from simulators.credential import Credential, read_credentials
from simulators.device import DeviceError
from simulators.faults import parse
from simulators.options import RunProgress, SimulateOptions, Summary
from simulators.run import simulate as run_simulation
from simulators.sources.scenarios import SCENARIOS


@click.command()
@data_option
@click.option("--host", help="The front door, or a broker. [127.0.0.1]")
@click.option("--port", type=int, help="Its port. [ANHU_MQTT_PORT; 1883]")
@click.option("--tls-ca", type=click.Path(exists=True, path_type=Path), help="Use TLS, trusting this authority.")
@click.option("--residents", default=1, show_default=True, help="How many residents, each with a wearable.")
@click.option("--prefix", default="sim", show_default=True, help="How made-up residents and devices are named.")
@click.option("--centre", help="Community centre of newly enrolled residents.")
@click.option("--device", help="An enrolled device to be, instead of made-up ones.")
@click.option("--secret", envvar="DEVICE_SECRET", help="Its secret; better in the variable DEVICE_SECRET.")
@click.option("--credentials", type=click.Path(exists=True, path_type=Path), help="CSV file of device_id,secret.")
@click.option("--scenario", default="", type=click.Choice(["", *SCENARIOS]), help="What happens.")
@click.option("--recording", type=click.Path(exists=True, path_type=Path), help="A recording to play.")
@click.option("--trial", type=int, help="Which trial of the recording; the first fall when left out.")
@click.option("--position", default="", help="Where the recording's sensor was worn.")
@click.option("--rate", default=0.0, help="Load: messages a second over all devices. [1/s]")
@click.option("--duration", default=0.0, help="End after so long. [s]")
@click.option("--speed", default=1.0, help="Story seconds told in a second.")
@click.option("--seed", default=1, show_default=True)
@click.option("--faults", default="", help="drop=0.01,duplicate=0.01,reorder=0.01,disconnect=0.001,delay_s=2,skew_s=60")
def simulate(
    *,
    data: Path | None,
    host: str | None,
    port: int | None,
    residents: int,
    prefix: str,
    centre: str | None,
    device: str | None,
    secret: str | None,
    credentials: Path | None,
    rate: float,
    duration: float,
    faults: str,
    **told: Any,  # noqa: ANN401 - named and typed by SimulateOptions
) -> None:
    """Be devices.

    Without --device or --credentials, made-up residents and devices are enrolled in the installation in --data.
    """
    settings = settings_of(data=data)
    where = (host or settings.host, port or settings.mqtt_port)
    if device:
        who: tuple[Credential, ...] = (Credential(device, _given(secret)),)
    elif credentials:
        who = read_credentials(credentials)
    else:
        _check_answers(*where)
        who = enrol(settings, residents, prefix=prefix, centre=centre)
    options = SimulateOptions(
        credentials=who,
        host=where[0],
        port=where[1],
        rate_per_s=rate,
        duration_s=duration,
        faults=parse(faults),
        **told,  # tls_ca, scenario, recording, trial, position, speed, seed
    )
    summary = asyncio.run(run_simulation(options, _show))
    click.echo(_told(summary))
    sys.exit(1 if summary.refused or summary.unanswered else 0)


def _check_answers(host: str, port: int) -> None:
    """Raise `DeviceError` before anybody is enrolled who could never report, and be called silent on a desk."""
    if not is_open(host, port):
        raise DeviceError(f"{host}:{port} cannot be reached: nobody was enrolled; is `anhu up` running?")


def _given(secret: str | None) -> str:
    if not secret:
        raise SettingsError("DEVICE_SECRET", "", "the device's secret, as printed by `anhu admin create-device`")
    return secret


def _show(progress: RunProgress) -> None:
    click.echo(
        f"\r{progress.elapsed_s:7.0f} s  {progress.devices} devices  "
        f"{progress.sent} sent  {progress.acknowledged} acknowledged",
        err=True,
        nl=False,
    )


def _told(summary: Summary) -> str:
    counts = f"{summary.sent} sent, {summary.acknowledged} acknowledged, {summary.unanswered} unanswered"
    lines = [
        "",
        f"{counts} in {summary.elapsed_s:.1f} s",
        f"answer p50 {summary.answer_p50_ms:.1f} ms, p99 {summary.answer_p99_ms:.1f} ms",
        *(f"refused: {reason}" for reason in summary.refused),
    ]
    return "\n".join(lines)
