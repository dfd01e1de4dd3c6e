"""What an installation may decide about several front doors behind one balancer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from anhu.contract.errors import SettingsError
from anhu.contract.settings import says

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,60}")
_MOST_DRAIN_S = 600
DEVICE_PORTS = {"mqtt": 1883, "mqtts": 8883}
"""Schemes of the doors at which the platform knocks by itself, with their usual ports."""


@dataclass(frozen=True, kw_only=True)
class SharedDoorSettings:
    """Part of an installation's settings."""

    door: str = field(
        default="",
        metadata=says(
            "name of this gateway among several that share one database; empty: it is the only one",
            "多个网关共用一个数据库时，本网关的名称；空表示只有这一个网关",
        ),
    )
    drain_s: int = field(
        default=0,
        metadata=says(
            "seconds over which a gateway that ends sends its devices away, so that they do not all come back at once",
            "网关停止时用多少秒陆续断开设备，避免设备同时重连",
        ),
    )

    device_door: str = field(
        default="",
        metadata=says(
            "MQTT door that heartbeat and drills call through: mqtt://balancer:1883, or mqtts:// with "
            "ANHU_TLS_CERTIFICATE as what is trusted; empty: this machine's own",
            "平台自检与演练呼叫所用的 MQTT 入口：mqtt://balancer:1883，"
            "或 mqtts://（信任 ANHU_TLS_CERTIFICATE 所指证书）；空则为本机入口",
        ),
    )

    def check_shared_doors(self) -> None:
        """Raise `SettingsError` for a name that is none, and for a drain that no orchestrator waits for."""
        if self.door and not _NAME.fullmatch(self.door):
            raise SettingsError("ANHU_DOOR", self.door, "small letters, digits, dots and hyphens: door-1")
        if not 0 <= self.drain_s <= _MOST_DRAIN_S:
            raise SettingsError("ANHU_DRAIN_S", self.drain_s, f"0 to {_MOST_DRAIN_S}")
        if self.device_door and not _is_door(self.device_door):
            raise SettingsError("ANHU_DEVICE_DOOR", self.device_door, "mqtt://HOST:PORT or mqtts://HOST:PORT")


def _is_door(text: str) -> bool:
    try:
        url = urlsplit(text)
        is_bare = not (url.username or url.path.strip("/") or url.query)
        return url.scheme in DEVICE_PORTS and bool(url.hostname) and url.port != 0 and is_bare
    except ValueError:
        return False
