"""``anhu admin import``: a sheet of residents or devices, tried, and with ``--write`` written."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from anhu.contract.csv_text import csv_file
from anhu.contract.words import LANGUAGES, text
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.imports.device_rows import judge_devices
from anhu.registry.imports.faults_file import faults_table
from anhu.registry.imports.resident_rows import judge_residents
from anhu.registry.imports.trying import AnyJudged, Attempt, attempt
from app import data_folder, identity_key
from app.cli.one_transaction import one_transaction, shell_user
from app.cli.options import data_option, settings_of
from app.settings import Settings
from gateway.codecs import discover

_SHOWN = 20


@click.command("import")
@data_option
@click.argument("what", type=click.Choice(["residents", "devices"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--write", is_flag=True, help="Write it, if no row is faulty; without it, it is only tried.")
@click.option("--faults", type=click.Path(path_type=Path), help="Where the faulty rows go, with what is wrong (CSV).")
@click.option("--secrets", type=click.Path(path_type=Path), help="Where the secrets of new devices go (CSV).")
@click.option("--language", default="zh-CN", type=click.Choice(LANGUAGES))
def import_sheet(
    *, data: Path | None, what: str, file: Path, write: bool, faults: Path | None, secrets: Path | None, language: str
) -> None:
    """Read a CSV or XLSX of residents (with family) or devices; all of it is written, or nothing."""
    if write and what == "devices" and secrets is None:
        raise click.UsageError("give --secrets FILE: what new devices log in with is kept nowhere else")
    settings = settings_of(data=data)
    content = file.read_bytes()
    judged = _judged(settings, what, content, language)
    with one_transaction(data) as (session, now_ms):
        sessions = open_sessions(settings.database)
        data_folder.make_private(settings.data)
        vault = identity_key.vault(settings, sessions)
        close_sessions(sessions)
        found = attempt(session, judged, vault, said=lambda one: one.said(language), today=_today(settings))
        is_written = write and not found.errors
        if is_written:
            digest = hashlib.sha256(content).hexdigest()[:32]
            issued = found.write(session, now_ms, {"user_id": "", "address": shell_user(), "object_id": digest})
            if secrets is not None:
                _private(secrets, csv_file(["device_id", "secret"], list(issued.items())))
    if faults is not None:
        headings, rows = faults_table(judged.sheet, found.errors, text("import_file.error", language))
        _private(faults, csv_file(headings, rows))
    _say(judged, found, is_written=is_written)


def _judged(settings: Settings, what: str, content: bytes, language: str) -> AnyJudged:
    if what == "devices":
        return judge_devices(content, language=language, codecs=frozenset(discover()))
    return judge_residents(content, language=language, today=_today(settings), region=settings.phone_region)


def _today(settings: Settings) -> date:
    return datetime.now(ZoneInfo(settings.time_zone)).date()


def _private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def _say(judged: AnyJudged, found: Attempt, *, is_written: bool) -> None:
    for error in found.errors[:_SHOWN]:
        click.echo(f"row {error.line}: {error.said}", err=True)
    faulty = len({one.line for one in found.errors})
    told = {"rows": len(judged.sheet.rows), **found.counts, "faulty": faulty, "written": is_written}
    click.echo(json.dumps(told, ensure_ascii=False))
    if faulty:
        raise SystemExit(1)
