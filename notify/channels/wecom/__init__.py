"""WeCom (企业微信): the robot of a group, or a person by the installation's own app."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from anhu.contract.errors import FieldError, SettingsError
from anhu.contract.settings import Secret, says, variable
from anhu.registry.contact_form import ContactForm, Words
from notify.callback_reader import CallbackReader
from notify.channel_type import Capabilities, ChannelType, Shows
from notify.provider import not_own, robot_of, server_of, shown_address

USER = "user:"
ANSWERS = ("acknowledge", "on_the_way", "cannot")
"""What the buttons of a card say."""
SPLIT = "|"
"""Between what a button says and the message that it is on."""
_ROBOT_PATH = "/cgi-bin/webhook/send"
_USER = re.compile(r"user:[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
_KEY = re.compile(r"[A-Za-z0-9-]{6,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeComSettings:
    """The installation's own app; robots need none of it."""

    wecom_api: str = field(
        default="https://qyapi.weixin.qq.com",
        metadata=says("address of WeCom's interface", "企业微信接口的地址"),
    )
    wecom_corp_id: str = field(
        default="", metadata=says("corp id at WeCom; empty: only robots", "企业微信的企业 ID；空则只有群机器人")
    )
    wecom_agent_id: int = field(default=0, metadata=says("agent id of the app at WeCom", "企业微信应用的 AgentId"))
    wecom_app_secret: Secret = field(
        default=Secret(""), metadata=says("secret of the app at WeCom", "企业微信应用的 Secret")
    )

    wecom_callback_token: Secret = field(
        default=Secret(""),
        metadata=says(
            "token of the app's callbacks at WeCom; cards then have buttons",
            "企业微信应用回调的 Token；设置后卡片带按钮",
        ),
    )
    wecom_callback_aes_key: Secret = field(
        default=Secret(""),
        metadata=says("EncodingAESKey of the app's callbacks at WeCom", "企业微信应用回调的 EncodingAESKey"),
    )

    @property
    def has_buttons(self) -> bool:
        """Whether WeCom can tell us that a button was pressed."""
        return bool(self.wecom_callback_token and self.wecom_callback_aes_key)

    def __post_init__(self) -> None:
        if self.wecom_corp_id and not self.wecom_agent_id:
            raise SettingsError(variable("wecom_agent_id"), self.wecom_agent_id, "the app's number at WeCom")


def check_address(address: str) -> None:
    """Raise `FieldError` for what is neither a robot nor a person."""
    if not (_USER.fullmatch(address) or _is_robot(address)):
        raise FieldError(
            "address",
            shown_address(address),
            "a robot's webhook address, or user: and a member's account",
            zh="群机器人的 Webhook 地址，或 user: 加成员账号",
        )


def _is_robot(address: str) -> bool:
    try:
        url = urlsplit(robot_of(address).url)
        key = parse_qs(url.query).get("key", [""])[0]
    except ValueError:
        return False
    return url.scheme in {"http", "https"} and url.path == _ROBOT_PATH and bool(_KEY.fullmatch(key))


def _refuses(settings: WeComSettings, address: str) -> Words | None:
    return not_own(
        address,
        settings.wecom_api,
        app_is_set_up=bool(settings.wecom_corp_id),
        app_setting=variable("wecom_corp_id"),
        is_person=address.startswith(USER),
    )


def _callbacks(settings: WeComSettings) -> CallbackReader | None:
    from notify.channels.wecom.callbacks import WeComCalls  # noqa: PLC0415 - cryptography is only for who is called

    if settings.has_buttons and not _AES_KEY.fullmatch(settings.wecom_callback_aes_key):
        raise SettingsError(variable("wecom_callback_aes_key"), "…", "the 43 letters and digits that WeCom shows")
    return WeComCalls(settings) if settings.has_buttons else None


CHANNEL = ChannelType(
    name="wecom",
    settings=WeComSettings,
    server=lambda settings: server_of(settings.wecom_api) if settings.wecom_corp_id else None,
    capabilities=Capabilities(
        shows=Shows.LINKS,
        longest_text=None,
        longest_bytes=2_048,
        answerable=False,
        receipts=frozenset(),
        per_minute=20,
    ),
    form=ContactForm(
        title=Words("企业微信", "WeCom"),
        label=Words("群机器人地址或成员", "Robot's address or member"),
        hint=Words(
            "群机器人的 Webhook 地址，可在末尾加 #手机号,@all 提醒成员；或 user:成员账号",
            "A group robot's webhook address, with #phone,@all at its end for whom it names; or user: and an account",
        ),
        kind="text",
        check=check_address,
        has_secret=False,
        shown=shown_address,
    ),
    refuses=_refuses,
    callbacks=_callbacks,
)
