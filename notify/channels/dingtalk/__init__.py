"""DingTalk (钉钉): the robot of a group, or a person by the robot of the installation's own app."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from anhu.contract.errors import FieldError, SettingsError
from anhu.contract.settings import Secret, says, variable
from anhu.registry.contact_form import ContactForm, Words
from notify.channel_type import Capabilities, ChannelType, Shows
from notify.provider import not_own, robot_of, server_of, shown_address

USER = "user:"
_ROBOT_PATH = "/robot/send"
_USER = re.compile(r"user:[A-Za-z0-9][A-Za-z0-9_.@$-]{0,63}")
_TOKEN = re.compile(r"[A-Za-z0-9-]{6,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DingTalkSettings:
    """The installation's own app; robots of groups need none of it."""

    dingtalk_robot_api: str = field(
        default="https://oapi.dingtalk.com",
        metadata=says("address of DingTalk's interface for group robots", "钉钉群机器人接口的地址"),
    )
    dingtalk_api: str = field(
        default="https://api.dingtalk.com",
        metadata=says("address of DingTalk's interface for apps", "钉钉应用接口的地址"),
    )
    dingtalk_app_key: str = field(
        default="", metadata=says("app key at DingTalk; empty: only robots", "钉钉应用的 AppKey；空则只有群机器人")
    )
    dingtalk_app_secret: Secret = field(
        default=Secret(""), metadata=says("secret of the app at DingTalk", "钉钉应用的 AppSecret")
    )
    dingtalk_robot_code: str = field(
        default="", metadata=says("code of the app's robot at DingTalk", "钉钉应用机器人的 robotCode")
    )

    def __post_init__(self) -> None:
        if self.dingtalk_app_key and not self.dingtalk_robot_code:
            raise SettingsError(variable("dingtalk_robot_code"), "", "the code of the app's robot")


def check_address(address: str) -> None:
    """Raise `FieldError` for what is neither a robot nor a person."""
    if not (_USER.fullmatch(address) or _is_robot(address)):
        raise FieldError(
            "address",
            shown_address(address),
            "a robot's webhook address, or user: and a member's userId",
            zh="群机器人的 Webhook 地址，或 user: 加成员 userId",
        )


def check_secret(secret: str) -> None:
    """Raise `FieldError` for what cannot sign."""
    if not secret.isprintable() or " " in secret:
        raise FieldError("secret", "…", "the robot's secret, which begins with SEC", zh="机器人的加签密钥（SEC 开头）")


def _is_robot(address: str) -> bool:
    try:
        url = urlsplit(robot_of(address).url)
        token = parse_qs(url.query).get("access_token", [""])[0]
    except ValueError:
        return False
    return url.scheme in {"http", "https"} and url.path == _ROBOT_PATH and bool(_TOKEN.fullmatch(token))


def _refuses(settings: DingTalkSettings, address: str) -> Words | None:
    return not_own(
        address,
        settings.dingtalk_robot_api,
        app_is_set_up=bool(settings.dingtalk_app_key),
        app_setting=variable("dingtalk_app_key"),
        is_person=address.startswith(USER),
    )


CHANNEL = ChannelType(
    name="dingtalk",
    settings=DingTalkSettings,
    server=lambda settings: server_of(settings.dingtalk_api) if settings.dingtalk_app_key else None,
    capabilities=Capabilities(
        shows=Shows.LINKS,
        longest_text=None,
        longest_bytes=4_000,
        answerable=False,
        receipts=frozenset(),
        per_minute=20,
    ),
    form=ContactForm(
        title=Words("钉钉", "DingTalk"),
        label=Words("群机器人地址或成员", "Robot's address or member"),
        hint=Words(
            "群机器人的 Webhook 地址，可在末尾加 #手机号,@all 提醒成员；或 user:成员 userId",
            "A group robot's webhook address, with #phone,@all at its end for whom it names; or user: and a userId",
        ),
        kind="text",
        check=check_address,
        has_secret=False,
        asks_secret=Words("加签密钥（SEC 开头）", "Secret of the robot's signature (begins with SEC)"),
        check_secret=check_secret,
        shown=shown_address,
    ),
    refuses=_refuses,
)
