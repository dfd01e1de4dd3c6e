"""``anhu doctor``: checks an installation and says what is wrong and what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from anhu.contract.clock import Clock, SystemClock
from app import status
from app.check_result import CheckResult, CheckVerdict
from app.checks import CHECKS
from app.cli.options import data_option, settings_of
from app.drill import drill
from app.settings import Settings
from app.status_board import said_by_all

_MARKS = {CheckVerdict.OK: "✓", CheckVerdict.WARNING: "!", CheckVerdict.FAILED: "✗"}


@click.command()
@data_option
@click.option("--port", type=int, help="HTTP port of the running platform; found when left out.")
@click.option("--mqtt-port", type=int, help="MQTT port of the running platform; found when left out.")
@click.option(
    "--alarm",
    is_flag=False,
    flag_value="",
    metavar="[RESIDENT]",
    help="Instead, send a drill from a device to everybody who would be told of a call of this resident.",
)
@click.option("--wait", "wait_s", default=60.0, show_default=True, help="For how long, with --alarm. [s]")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(
    data: Path | None, port: int | None, mqtt_port: int | None, alarm: str | None, wait_s: float, *, as_json: bool
) -> None:
    """Check an installation; exit code 1 when something is broken.

    With --alarm: who got a test alarm, and when; exit code 1 when anybody did not. Every message says that it is a
    drill.
    """
    clock = SystemClock()
    running = _running_ports(settings_of(data=data), clock)
    settings = settings_of(data=data, port=port or running.get("api"), mqtt_port=mqtt_port or running.get("gateway"))
    if alarm is not None:
        drilled = drill(settings, alarm, clock, wait_s=wait_s)
        click.echo(json.dumps(drilled.as_json(), ensure_ascii=False) if as_json else "\n".join(drilled.lines()))
        sys.exit(0 if drilled.is_well else 1)
    findings = [finding for check in CHECKS for finding in check(settings, clock)]
    if as_json:
        click.echo(json.dumps([f._asdict() for f in findings], ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(_line(finding))
    sys.exit(1 if any(f.verdict is CheckVerdict.FAILED for f in findings) else 0)


def _running_ports(settings: Settings, clock: Clock) -> Mapping[str, int]:
    """Return process -> the port that it says it listens on: `anhu up` may have been told another than the settings."""
    said = said_by_all(settings, clock)
    fresh = [one for one in said if clock.now_ms() - one.at_ms < status.FRESH_MS]
    return {one.process: int(one.counters["port"]) for one in fresh if one.counters.get("port")}


def _line(finding: CheckResult) -> str:
    line = f"{_MARKS[finding.verdict]} {finding.what:<20} {finding.detail}"
    return f"{line}\n  {'':<20} -> {finding.advice}" if finding.advice else line
