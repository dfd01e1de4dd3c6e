"""Feishu: a card to a group's robot, signed, or by the app to a person. What it says is plain text, never markup."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any, Self

import msgspec

from anhu.contract.clock import SECOND_MS, Clock
from anhu.contract.errors import FieldError
from anhu.contract.words import text
from notify.channel import Channel, Delivery, Message, PermanentError, Recipient
from notify.channels.feishu import ANSWERS, CHANNEL, PERSON, FeishuSettings
from notify.provider import AccessToken, Codes, FreshToken, ProviderApi, robot_of

_MINUTE_S = 60.0
CODES = Codes(
    name="code",
    text="msg",
    busy={11232: _MINUTE_S, 11233: _MINUTE_S, 230020: 5.0, 99991400: 5.0, 1_500: 0.0, 2_200: 0.0, 55_001: 0.0},
    spoiled=frozenset({99991661, 99991663, 99991664, 99991668}),
    busy_words=("too many request", "frequency limit", "rate limit", "internal error", "server error"),
    advice={
        19001: "the robot's address is wrong, or the robot was removed",
        19021: "the secret is wrong, or this server's clock is",
        19022: "add this server's address to the robot's list",
        19024: "the robot wants a keyword that our messages do not have",
        230013: "the app is not for this person",
        230002: "the app is not in this group",
    },
)
_ID_TYPES = {"user": "user_id", "open": "open_id", "email": "email"}
_COLOURS = {"high": "red", "medium": "orange"}
_KEY_CHARS = 40


def signature(secret: str, time_s: int) -> str:
    """Return a robot's signature: of nothing, with time and secret as the key."""
    key = f"{time_s}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


class Feishu(Channel):
    """Sends to robots and, where there is an app, to people.

    Parameters
    ----------
    settings : FeishuSettings
        The app.
    clock : Clock
        For the signature, which lasts an hour, and the token's end.
    """

    def __init__(self, settings: FeishuSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._form = CHANNEL.form_with(settings)
        self._api = ProviderApi(CODES, clock, self.time_limit_s)
        self._token = AccessToken(self._fetch_token, clock)

    @classmethod
    def from_settings(cls, settings: FeishuSettings, clock: Clock) -> Self:
        """Make it; robots need no setting."""
        return cls(settings, clock)

    async def send(self, message: Message, to: Recipient) -> Delivery:
        """Send once."""
        try:
            self._form.check(to.address)
        except FieldError as error:
            raise PermanentError(str(error)) from None
        person = PERSON.fullmatch(to.address)
        if person:
            return await self._to_person(message, _ID_TYPES[person["kind"]], person["name"])
        robot = robot_of(to.address)
        body: dict[str, Any] = {"msg_type": "interactive", "card": _card(message, everybody=robot.everybody)}
        if to.secret:
            time_s = self._clock.now_ms() // SECOND_MS
            body |= {"timestamp": str(time_s), "sign": signature(to.secret, time_s)}
        await self._api.ask(robot.url, body)
        return Delivery(detail="taken by Feishu for the group")

    async def _to_person(self, message: Message, id_type: str, name: str) -> Delivery:
        body = {
            "receive_id": name,
            "msg_type": "interactive",
            "content": msgspec.json.encode(_card(message, buttons=self._settings.has_buttons)).decode(),
            "uuid": hashlib.sha256(message.idempotency_key.encode()).hexdigest()[:_KEY_CHARS],
        }

        async def post(token: str) -> dict[str, Any]:
            address = f"{self._settings.feishu_api}/open-apis/im/v1/messages?receive_id_type={id_type}"
            return await self._api.ask(address, body, headers={"Authorization": f"Bearer {token}"})

        said = await self._token.used(post)
        data = said.get("data")
        made = str(data.get("message_id", "")) if isinstance(data, dict) else ""
        return Delivery(provider_id=made, detail="taken by Feishu")

    async def _fetch_token(self) -> FreshToken:
        chosen = self._settings
        address = f"{chosen.feishu_api}/open-apis/auth/v3/tenant_access_token/internal"
        given = {"app_id": chosen.feishu_app_id, "app_secret": str(chosen.feishu_app_secret)}
        said = await self._api.ask(address, given)
        return FreshToken(str(said.get("tenant_access_token", "")), float(said.get("expire", 0)))

    async def try_out(self) -> None:
        """Fetch a token."""
        await self._token.current()

    async def close(self) -> None:
        """Close what is open."""
        await self._api.close()


def _card(message: Message, *, everybody: bool = False, buttons: bool = False) -> dict[str, Any]:
    elements: list[dict[str, Any]] = [{"tag": "div", "text": _plain(message.text)}]
    if everybody:
        elements.append({"tag": "div", "text": {"tag": "lark_md", "content": "<at id=all></at>"}})
    if shown := [*(_buttons(message) if buttons else []), *_links(message, answers=not buttons)]:
        elements.append({"tag": "action", "actions": shown})
    colour = _COLOURS.get(str(message.data.get("priority", "")), "blue")
    return {
        "config": {"wide_screen_mode": True},
        "header": {"title": _plain(message.subject), "template": colour},
        "elements": elements,
    }


def _buttons(message: Message) -> list[dict[str, Any]]:
    """Return buttons that call us back."""
    if not message.data.get("link"):
        return []
    return [
        {
            "tag": "button",
            "text": _plain(text(f"card.{what}", message.language)),
            "type": kind,
            "value": {"answer": what, "key": message.idempotency_key},
        }
        for what, kind in zip(ANSWERS, ("primary", "default", "danger"), strict=True)
    ]


def _links(message: Message, *, answers: bool) -> list[dict[str, Any]]:
    """Return buttons that open a page: to answer without logging in, and to see it all."""
    there = {"card.answer": message.data.get("answer_link") if answers else "", "card.open": message.data.get("link")}
    return [
        {"tag": "button", "text": _plain(text(words, message.language)), "type": "default", "url": str(link)}
        for words, link in there.items()
        if link
    ]


def _plain(content: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": content}
