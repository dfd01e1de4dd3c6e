"""``anhu up``: the whole platform in one process tree."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import click

from api.setup_code import SetupCode
from app import data_folder, ports
from app.clear_text import in_the_clear
from app.cli.options import data_option, settings_of
from app.demo.greeting import demo_settings, login_lines, receiver_ports
from app.settings import TLS_PORTS, Settings
from app.supervisor import Supervisor, child_environment, own_command

log = logging.getLogger(__name__)

_PATIENCE_S = 60.0
"""So often it is said that something is not ready; a busy machine can take minutes."""


@click.command()
@data_option
@click.option("--host", help="Address on which pages, API and MQTT listen. [ANHU_HOST; 127.0.0.1]")
@click.option("--port", type=int, help="HTTP port. [ANHU_PORT; 8080]")
@click.option("--mqtt-port", type=int, help="MQTT port of the front door. [ANHU_MQTT_PORT; 1883]")
@click.option("--tcp-port", type=int, help="Port of the TCP door; 0 closes it. [ANHU_TCP_PORT; 0]")
@click.option("--push-port", type=int, help="HTTP port for vendors' clouds. [ANHU_PUSH_PORT; none, 8098 in the demo]")
@click.option("--demo/--no-demo", default=False, help="Add 60 made-up residents and a looping script of events.")
def up(*, demo: bool, **given: Any) -> None:  # noqa: ANN401 - click hands over each option of its own type
    """Start everything, and keep it running until Ctrl-C.

    All data stays in one folder; the next start goes on where this one ended.
    """
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname).1s up         %(message)s"
    )
    settings = demo_settings(settings_of(**given)) if demo else settings_of(**given)
    data_folder.make_private(settings.data)
    held = data_folder.hold(settings.data, "up")
    _check_ports(settings, demo=demo)
    for found in in_the_clear(settings):
        log.warning("%s: %s -> %s", found.what, found.detail, found.advice)
    if settings.health_port:
        log.warning("ANHU_HEALTH_PORT is for `anhu run`, one process; here /metrics of the pages has them all")
    environment = child_environment(replace(settings, health_port=0).environment())
    # In a process of its own: what migrating needs must not stay in the supervisor's memory.
    for preparation in ("migrate", "fill-demo") if demo else ("migrate",):
        if subprocess.run(own_command("admin", preparation), env=environment, check=False).returncode:  # noqa: S603 - ourselves
            sys.exit(1)
    supervisor = Supervisor(
        {name: own_command("run", name, "--follow-stdin") for name in process_names(demo=demo)}, environment
    )
    supervisor.start()
    if _wait_until_ready(settings, supervisor):
        click.echo(_greeting(settings, demo=demo))
    supervisor.watch()
    held.close()


def process_names(*, demo: bool) -> list[str]:
    """Return which processes an installation needs, in starting order."""
    names = ["gateway", "ingest", "alerts", "dispatcher", "api", "watcher"]
    return [*names, "demo"] if demo else names


def _check_ports(settings: Settings, *, demo: bool) -> None:
    receivers = receiver_ports(settings).values() if demo else ()
    for port in (settings.port, *receivers):
        ports.check_free(settings.host, port, variable="ANHU_PORT", option="--port")
    for name in ("mqtt_port", "mqtt_ws_port", "push_port", "tcp_port", *TLS_PORTS):
        if port := getattr(settings, name):
            option = "--" + name.replace("_tls", "").replace("_", "-")
            ports.check_free(settings.host, port, variable=f"ANHU_{name.upper()}", option=option)


def _wait_until_ready(settings: Settings, supervisor: Supervisor) -> bool:
    """Return whether everything answers, once it does or is told to stop; what takes long is said."""
    wanted = [p for p in (settings.port, settings.mqtt_port, settings.push_port) if p]
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    said_s = time.monotonic()
    while closed := [p for p in wanted if not ports.is_open(host, p)]:
        supervisor.look()
        if supervisor.stopping:
            return False
        if time.monotonic() - said_s > _PATIENCE_S:
            said_s = time.monotonic()
            log.warning("not ready yet: nobody answers at port %s; waiting on", ", ".join(map(str, closed)))
        time.sleep(0.1)
    return True


def _first_user(settings: Settings) -> list[str]:
    """Return how the first user is made; nothing when there is one."""
    setup = SetupCode(settings.data)
    if not (code := setup.read()):
        return []
    return [
        "",
        f"  First user: open {settings.base_url}/login, setup code {code} (also in {setup.path}),",
        f"  or: anhu admin create-user --data {settings.data} --role admin --login NAME",
    ]


def _doors(settings: Settings) -> list[str]:
    """Return the addresses of all doors that are open."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    doors = (
        ("MQTT", settings.mqtt_port, f"{host}:{{}}"),
        ("MQTT with TLS", settings.mqtt_tls_port, f"{host}:{{}}"),
        ("MQTT with old TLS", settings.mqtt_old_tls_port, f"{host}:{{}}"),
        ("MQTT in WebSocket", settings.mqtt_ws_port, f"ws://{host}:{{}}/mqtt"),
        ("MQTT in WebSocket, TLS", settings.mqtt_wss_port, f"wss://{host}:{{}}/mqtt"),
        ("TCP ([3G*…], JT/T 808, HL7 MLLP)", settings.tcp_port, f"{host}:{{}}"),
        ("HTTP push", settings.push_port, f"http://{host}:{{}}/push/PRODUCT"),
        ("HTTPS push", settings.push_tls_port, f"https://{host}:{{}}/push/PRODUCT"),
    )
    return [f"  {name}: {address.format(port)}" for name, port, address in doors if port]


def _greeting(settings: Settings, *, demo: bool) -> str:
    lines = ["", f"  安护 Anhu is up: {settings.base_url}", *_doors(settings), f"  API: {settings.base_url}/docs"]
    if demo:
        lines += ["", *login_lines(settings)]
    else:
        lines += _first_user(settings)
    return "\n".join([*lines, "", "  Ctrl-C stops it; data stays in " + str(settings.data), ""])
