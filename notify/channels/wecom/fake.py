"""WeCom's interface: tokens that run out, robots that count to twenty, people whom it does not know."""

from __future__ import annotations

import re
from typing import Any

from anhu.contract.settings import Secret
from notify.channel import Recipient
from notify.channels.wecom import WeComSettings
from notify.fake_http import Call, FakeHttp, Said
from notify.fake_server import Taken

_CORP, _SECRET, _AGENT = "ww0123456789abcdef", "secret of the app", 1_000_002
_MOST_BYTES = 2_048
_LINK = re.compile(r"https?://\S+")
_STRANGER = "nobody"
_MOST_BUTTONS, _LONGEST_TASK = 6, 128


class FakeWeCom(FakeHttp):
    """Answers as WeCom does: HTTP 200, and the truth in `errcode`.

    Attributes
    ----------
    token : str
        The one that it takes; every fetch makes a new one.
    fetched : int
        How often one was fetched.
    tasks : set of str
        Cards that it has taken.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.token = ""
        self.fetched = 0
        self.tasks: set[str] = set()

    @classmethod
    def settings(cls, port: int) -> WeComSettings:
        """Return settings with an app that it knows."""
        return WeComSettings(
            wecom_api=f"http://127.0.0.1:{port}",
            wecom_corp_id=_CORP,
            wecom_agent_id=_AGENT,
            wecom_app_secret=Secret(_SECRET),
        )

    @classmethod
    def address(cls, port: int, name: str) -> str:
        """Return the address of the robot in somebody's group."""
        return f"http://127.0.0.1:{port}/cgi-bin/webhook/send?key=robot-of-{name}"

    @classmethod
    def contacts(cls, port: int, name: str) -> tuple[Recipient, ...]:
        """Return the robot and the person."""
        named = f"{cls.address(port, name)}#13800138000,@all"
        return (Recipient(address=named), Recipient(address=f"user:{name}"))

    def is_message(self, call: Call) -> bool:
        """Tell whether it is one; the others fetch tokens."""
        return call.path.endswith("/send")

    def answer(self, call: Call) -> Said:
        """Answer as WeCom does."""
        if call.path == "/cgi-bin/gettoken":
            return self._new_token(call)
        if call.path == "/cgi-bin/message/send":
            return self._to_person(call)
        return _to_group(call)

    def trouble(self, call: Call, what: str) -> Said:
        """Return WeCom's words for too often, and for a robot or a person that is gone."""
        if what == "busy":
            return _said(45009, "api freq out of limit")
        return _said(93000, "invalid webhook url") if "webhook" in call.path else _said(81013, "user invalid")

    def _new_token(self, call: Call) -> Said:
        if (call.query.get("corpid"), call.query.get("corpsecret")) != (_CORP, _SECRET):
            return _said(40013, "invalid corpid")
        self.fetched += 1
        self.token = f"token-{self.fetched}"
        return Said({"errcode": 0, "errmsg": "ok", "access_token": self.token, "expires_in": 7_200})

    def _to_person(self, call: Call) -> Said:
        if call.query.get("access_token") != self.token:
            return _said(40014, "invalid access_token")
        body = call.json()
        if body.get("agentid") != _AGENT or body.get("touser") == _STRANGER:
            return Said({"errcode": 0, "errmsg": "ok", "invaliduser": body.get("touser"), "msgid": ""})
        if body["msgtype"] == "template_card":
            return self._card(body["template_card"], body["touser"])
        return _kept(body, body["touser"])

    def _card(self, card: dict[str, Any], to: str) -> Said:
        """Take the card of a task once."""
        if card["task_id"] in self.tasks:
            return _said(42014, "taskid has existed or empty or exceed max len")
        said = _card_kept(card, to)
        self.tasks |= {card["task_id"]} if said.taken else set()
        return said


def _to_group(call: Call) -> Said:
    body = call.json()
    named = body.get("text", {}).get("mentioned_mobile_list", [])
    if not all(one == "@all" or one.isdecimal() for one in named):
        return _said(40058, "invalid Request Parameter")
    return _kept(body, call.query["key"])


def _card_kept(card: dict[str, Any], to: str) -> Said:
    keys = [one["key"] for one in card["button_list"]]
    if not 1 <= len(keys) <= _MOST_BUTTONS or len(card["task_id"]) > _LONGEST_TASK or not card["card_action"]["url"]:
        return _said(40058, "invalid Request Parameter")
    taken = Taken(keys[0].partition("|")[2], to, card["main_title"]["title"])
    return Said({"errcode": 0, "errmsg": "ok", "msgid": "m-2", "response_code": "r-1"}, taken=taken)


def _kept(body: dict[str, Any], to: str) -> Said:
    content = body.get("text", {}).get("content", "")
    if not content or len(content.encode()) > _MOST_BYTES:
        return _said(40058, "text.content exceed max length 2048. invalid Request Parameter")
    found = _LINK.search(content)
    taken = Taken(found.group() if found else content, to, content.split("\n")[0])
    return Said({"errcode": 0, "errmsg": "ok", "msgid": "m-1"}, taken=taken)


def _said(code: int, words: str) -> Said:
    return Said({"errcode": code, "errmsg": f"{words}, hint: [1704540159], from ip: 192.0.2.1"})
