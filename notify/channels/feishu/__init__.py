"""Feishu (飞书): the robot of a group, or a person by the installation's own app."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from anhu.contract.errors import FieldError
from anhu.contract.settings import Secret, says, variable
from anhu.registry.contact_form import ContactForm, Words
from notify.callback_reader import CallbackReader
from notify.channel_type import Capabilities, ChannelType, Shows
from notify.provider import not_own, robot_of, server_of, shown_address

_ROBOT_PATH = re.compile(r"/open-apis/bot/v2/hook/[A-Za-z0-9-]{6,64}")
ANSWERS = ("acknowledge", "on_the_way", "cannot")
"""What the buttons of a card say."""
PERSON = re.compile(r"(?P<kind>user|open|email):(?P<name>[A-Za-z0-9][A-Za-z0-9_.@+-]{0,99})")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeishuSettings:
    """The installation's own app; robots need none of it."""

    feishu_api: str = field(
        default="https://open.feishu.cn",
        metadata=says("address of Feishu's interface; of Lark: https://open.larksuite.com", "飞书接口的地址"),
    )
    feishu_app_id: str = field(
        default="", metadata=says("app id at Feishu; empty: only robots", "飞书应用的 App ID；空则只有群机器人")
    )
    feishu_app_secret: Secret = field(
        default=Secret(""), metadata=says("secret of the app at Feishu", "飞书应用的 App Secret")
    )

    feishu_verification_token: Secret = field(
        default=Secret(""),
        metadata=says("verification token of the app's callbacks at Feishu", "飞书应用回调的 Verification Token"),
    )
    feishu_encrypt_key: Secret = field(
        default=Secret(""),
        metadata=says(
            "encrypt key of the app's callbacks at Feishu; cards then have buttons",
            "飞书应用回调的 Encrypt Key；设置后卡片带按钮",
        ),
    )

    @property
    def has_buttons(self) -> bool:
        """Whether Feishu can tell us that a button was pressed."""
        return bool(self.feishu_verification_token and self.feishu_encrypt_key)


def check_address(address: str) -> None:
    """Raise `FieldError` for what is neither a robot nor a person."""
    if not (PERSON.fullmatch(address) or _is_robot(address)):
        raise FieldError(
            "address",
            shown_address(address),
            "a robot's webhook address, or user:, open: or email: and a member's",
            zh="群机器人的 Webhook 地址，或 user:、open:、email: 加成员的标识",
        )


def check_secret(secret: str) -> None:
    """Raise `FieldError` for what cannot sign."""
    if not secret.isprintable() or " " in secret:
        raise FieldError("secret", "…", "the robot's secret", zh="机器人的签名校验密钥")


def _is_robot(address: str) -> bool:
    try:
        robot = robot_of(address)
        url = urlsplit(robot.url)
    except ValueError:
        return False
    return url.scheme in {"http", "https"} and bool(_ROBOT_PATH.fullmatch(url.path)) and not robot.mobiles


def _refuses(settings: FeishuSettings, address: str) -> Words | None:
    return not_own(
        address,
        settings.feishu_api,
        app_is_set_up=bool(settings.feishu_app_id),
        app_setting=variable("feishu_app_id"),
        is_person=bool(PERSON.fullmatch(address)),
    )


def _callbacks(settings: FeishuSettings) -> CallbackReader | None:
    from notify.channels.feishu.callbacks import FeishuCalls  # noqa: PLC0415 - cryptography is only for who is called

    return FeishuCalls(settings) if settings.has_buttons else None


CHANNEL = ChannelType(
    name="feishu",
    settings=FeishuSettings,
    server=lambda settings: server_of(settings.feishu_api) if settings.feishu_app_id else None,
    capabilities=Capabilities(
        shows=Shows.LINKS,
        longest_text=None,
        longest_bytes=6_000,
        answerable=False,
        receipts=frozenset(),
        per_minute=60,
    ),
    form=ContactForm(
        title=Words("飞书", "Feishu"),
        label=Words("群机器人地址或成员", "Robot's address or member"),
        hint=Words(
            "群机器人的 Webhook 地址，可在末尾加 #@all 提醒所有人；或 user:、open:、email: 加成员的标识",
            "A group robot's webhook address, with #@all at its end to name everybody; or user:, open: or email:",
        ),
        kind="text",
        check=check_address,
        has_secret=False,
        asks_secret=Words("签名校验密钥", "Secret of the robot's signature"),
        check_secret=check_secret,
        shown=shown_address,
    ),
    refuses=_refuses,
    callbacks=_callbacks,
)
