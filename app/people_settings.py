"""What an installation may decide about people: the key of identity numbers, usual telephone numbers, their time."""

from __future__ import annotations

from dataclasses import dataclass, field

from anhu.contract.errors import SettingsError
from anhu.contract.settings import Secret, says
from anhu.registry.identity_vault import IdentityVault
from anhu.registry.phones import REGIONS
from anhu.registry.time_zones import EXPECTED, is_time_zone


@dataclass(frozen=True, kw_only=True)
class PeopleSettings:
    """A part of the installation's settings."""

    identity_key: Secret = field(
        default=Secret(""),
        metadata=says(
            "32 bytes in base64 that lock identity numbers away; empty means the file identity.key in the data folder",
            "锁存身份证号的密钥（32 字节，base64）；空则为数据文件夹中的 identity.key 文件",
        ),
    )
    phone_region: str = field(
        default="CN",
        metadata=says(
            "country (ISO 3166) whose telephone numbers need no country code",
            "不写国家代码的电话号码所属的国家或地区（ISO 3166）",
        ),
    )

    time_zone: str = field(
        default="Asia/Shanghai", metadata=says("time zone in which people read times", "人们阅读时间所用的时区")
    )

    def __post_init__(self) -> None:
        if not is_time_zone(self.time_zone):
            raise SettingsError("ANHU_TIME_ZONE", self.time_zone, EXPECTED)
        if self.phone_region not in REGIONS:
            raise SettingsError("ANHU_PHONE_REGION", self.phone_region, "a country's two letters, such as CN or DE")
        if self.identity_key:
            IdentityVault.from_text(self.identity_key)
