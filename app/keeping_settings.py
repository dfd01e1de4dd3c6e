"""What an installation may decide about how long, and how much, is kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from anhu.contract.errors import SettingsError
from anhu.contract.settings import PREFIX, says

KEPT = ("keep_readings_d", "keep_waveforms_d", "log_max_age_h", "log_max_bytes")
"""What must be above zero."""


@dataclass(frozen=True, kw_only=True)
class KeepingSettings:
    """A part of the installation's settings."""

    log_max_bytes: int = field(
        default=8_589_934_592,
        metadata=says(
            "size at which the LOG starts to drop what was read by all",
            "日志达到此大小后，开始丢弃所有读者都已读过的部分",
        ),
    )
    log_max_age_h: int = field(
        default=168,
        metadata=says("age at which the LOG drops what was read by all", "所有读者都已读过的日志保留的时长"),
    )
    keep_readings_d: int = field(
        default=730,
        metadata=says("days that the embedded store keeps numbers and events", "内嵌存储保留数值与事件的天数"),
    )
    keep_waveforms_d: int = field(
        default=90, metadata=says("days that waveforms are kept, in every store", "各存储保留波形的天数")
    )


def check_above_zero(settings: object, *names: str) -> None:
    """Raise `SettingsError` for the first of these that is not."""
    for name in names:
        if getattr(settings, name) <= 0:
            raise SettingsError(PREFIX + name.upper(), getattr(settings, name), "a number above 0")
