"""DingTalk's interfaces: robots that check the signature, an app's robot that knows its people."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from http import HTTPStatus

from anhu.contract.settings import Secret
from notify.channel import Recipient
from notify.channels.dingtalk import DingTalkSettings
from notify.fake_http import Call, FakeHttp, Said
from notify.fake_server import Taken

_KEY, _SECRET, _ROBOT = "dingkey0123456789", "secret of the app", "dingrobot"
_SIGNS = "SEC0123456789abcdef"
_MOST_BYTES = 20_000
_LINK = re.compile(r"https?://[^\s\"\\]+")
_STRANGER, _TIRED = "nobody", "tired"


class FakeDingTalk(FakeHttp):
    """Answers as DingTalk does.

    Attributes
    ----------
    token : str
        The one that it takes; every fetch makes a new one.
    fetched : int
        How often one was fetched.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.token = ""
        self.fetched = 0

    @classmethod
    def settings(cls, port: int) -> DingTalkSettings:
        """Return settings with an app that it knows."""
        return DingTalkSettings(
            dingtalk_robot_api=f"http://127.0.0.1:{port}",
            dingtalk_api=f"http://127.0.0.1:{port}",
            dingtalk_app_key=_KEY,
            dingtalk_app_secret=Secret(_SECRET),
            dingtalk_robot_code=_ROBOT,
        )

    @classmethod
    def address(cls, port: int, name: str) -> str:
        """Return the address of the robot in somebody's group."""
        return f"http://127.0.0.1:{port}/robot/send?access_token=robot-of-{name}"

    @classmethod
    def contacts(cls, port: int, name: str) -> tuple[Recipient, ...]:
        """Return the robot and the person."""
        named = f"{cls.address(port, name)}#13800138000"
        return (Recipient(address=named, secret=_SIGNS), Recipient(address=f"user:{name}"))

    def is_message(self, call: Call) -> bool:
        """Tell whether it is one; the others fetch tokens."""
        return call.path.endswith("end")

    def answer(self, call: Call) -> Said:
        """Answer as DingTalk does."""
        if call.path == "/v1.0/oauth2/accessToken":
            return self._new_token(call)
        if call.path == "/v1.0/robot/oToMessages/batchSend":
            return self._to_person(call)
        return _to_group(call)

    def trouble(self, call: Call, what: str) -> Said:
        """Return DingTalk's words for too often, and for a robot or a person that is gone."""
        if call.path == "/robot/send":
            return _said(130101, "send too fast") if what == "busy" else _said(300001, "token is not exist")
        if what == "busy":
            return Said({"code": "Throttling.Api", "message": "slow down"}, status=HTTPStatus.SERVICE_UNAVAILABLE)
        return Said({"code": "staffId.notExisted", "message": "no such user"}, status=HTTPStatus.BAD_REQUEST)

    def _new_token(self, call: Call) -> Said:
        if call.json() != {"appKey": _KEY, "appSecret": _SECRET}:
            return Said({"code": "invalidClientIdOrSecret"}, status=HTTPStatus.BAD_REQUEST)
        self.fetched += 1
        self.token = f"token-{self.fetched}"
        return Said({"accessToken": self.token, "expireIn": 7_200})

    def _to_person(self, call: Call) -> Said:
        if call.headers.get("x-acs-dingtalk-access-token") != self.token:
            return Said(
                {"code": "InvalidAuthentication", "message": "不合法的access_token"}, status=HTTPStatus.UNAUTHORIZED
            )
        body = call.json()
        (user,) = body["userIds"]
        empty = {"processQueryKey": "q-1", "invalidStaffIdList": [], "flowControlledStaffIdList": []}
        if user == _STRANGER or body["robotCode"] != _ROBOT:
            return Said({**empty, "invalidStaffIdList": [user]})
        if user == _TIRED:
            return Said({**empty, "flowControlledStaffIdList": [user]})
        shown = json.loads(body["msgParam"])
        text = shown.get("content") or shown["text"]
        found = _LINK.search(body["msgParam"])
        return Said(
            empty, taken=Taken(found.group() if found else text, user, shown.get("title") or text.split("\n")[0])
        )


def _to_group(call: Call) -> Said:
    stamp = call.query.get("timestamp", "")
    digest = hmac.new(_SIGNS.encode(), f"{stamp}\n{_SIGNS}".encode(), hashlib.sha256).digest()
    if call.query.get("sign") != base64.b64encode(digest).decode():
        return _said(310000, "sign not match, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]")
    if len(call.body) > _MOST_BYTES:
        return _said(460101, "description: body 大小不合法;solution:请保持大小在 20000bytes 以内;")
    body = call.json()
    content = body["text"]["content"]
    if any(f"@{one}" not in content for one in body["at"]["atMobiles"]):
        return _said(40035, "at needs its number in the text")
    found = _LINK.search(content)
    taken = Taken(found.group() if found else content, call.query["access_token"], content.split("\n")[0])
    return Said({"errcode": 0, "errmsg": "ok"}, taken=taken)


def _said(code: int, words: str) -> Said:
    return Said({"errcode": code, "errmsg": words})
