"""WeCom, DingTalk and Feishu: signatures, result codes, tokens, and what another program sends to the same robots."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import hashlib
import hmac
import json
import warnings
from typing import Any
from urllib.parse import unquote, urlsplit

import apprise
import httpx
import pytest
import requests

from anhu.contract.clock import ManualClock
from notify.channel import Channel, Delivery, Message, PermanentError, Recipient, RetryableError
from notify.channels import channel_class, channel_types
from notify.channels.dingtalk import sender as dingtalk
from notify.channels.dingtalk.fake import FakeDingTalk
from notify.channels.feishu import sender as feishu
from notify.channels.feishu.fake import FakeFeishu
from notify.channels.wecom.fake import FakeWeCom
from notify.fake_http import Call, FakeHttp, Said
from notify.receipt_book import Result
from tests.conformance.test_channels import MESSAGE, attempt

NOW_MS = 1_795_406_400_000
FAKES: dict[str, type[FakeHttp]] = {"wecom": FakeWeCom, "dingtalk": FakeDingTalk, "feishu": FakeFeishu}


def send(
    far: FakeHttp, name: str, *to: Recipient, message: Message = MESSAGE, clock: ManualClock | None = None
) -> list[Result]:
    """Send to each in turn through one channel."""

    async def scene() -> list[Result]:
        channel = opened(far, name, clock)
        try:
            return [await attempt(channel, one, message) for one in to]
        finally:
            await channel.close()

    return asyncio.run(scene())


def opened(far: FakeHttp, name: str, clock: ManualClock | None = None) -> Channel:
    made = channel_class(name).from_settings(far.settings(far.port), clock or ManualClock(NOW_MS))
    assert made is not None
    return made


def instantiate(url: str) -> Any:  # noqa: ANN401 - each kind has methods of its own
    """Return another program's sender; what it imports for it uses what is deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = apprise.Apprise.instantiate(url)
    assert made is not None
    return made


def person(far: FakeHttp, name: str = "doctor") -> Recipient:
    return far.contacts(far.port, name)[1]


def robot(far: FakeHttp) -> Recipient:
    return far.contacts(far.port, "doctor")[0]


@pytest.mark.parametrize("name", sorted(FAKES))
def test_many_at_once_fetch_one_token(name: str) -> None:
    with FAKES[name]() as far:
        far.delay_s = 0.05

        async def scene() -> list[Result]:
            channel = opened(far, name)
            found = await asyncio.gather(*(attempt(channel, person(far)) for _ in range(20)))
            await channel.close()
            return list(found)

        assert all(isinstance(one, Delivery) for one in asyncio.run(scene()))
        assert far.fetched == 1  # type: ignore[attr-defined] # each of the three counts it


@pytest.mark.parametrize("name", sorted(FAKES))
def test_a_token_is_fetched_anew_before_its_end_and_once_when_it_is_refused(name: str) -> None:
    with FAKES[name]() as far:
        clock = ManualClock(NOW_MS)

        async def scene() -> None:
            channel = opened(far, name, clock)
            for after_s, fetched in ((0, 1), (7_000, 1), (7_100, 2), (7_200, 2)):
                clock.set(NOW_MS + after_s * 1_000)
                assert isinstance(await attempt(channel, person(far)), Delivery)
                assert far.fetched == fetched  # type: ignore[attr-defined] # see above
            far.token = "another program fetched one"  # type: ignore[attr-defined]
            assert isinstance(await attempt(channel, person(far)), Delivery)
            assert far.fetched == 3  # type: ignore[attr-defined] # see above
            await channel.close()

        asyncio.run(scene())


@pytest.mark.parametrize("name", sorted(FAKES))
def test_a_provider_that_refuses_each_token_is_asked_twice_and_no_more(name: str) -> None:
    with FAKES[name]() as far:
        answer = far.answer

        def forgetful(call: Call) -> Said:
            said = answer(call)
            far.token = "none"  # type: ignore[attr-defined]
            return said

        far.answer = forgetful  # type: ignore[method-assign] # it lies
        (said,) = send(far, name, person(far))
        assert isinstance(said, RetryableError)
        assert far.came() == 2


@pytest.mark.parametrize("name", sorted(FAKES))
def test_whom_the_provider_does_not_know_is_given_up(name: str) -> None:
    with FAKES[name]() as far:
        (said,) = send(far, name, person(far, "nobody"))
        assert isinstance(said, PermanentError)


def test_who_gets_too_much_at_dingtalk_waits() -> None:
    with FakeDingTalk() as far:
        (said,) = send(far, "dingtalk", person(far, "tired"))
        assert isinstance(said, RetryableError)
        assert said.after_s == 60


CODES = [
    ("wecom", {"errcode": -1, "errmsg": "system busy"}, 200, RetryableError),
    ("wecom", {"errcode": 45009, "errmsg": "api freq out of limit"}, 200, RetryableError),
    ("wecom", {"errcode": 40058, "errmsg": "markdown.content exceed max length 4096"}, 200, PermanentError),
    ("wecom", {"errcode": 93000, "errmsg": "invalid webhook url"}, 200, PermanentError),
    ("wecom", {"errcode": 60020, "errmsg": "not allow to access from your ip"}, 200, PermanentError),
    ("wecom", {}, 200, RetryableError),
    ("wecom", {"errcode": "0"}, 200, RetryableError),
    ("wecom", {"errcode": True}, 200, RetryableError),
    ("wecom", {}, 302, PermanentError),
    ("wecom", {}, 404, PermanentError),
    ("wecom", {}, 502, RetryableError),
    ("dingtalk", {"errcode": 310000, "errmsg": "sign not match"}, 200, PermanentError),
    ("dingtalk", {"errcode": 310000, "errmsg": "keywords not in content"}, 200, PermanentError),
    ("dingtalk", {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}, 200, RetryableError),
    ("dingtalk", {"errcode": 410100, "errmsg": "too fast"}, 200, RetryableError),
    ("dingtalk", {"errcode": 460101, "errmsg": "body"}, 200, PermanentError),
    ("dingtalk", {"errcode": -1, "errmsg": "系统繁忙"}, 200, RetryableError),
    ("feishu", {"code": 9499, "msg": "too many request"}, 400, RetryableError),
    ("feishu", {"code": 9499, "msg": "Bad Request"}, 200, PermanentError),
    ("feishu", {"code": 11232, "msg": "frequency limited psm"}, 200, RetryableError),
    ("feishu", {"code": 19021, "msg": "sign match fail"}, 200, PermanentError),
    ("feishu", {"code": 19024, "msg": "Key Words Not Found"}, 200, PermanentError),
    ("feishu", {"code": 19036, "msg": "The message exceeds the size limit of 30KB"}, 200, PermanentError),
]


@pytest.mark.parametrize(("name", "body", "status", "kind"), CODES, ids=str)
def test_what_a_robots_provider_answers(name: str, body: dict[str, Any], status: int, kind: type) -> None:
    with FAKES[name]() as far:
        far.answer = lambda call: Said(body, status=status)  # type: ignore[method-assign] # noqa: ARG005 - always
        (said,) = send(far, name, robot(far))
    assert isinstance(said, kind)
    if "code 310000" in str(said) or "code 19021" in str(said):
        assert "clock" in str(said), "somebody must read what to mend"


def test_feishu_shows_a_key_once_although_it_is_sent_again() -> None:
    with FakeFeishu() as far:
        send(far, "feishu", person(far), person(far))
        assert len(far.taken()) == 2
        assert len(far.shown) == 1


def test_a_robot_of_another_provider_or_address_is_no_address() -> None:
    for name, good in (
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=73febdcb-1b38-4d1b-a994-790f21fc8d30"),
        ("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef"),
        ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/b43e7bea-88fd-436e-aaaa-0123456789ab"),
    ):
        kind = channel_types()[name]
        form = kind.form_with(kind.settings())
        form.check(good)
        shown = form.shown(good)
        assert good[-4:] in shown
        assert good[-12:] not in shown
        url = urlsplit(good)
        wrong = [
            good.replace("https://", "http://"),
            good.replace(url.netloc, "evil.example"),
            good.replace(url.netloc, f"{url.netloc}@evil.example"),
            good.replace(url.netloc, f"{url.netloc}.evil.example"),
            good.replace(url.netloc, f"{url.netloc}:8443"),
            good.replace(url.path, "/admin"),
            good[: good.rfind("=") + 1] if "=" in good else good[: good.rfind("/") + 1],
            "user:somebody",
            f"{good}#13800138000,x",
        ]
        for address in wrong:
            with pytest.raises(Exception, match="address: got") as error:
                form.check(address)
            assert good[-12:] not in str(error.value), "an address is not repeated: it is a secret"


def test_dingtalk_signs_as_another_implementation_does() -> None:
    other = instantiate("dingtalk://secret123@abcdefghij0123456789/")
    stamp, sign = other.get_signature()
    assert dingtalk.signature("secret123", int(stamp)).startswith(f"&timestamp={stamp}&sign=")
    given = httpx.URL(f"https://x/?a=b{dingtalk.signature('secret123', int(stamp))}").params["sign"]
    assert given in {sign, unquote(sign)}


def test_feishu_signs_nothing_with_time_and_secret_and_not_the_other_way_round() -> None:
    made = feishu.signature("s3", 1_599_360_473)
    assert made == base64.b64encode(hmac.new(b"1599360473\ns3", b"", hashlib.sha256).digest()).decode()
    assert made != base64.b64encode(hmac.new(b"s3", b"1599360473", hashlib.sha256).digest()).decode()


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("wecom", "wecombot://robot-of-doctor-012345/"),
        ("dingtalk", "dingtalk://SEC0123456789abcdef@robotofdoctor0123/13800138000/"),
    ],
    ids=["wecom", "dingtalk"],
)
def test_what_another_program_sends_is_taken_by_the_same_fake_in_the_same_form(
    name: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FAKES[name]() as far:
        post = requests.post

        def redirected(address: str, **more: Any) -> requests.Response:  # noqa: ANN401 - what the other program gives
            there = urlsplit(address)
            if "params" in more:  # it escapes the signature, which is escaped once more on its way
                more["params"]["sign"] = unquote(more["params"]["sign"])
            return post(there._replace(scheme="http", netloc=f"127.0.0.1:{far.port}").geturl(), **more)

        monkeypatch.setattr(requests, "post", redirected)
        other = instantiate(url)
        assert other.send(body=f"{MESSAGE.text} @13800138000", title="t")
        send(far, name, robot(far))
        theirs, ours = (call.json() for call in far.calls)
        assert len(far.taken()) == 2, "the fake believes both signatures"
        assert theirs.keys() == ours.keys()
        assert theirs["msgtype"] == ours["msgtype"] == "text"


def test_names_stand_in_the_text_that_dingtalk_sounds_for() -> None:
    with FakeDingTalk() as far:
        send(far, "dingtalk", robot(far))
        body = far.calls[0].json()
    assert body["at"] == {"atMobiles": ["13800138000"], "isAtAll": False}
    assert body["text"]["content"].endswith("@13800138000")


def test_a_masked_name_is_no_markup_in_dingtalks_card() -> None:
    message = dataclasses.replace(
        MESSAGE, text="张*三 与 李*四\n# 标题", data={**MESSAGE.data, "link": "https://desk.example/desk?alert=a-1"}
    )
    with FakeDingTalk() as far:
        send(far, "dingtalk", person(far), message=message)
        card = json.loads(far.calls[-1].json()["msgParam"])
    assert "*" not in card["text"]
    assert "\n#" not in card["text"]
    assert card["singleURL"] == "https://desk.example/desk?alert=a-1"
