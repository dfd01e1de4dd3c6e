"""How often the platform calls itself, and who outside is told that it arrived."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from anhu.contract.errors import SettingsError
from anhu.contract.settings import Secret, says


@dataclass(frozen=True, slots=True, kw_only=True)
class WatcherSettings:
    """What an installation may decide about its watcher."""

    heartbeat_s: int = field(
        default=60,
        metadata=says(
            "seconds between the test calls that the platform makes of itself; 0: none",
            "平台自检呼叫的间隔秒数；0 表示不自检",
        ),
    )
    deadman_url: Secret = field(
        default=Secret(""),
        metadata=says(
            "a health-check address outside that is asked after each test call that arrived; it calls when nobody asks",
            "外部健康检查地址：每次自检成功后访问；若长时间无人访问，由对方报警",
        ),
    )

    def __post_init__(self) -> None:
        if self.heartbeat_s < 0:
            raise SettingsError("ANHU_HEARTBEAT_S", self.heartbeat_s, "0 for none, or seconds")
        try:
            url = urlsplit(self.deadman_url)
            usable = not self.deadman_url or (url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0)
        except ValueError:
            usable = False
        if not usable:
            raise SettingsError("ANHU_DEADMAN_URL", "***", "an http or https address")
