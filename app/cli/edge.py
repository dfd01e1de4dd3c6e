"""``anhu edge``: the gateway of one care home, in one process."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path

import click

from anhu.contract.clock import SystemClock
from anhu.contract.errors import SettingsError
from anhu.contract.settings import Secret
from app import data_folder
from app.edge.process import Edge
from app.edge.settings import EdgeSettings

_MIB = 1_024**2


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=Path("anhu-edge-data"), show_default=True)
@click.option("--centre", "centre_url", required=True, envvar="ANHU_EDGE_CENTRE", help="mqtts://host:8883")
@click.option("--devices", type=click.Path(path_type=Path), required=True, help="File of `anhu admin edge-devices`.")
@click.option("--secret-file", type=click.Path(path_type=Path), required=True, help="File with the edge's own secret.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address for devices and the page.")
@click.option("--mqtt-port", default=1883, show_default=True)
@click.option("--port", default=8090, show_default=True, help="Port of the house's page.")
@click.option("--disk-mib", default=4_096, show_default=True, help="Disk for what waits; calls are never dropped.")
@click.option("--wait-s", default=10.0, show_default=True, help="The house is told after so long without the centre.")
@click.option("--hook", default="", help="Address in the house that is told, by POST.")
@click.option("--hook-secret", default="", envvar="ANHU_EDGE_HOOK_SECRET", help="What signs it.")
@click.option("--sound", default="", help="A program that makes a sound: 'aplay alarm.wav'.")
@click.option("--password", default="", envvar="ANHU_EDGE_PASSWORD", help="Of the page, where others reach it.")
def edge(data: Path, secret_file: Path, disk_mib: int, **given: str | float | Path) -> None:
    """Take the devices of a care home, keep everything while the line is down, and call for help in the house."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname).1s edge       %(message)s")
    for chatty in ("httpx", "httpcore", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    for name in ("password", "hook_secret"):
        given[name] = Secret(str(given[name]))
    try:
        secret = Secret(secret_file.read_text("utf-8").strip())
    except OSError as error:
        raise SettingsError("secret-file", str(secret_file), f"a file that can be read ({error.strerror})") from None
    settings = EdgeSettings(data=data, secret=secret, log_max_bytes=disk_mib * _MIB, **given)  # type: ignore[arg-type]  # click has checked each
    data_folder.make_private(settings.data)
    with data_folder.hold(settings.data, "edge"):
        asyncio.run(_run(settings))


async def _run(settings: EdgeSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    await Edge(settings, SystemClock()).run(stop)
