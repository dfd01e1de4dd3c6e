"""Feishu's interface: robots that check the signature, an app that sends each key once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from http import HTTPStatus
from typing import Any

from anhu.contract.settings import Secret
from notify.channel import Recipient
from notify.channels.feishu import FeishuSettings
from notify.fake_http import Call, FakeHttp, Said
from notify.fake_server import Taken

_APP, _SECRET = "cli_0123456789abcdef", "secret of the app"
_SIGNS = "signs-for-the-robot"
_MOST_BYTES = 20_000
_STRANGER = "nobody"


class FakeFeishu(FakeHttp):
    """Answers as Feishu does.

    Attributes
    ----------
    token : str
        The one that it takes; every fetch makes a new one.
    fetched : int
        How often one was fetched.
    shown : set of str
        Keys of what people see: a second copy is taken and shown once.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.token = ""
        self.fetched = 0
        self.shown: set[str] = set()

    @classmethod
    def settings(cls, port: int) -> FeishuSettings:
        """Return settings with an app that it knows."""
        return FeishuSettings(
            feishu_api=f"http://127.0.0.1:{port}", feishu_app_id=_APP, feishu_app_secret=Secret(_SECRET)
        )

    @classmethod
    def address(cls, port: int, name: str) -> str:
        """Return the address of the robot in somebody's group."""
        return f"http://127.0.0.1:{port}/open-apis/bot/v2/hook/robot-of-{name}"

    @classmethod
    def contacts(cls, port: int, name: str) -> tuple[Recipient, ...]:
        """Return the robot and the person."""
        return (Recipient(address=f"{cls.address(port, name)}#@all", secret=_SIGNS), Recipient(address=f"user:{name}"))

    def is_message(self, call: Call) -> bool:
        """Tell whether it is one; the others fetch tokens."""
        return "/hook/" in call.path or call.path.endswith("/messages")

    def answer(self, call: Call) -> Said:
        """Answer as Feishu does."""
        if call.path == "/open-apis/auth/v3/tenant_access_token/internal":
            return self._new_token(call)
        if call.path == "/open-apis/im/v1/messages":
            return self._to_person(call)
        return _to_group(call)

    def trouble(self, call: Call, what: str) -> Said:
        """Return Feishu's words for too often, and for a robot or a person that is gone."""
        if what == "busy":
            return _said(9499, "too many request", HTTPStatus.BAD_REQUEST)
        if "/hook/" in call.path:
            return _said(19001, "param invalid: incoming webhook access token invalid")
        return _said(230013, "Bot has NO availability to this user.", HTTPStatus.BAD_REQUEST)

    def _new_token(self, call: Call) -> Said:
        if call.json() != {"app_id": _APP, "app_secret": _SECRET}:
            return _said(10014, "app secret invalid")
        self.fetched += 1
        self.token = f"t-{self.fetched}"
        return Said({"code": 0, "msg": "ok", "tenant_access_token": self.token, "expire": 7_200})

    def _to_person(self, call: Call) -> Said:
        if call.headers.get("authorization") != f"Bearer {self.token}":
            return _said(99991663, "Invalid access token for authorization.", HTTPStatus.BAD_REQUEST)
        body = call.json()
        if body["receive_id"] == _STRANGER:
            return _said(230001, "Your request contains an invalid request parameter", HTTPStatus.BAD_REQUEST)
        self.shown.add(body["uuid"])
        said = Said({"code": 0, "msg": "success", "data": {"message_id": "om_1"}})
        return said._replace(taken=_taken(json.loads(body["content"]), body["receive_id"]))


def _to_group(call: Call) -> Said:
    body = call.json()
    key = f"{body.get('timestamp', '')}\n{_SIGNS}".encode()
    if body.get("sign") != base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode():
        return _said(19021, "sign match fail or timestamp is not within one hour from current time")
    if len(call.body) > _MOST_BYTES:
        return _said(19036, "The message exceeds the size limit")
    said = Said({"code": 0, "msg": "success", "data": {}, "StatusCode": 0, "StatusMessage": "success"})
    return said._replace(taken=_taken(body["card"], call.path.rpartition("/")[2]))


def _taken(card: dict[str, Any], to: str) -> Taken:
    text = card["elements"][0]["text"]["content"]
    links = [word for word in text.split() if word.startswith(("http://", "https://")) or "http" in word]
    return Taken(links[-1] if links else text, to, card["header"]["title"]["content"])


def _said(code: int, words: str, status: int = HTTPStatus.OK) -> Said:
    return Said({"code": code, "msg": words, "data": {}}, status=status)
