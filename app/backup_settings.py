"""What an installation may decide about its backups."""

from __future__ import annotations

from dataclasses import dataclass, field

from anhu.contract.errors import SettingsError
from anhu.contract.settings import says


@dataclass(frozen=True, kw_only=True)
class BackupSettings:
    """A part of the installation's settings."""

    backup_max_age_h: int = field(
        default=48,
        metadata=says(
            "hours after which `anhu doctor` misses a new backup; 0: it does not ask",
            "备份超过多少小时后 `anhu doctor` 提醒；0 表示不检查",
        ),
    )

    def check_backups(self) -> None:
        """Raise `SettingsError` for an age that none can have."""
        if self.backup_max_age_h < 0:
            raise SettingsError("ANHU_BACKUP_MAX_AGE_H", self.backup_max_age_h, "a number of hours, or 0")
