"""``anhu doctor``: checks an installation and says what is wrong and what to do."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from anhu.contract.clock import SystemClock
from app.checks import CHECKS, CheckResult, CheckVerdict
from app.cli.options import data_option, settings_of

_MARKS = {CheckVerdict.OK: "✓", CheckVerdict.WARNING: "!", CheckVerdict.FAILED: "✗"}


@click.command()
@data_option
@click.option("--port", type=int, help="HTTP port of the running platform.")
@click.option("--mqtt-port", type=int, help="MQTT port of the running platform.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(data: Path | None, port: int | None, mqtt_port: int | None, *, as_json: bool) -> None:
    """Check an installation; exit code 1 when something is broken."""
    settings = settings_of(data=data, port=port, mqtt_port=mqtt_port)
    clock = SystemClock()
    findings = [finding for check in CHECKS for finding in check(settings, clock)]
    if as_json:
        click.echo(json.dumps([f._asdict() for f in findings], ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(_line(finding))
    sys.exit(1 if any(f.verdict is CheckVerdict.FAILED for f in findings) else 0)


def _line(finding: CheckResult) -> str:
    line = f"{_MARKS[finding.verdict]} {finding.what:<20} {finding.detail}"
    return f"{line}\n  {'':<20} -> {finding.advice}" if finding.advice else line
