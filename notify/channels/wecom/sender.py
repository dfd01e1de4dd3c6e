"""WeCom: text to a group's robot or, by the app, to a person.

Text and not Markdown: it is also shown to members who read in WeChat, and only in text can a robot name phone numbers.
"""

from __future__ import annotations

import hashlib
from typing import Any, Self

from anhu.contract.clock import Clock
from anhu.contract.errors import FieldError
from anhu.contract.words import text
from notify.channel import Channel, Delivery, Message, PermanentError, Recipient
from notify.channels.wecom import ANSWERS, CHANNEL, SPLIT, USER, WeComSettings
from notify.provider import AccessToken, Codes, FreshToken, ProviderApi, robot_of

_MOST_BYTES = 2_048
_MINUTE_S = 60.0
_TITLE_CHARS, _TEXT_CHARS, _TASK_CHARS = 36, 112, 40
_TAKEN_BEFORE = "code 42014:"
CODES = Codes(
    name="errcode",
    text="errmsg",
    busy={-1: 0.0, 45009: _MINUTE_S, 45033: 5.0, 45047: _MINUTE_S, 60124: _MINUTE_S},
    spoiled=frozenset({40001, 40014, 42001}),
    advice={
        40013: "check ANHU_WECOM_CORP_ID",
        60020: "add this server's address to the app's trusted addresses at WeCom",
        81013: "nobody of this name is within sight of the app",
        93000: "the robot is no longer in the group; enter its new address",
    },
)


class WeCom(Channel):
    """Sends to robots and, where there is an app, to people.

    Parameters
    ----------
    settings : WeComSettings
        The app.
    clock : Clock
        For the token's end.
    """

    def __init__(self, settings: WeComSettings, clock: Clock) -> None:
        self._settings = settings
        self._form = CHANNEL.form_with(settings)
        self._api = ProviderApi(CODES, clock, self.time_limit_s)
        self._token = AccessToken(self._fetch_token, clock)

    @classmethod
    def from_settings(cls, settings: WeComSettings, clock: Clock) -> Self:
        """Make it; robots need no setting."""
        return cls(settings, clock)

    async def send(self, message: Message, to: Recipient) -> Delivery:
        """Send once."""
        try:
            self._form.check(to.address)
        except FieldError as error:
            raise PermanentError(str(error)) from None
        if to.address.startswith(USER):
            return await self._to_person(message, to.address.removeprefix(USER))
        robot = robot_of(to.address)
        named = [*robot.mobiles, *(["@all"] if robot.everybody else [])]
        body = {"msgtype": "text", "text": {"content": _content(message), "mentioned_mobile_list": named}}
        await self._api.ask(robot.url, body)
        return Delivery(detail="taken by WeCom for the group")

    async def _to_person(self, message: Message, user: str) -> Delivery:
        shown: dict[str, Any] = {"msgtype": "text", "text": {"content": _content(message)}}
        if self._settings.has_buttons and message.data.get("link"):
            shown = {"msgtype": "template_card", "template_card": _card(message)}
        body = {"touser": user, "agentid": self._settings.wecom_agent_id, **shown}
        try:
            said = await self._token.used(lambda token: self._api.ask(self._url("message/send", token), body))
        except PermanentError as error:
            if str(error).startswith(_TAKEN_BEFORE):
                return Delivery(detail="WeCom has had this card before")
            raise
        if user in str(said.get("invaliduser", "")).split("|"):
            raise PermanentError("WeCom knows nobody of this account, or the app is not for them")
        return Delivery(provider_id=str(said.get("msgid", "")), detail="taken by WeCom")

    def _url(self, what: str, token: str) -> str:
        return f"{self._settings.wecom_api}/cgi-bin/{what}?access_token={token}"

    async def _fetch_token(self) -> FreshToken:
        chosen = self._settings
        keys = f"corpid={chosen.wecom_corp_id}&corpsecret={chosen.wecom_app_secret}"
        said: dict[str, Any] = await self._api.ask(f"{chosen.wecom_api}/cgi-bin/gettoken?{keys}", {})
        return FreshToken(str(said.get("access_token", "")), float(said.get("expires_in", 0)))

    async def try_out(self) -> None:
        """Fetch a token."""
        await self._token.current()

    async def close(self) -> None:
        """Close what is open."""
        await self._api.close()


def _card(message: Message) -> dict[str, Any]:
    """Return a card with buttons; its task is the message: WeCom takes the same one once."""
    task = hashlib.sha256(message.idempotency_key.encode()).hexdigest()[:_TASK_CHARS]
    buttons = [
        {
            "text": text(f"card.{what}", message.language),
            "style": style,
            "key": f"{what}{SPLIT}{message.idempotency_key}",
        }
        for what, style in zip(ANSWERS, (1, 1, 2), strict=True)
    ]
    lines = [line for line in message.text.split("\n") if "://" not in line]
    return {
        "card_type": "button_interaction",
        "main_title": {"title": message.subject[:_TITLE_CHARS]},
        "sub_title_text": "\n".join(lines)[:_TEXT_CHARS],
        "card_action": {"type": 1, "url": str(message.data["link"])},
        "task_id": task,
        "button_list": buttons,
    }


def _content(message: Message) -> str:
    """Return subject and text; the text alone, which says the same, where both are too long."""
    whole = f"{message.subject}\n{message.text}"
    return whole if len(whole.encode()) <= _MOST_BYTES else message.text
