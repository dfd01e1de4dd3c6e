"""Settings of the route through a broker that is already there."""

from __future__ import annotations

from dataclasses import dataclass, field

from anhu.contract.settings import Secret, says


@dataclass(frozen=True, kw_only=True)
class BrokerRouteSettings:
    """Part of an installation's settings."""

    broker_url: Secret = field(
        default=Secret(""),
        metadata=says(
            "a broker that is already there: mqtt://user:password@host:1883",
            "已有的 MQTT 代理：mqtt://用户:口令@主机:1883",
        ),
    )
    broker_bindings: str = field(
        default="",
        metadata=says(
            "devices of broker topics that name none: zigbee2mqtt/#=home-1,other/#=home-2",
            "主题中未指明设备时归属的设备：zigbee2mqtt/#=home-1,other/#=home-2",
        ),
    )
    broker_shuts_out: bool = field(
        default=False,
        metadata=says(
            "shut revoked devices out of that broker too, through Mosquitto's dynamic security",
            "停用的设备同时在该代理上停用（Mosquitto 动态安全插件）",
        ),
    )
