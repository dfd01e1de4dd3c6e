"""What `anhu doctor` says of backups: how old is the last?."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from anhu.contract.clock import HOUR_MS, Clock
from app.backup.errors import BackupError
from app.backup.last import last_backup
from app.backup.manifest import read
from app.check_result import CheckResult, CheckVerdict
from app.settings import Settings


def backups(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    """Say when the last backup was made, if that is asked for."""
    if not settings.backup_max_age_h or not settings.data.is_dir():
        return
    advice = "run `anhu backup FOLDER` (every night, by cron), and `anhu backup --check FOLDER`"
    last = last_backup(settings.data)
    if last is None:
        yield CheckResult(CheckVerdict.WARNING, "backup", "none was ever made of this installation", advice)
        return
    age_h = (clock.now_ms() - last.made_at_ms) / HOUR_MS
    is_old = age_h > settings.backup_max_age_h
    verdict = CheckVerdict.WARNING if is_old else CheckVerdict.OK
    yield CheckResult(verdict, "backup", f"{age_h:.0f} h old, {last.folder}", advice if is_old else "")
    try:
        read(Path(last.folder))
    except BackupError as error:
        yield CheckResult(
            CheckVerdict.WARNING, "backup", f"the last is not there any more: {error}", "if it was moved: fine"
        )
