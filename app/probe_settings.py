"""What an installation may decide about its probes: where a process is asked whether it is alive, ready, and well."""

from __future__ import annotations

from dataclasses import dataclass, field

from anhu.contract.errors import SettingsError
from anhu.contract.settings import says

_MOST_CHARS = 63


@dataclass(frozen=True, kw_only=True)
class ProbeSettings:
    """A part of the installation's settings."""

    health_host: str = field(
        default="127.0.0.1",
        metadata=says(
            "address on which each process answers /healthz, /readyz and /metrics",
            "各进程应答 /healthz、/readyz 与 /metrics 的地址",
        ),
    )
    health_port: int = field(
        default=0,
        metadata=says(
            "their port for `anhu run`, without a login: of the inner network; 0 closes it",
            "其端口（用于 `anhu run`，无需登录，仅供内网）；0 表示关闭",
        ),
    )
    instance: str = field(
        default="",
        metadata=says(
            "name of this process among its like; empty: the machine's name and a mark of the data folder",
            "本进程在同类进程中的名称；空则为机器名加数据文件夹的标记",
        ),
    )

    def check_instance(self) -> None:
        """Raise `SettingsError` for a name that is no label."""
        usable = all(c.isascii() and (c.isalnum() or c in "-._") for c in self.instance)
        if not usable or len(self.instance) > _MOST_CHARS:
            raise SettingsError("ANHU_INSTANCE", self.instance, "letters, digits, dots and dashes, 63 at most")
