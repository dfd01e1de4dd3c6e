"""DingTalk: text to a group's robot, signed; to a person a card by the app's robot."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any, Self
from urllib.parse import quote

import msgspec

from anhu.contract.clock import Clock
from anhu.contract.errors import FieldError
from anhu.contract.words import text
from notify.channel import Channel, Delivery, Message, PermanentError, Recipient, RetryableError
from notify.channels.dingtalk import CHANNEL, USER, DingTalkSettings
from notify.outgoing import Outgoing, Reply, retry_after_s
from notify.provider import AccessToken, Codes, FreshToken, ProviderApi, Robot, SpoiledTokenError, robot_of

_MINUTE_S = 60.0
ROBOT_CODES = Codes(
    name="errcode",
    text="errmsg",
    busy={-1: 0.0, 130101: _MINUTE_S, 410100: _MINUTE_S, 90030: _MINUTE_S, 88: _MINUTE_S},
    advice={
        310000: "the robot's safety settings refuse it: signature, keyword, address or clock",
        300001: "the robot's address is wrong, or the robot was removed",
        400101: "the robot was removed; enter its new address",
        400102: "the robot is switched off in the group",
    },
)
_STRANGE_CODE = "InvalidAuthentication"
_LONGEST_REASON = 120


def signature(secret: str, time_ms: int) -> str:
    """Return what is added to a robot's address."""
    digest = hmac.new(secret.encode(), f"{time_ms}\n{secret}".encode(), hashlib.sha256).digest()
    return f"&timestamp={time_ms}&sign={quote(base64.b64encode(digest), safe='')}"


class DingTalk(Channel):
    """Sends to robots and, where there is an app, to people.

    Parameters
    ----------
    settings : DingTalkSettings
        The app.
    clock : Clock
        For the signature, which lasts an hour, and the token's end.
    """

    def __init__(self, settings: DingTalkSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._form = CHANNEL.form_with(settings)
        self._robots = ProviderApi(ROBOT_CODES, clock, self.time_limit_s)
        self._http = Outgoing(self.time_limit_s)
        self._token = AccessToken(self._fetch_token, clock)

    @classmethod
    def from_settings(cls, settings: DingTalkSettings, clock: Clock) -> Self:
        """Make it; robots of groups need no setting."""
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
        signed = signature(to.secret, self._clock.now_ms()) if to.secret else ""
        await self._robots.ask(robot.url + signed, _text(message, robot))
        return Delivery(detail="taken by DingTalk for the group")

    async def _to_person(self, message: Message, user: str) -> Delivery:
        body = {"robotCode": self._settings.dingtalk_robot_code, "userIds": [user], **_card(message)}

        async def post(token: str) -> dict[str, Any]:
            return await self._ask("robot/oToMessages/batchSend", body, {"x-acs-dingtalk-access-token": token})

        said = await self._token.used(post)
        if user in said.get("invalidStaffIdList", ()):
            raise PermanentError("DingTalk knows nobody of this userId, or the app is not for them")
        if user in said.get("flowControlledStaffIdList", ()):
            raise RetryableError("DingTalk sends no more to this person for now", after_s=_MINUTE_S)
        return Delivery(provider_id=str(said.get("processQueryKey", "")), detail="taken by DingTalk")

    async def _fetch_token(self) -> FreshToken:
        chosen = self._settings
        given = {"appKey": chosen.dingtalk_app_key, "appSecret": str(chosen.dingtalk_app_secret)}
        said = await self._ask("oauth2/accessToken", given, {})
        return FreshToken(str(said.get("accessToken", "")), float(said.get("expireIn", 0)))

    async def _ask(self, what: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        """Ask the interface for apps, which says by the status whether it is well, and by words what is not."""
        said = await self._http.post(
            f"{self._settings.dingtalk_api}/v1.0/{what}",
            content=msgspec.json.encode(body),
            headers={"Content-Type": "application/json", **headers},
            neighbours=True,
        )
        return self._judged(said)

    def _judged(self, said: Reply) -> dict[str, Any]:
        read = said.json()
        if said.is_success and read:
            return read
        code = str(read.get("code", ""))
        if code == _STRANGE_CODE:
            raise SpoiledTokenError
        reason = f"HTTP {said.status} {code}"[:_LONGEST_REASON]
        if said.is_success or said.is_busy or said.is_redirection or "Throttling" in code:
            raise RetryableError(reason, after_s=retry_after_s(said.headers, self._clock.now_ms()))
        raise PermanentError(reason if reason.isprintable() else f"HTTP {said.status}")

    async def try_out(self) -> None:
        """Fetch a token."""
        await self._token.current()

    async def close(self) -> None:
        """Close what is open."""
        await self._robots.close()
        await self._http.close()


def _text(message: Message, robot: Robot) -> dict[str, Any]:
    """Return a robot's message; who is named must stand in the text too, or nothing sounds."""
    named = "".join(f" @{one}" for one in robot.mobiles)
    content = f"{message.subject}\n{message.text}{named}"
    at = {"atMobiles": list(robot.mobiles), "isAtAll": robot.everybody}
    return {"msgtype": "text", "text": {"content": content}, "at": at}


def _card(message: Message) -> dict[str, str]:
    """Return a message to a person: a card with a button where there is somewhere to go."""
    link = str(message.data.get("link", ""))
    if not link:
        content = f"{message.subject}\n{message.text}"
        return {"msgKey": "sampleText", "msgParam": _json({"content": content})}
    said = "\n".join(line for line in message.text.split("\n") if "://" not in line)
    shown = {"title": message.subject, "text": _plain(f"{message.subject}\n{said}")}
    see = text("card.open", message.language)
    answer = str(message.data.get("answer_link", ""))
    if not answer:
        return {"msgKey": "sampleActionCard", "msgParam": _json({**shown, "singleTitle": see, "singleURL": link})}
    two = {"actionTitle1": text("card.answer", message.language), "actionURL1": answer}
    two |= {"actionTitle2": see, "actionURL2": link}
    return {"msgKey": "sampleActionCard2", "msgParam": _json({**shown, **two})}


def _plain(said: str) -> str:
    """Return text that DingTalk's Markdown shows as it is: no star is emphasis, and every line is one."""
    return said.replace("*", "\N{FULLWIDTH ASTERISK}").replace("#", "\N{FULLWIDTH NUMBER SIGN}").replace("\n", "\n\n")


def _json(shown: dict[str, str]) -> str:
    return msgspec.json.encode(shown).decode()
