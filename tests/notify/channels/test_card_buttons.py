"""Buttons on cards: from the alarm to the card, from the press to the alarm's history, and what is not believed."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import hashlib
import json
import os
import struct
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from alerts.tables import Alert, AlertEvent
from anhu.contract.settings import Secret
from anhu.outbox.callbacks import ProviderCall
from notify.callback_reader import CallbackReader, UnreadableCallError
from notify.channel import Delivery, Recipient
from notify.channels import capabilities, channel_class, channel_types
from notify.channels.feishu import FeishuSettings
from notify.channels.feishu.callbacks import FeishuCalls
from notify.channels.feishu.fake import FakeFeishu
from notify.channels.wecom import WeComSettings
from notify.channels.wecom.callbacks import Envelope, WeComCalls, fields
from notify.channels.wecom.fake import FakeWeCom
from notify.dispatcher import Dispatcher
from notify.fake_http import FakeHttp
from notify.receipt_book import Result
from notify.subjects import subjects
from tests.api.world import World, serve
from tests.conformance.test_channels import CLOCK, MESSAGE, attempt

TOKEN, AES_KEY, CORP = "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7"
ENCRYPT_KEY, VERIFICATION = "encrypt-key-of-feishu", "verification-token"


def padded(plain: bytes, block: int) -> bytes:
    more = block - len(plain) % block
    return plain + bytes([more]) * more


def sealed(plain: bytes, key: bytes, iv: bytes) -> bytes:
    seal = Cipher(AES(key), CBC(iv)).encryptor()
    return seal.update(plain) + seal.finalize()


def wecom_call(event: str, *, corp: str, token: str = TOKEN) -> ProviderCall:
    """Say something as WeCom does."""
    key = base64.b64decode(AES_KEY + "=")
    said = os.urandom(16) + struct.pack(">I", len(event.encode())) + event.encode() + corp.encode()
    text = base64.b64encode(sealed(padded(said, 32), key, key[:16])).decode()
    signed = hashlib.sha1("".join(sorted((token, "1409659813", "1372623149", text))).encode()).hexdigest()  # noqa: S324 - WeCom's own
    query = {"msg_signature": signed, "timestamp": "1409659813", "nonce": "1372623149"}
    body = f"<xml><ToUserName><![CDATA[{corp}]]></ToUserName><Encrypt><![CDATA[{text}]]></Encrypt></xml>"
    return ProviderCall("POST", query, {}, body.encode())


def pressed_at_wecom(key: str, corp: str) -> ProviderCall:
    return wecom_call(
        "<xml><FromUserName><![CDATA[doctor]]></FromUserName><MsgType><![CDATA[event]]></MsgType>"
        f"<Event><![CDATA[template_card_event]]></Event><EventKey><![CDATA[{key}]]></EventKey>"
        "<TaskId><![CDATA[t-1]]></TaskId><ResponseCode><![CDATA[r]]></ResponseCode></xml>",
        corp=corp,
    )


def feishu_call(said: dict[str, Any], *, key: str = ENCRYPT_KEY) -> ProviderCall:
    """Say something as Feishu does."""
    iv = os.urandom(16)
    text = base64.b64encode(
        iv + sealed(padded(json.dumps(said).encode(), 16), hashlib.sha256(key.encode()).digest(), iv)
    )
    body = json.dumps({"encrypt": text.decode()}).encode()
    signed = hashlib.sha256(f"1700000000nonce{key}".encode() + body).hexdigest()
    headers = {
        "x-lark-request-timestamp": "1700000000",
        "x-lark-request-nonce": "nonce",
        "x-lark-signature": signed,
    }
    return ProviderCall("POST", {}, headers, body)


def pressed_at_feishu(value: dict[str, str]) -> ProviderCall:
    header = {"event_id": "e-1", "event_type": "card.action.trigger", "token": VERIFICATION}
    event = {"operator": {"open_id": "ou_1"}, "action": {"tag": "button", "value": value}}
    return feishu_call({"schema": "2.0", "header": header, "event": event})


WECOM = WeComSettings(
    wecom_corp_id=CORP,
    wecom_agent_id=1,
    wecom_callback_token=Secret(TOKEN),
    wecom_callback_aes_key=Secret(AES_KEY),
)
FEISHU = FeishuSettings(feishu_verification_token=Secret(VERIFICATION), feishu_encrypt_key=Secret(ENCRYPT_KEY))


def test_the_example_of_wecoms_own_library_is_read() -> None:
    said = Envelope(TOKEN, AES_KEY, CORP).opened(
        "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
        "1409659589",
        "263014780",
        "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
    )
    assert said == b"1616140317555161061"


def test_wecom_tries_the_address() -> None:
    reply = WeComCalls(WECOM).reply(
        ProviderCall(
            "GET",
            {
                "msg_signature": "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
                "timestamp": "1409659589",
                "nonce": "263014780",
                "echostr": "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
            },
            {},
            b"",
        )
    )
    assert (reply.status, reply.body, reply.keep) == (200, b"1616140317555161061", False)


def test_feishu_tries_the_address() -> None:
    said = {"type": "url_verification", "token": VERIFICATION, "challenge": "c-1"}
    reply = FeishuCalls(FEISHU).reply(feishu_call(said))
    assert (reply.status, json.loads(reply.body), reply.keep) == (200, {"challenge": "c-1"}, False)


GOOD_WECOM = pressed_at_wecom("acknowledge|a-1:raised.3:0:k-1", CORP)
GOOD_FEISHU = pressed_at_feishu({"answer": "acknowledge", "key": "a-1:raised.3:0:k-1"})


@pytest.mark.parametrize(("reader", "good"), [(WeComCalls(WECOM), GOOD_WECOM), (FeishuCalls(FEISHU), GOOD_FEISHU)])
def test_a_press_is_an_answer_to_its_message(reader: CallbackReader, good: ProviderCall) -> None:
    reply = reader.reply(good)
    assert (reply.status, reply.keep) == (200, True)
    (news,) = reader.news(good)
    assert (news.key, news.answer) == ("a-1:raised.3:0:k-1", "acknowledge")
    assert news.event


FORGED = [
    (WeComCalls(WECOM), GOOD_WECOM._replace(query={**GOOD_WECOM.query, "msg_signature": "0" * 40})),
    (WeComCalls(WECOM), GOOD_WECOM._replace(query={**GOOD_WECOM.query, "msg_signature": "é"})),
    (WeComCalls(WECOM), GOOD_WECOM._replace(query={})),
    (WeComCalls(WECOM), GOOD_WECOM._replace(body=b"")),
    (WeComCalls(WECOM), GOOD_WECOM._replace(body=b"<xml><Encrypt>" + b"A" * 70_000 + b"</Encrypt></xml>")),
    (WeComCalls(WECOM), pressed_at_wecom("acknowledge|k", "another corp")),
    (WeComCalls(WECOM), wecom_call("x", corp=CORP, token="another token")),
    (FeishuCalls(FEISHU), GOOD_FEISHU._replace(headers={})),
    (FeishuCalls(FEISHU), GOOD_FEISHU._replace(body=GOOD_FEISHU.body + b" ")),
    (FeishuCalls(FEISHU), GOOD_FEISHU._replace(body=b"[]")),
    (FeishuCalls(FEISHU), GOOD_FEISHU._replace(body=b'{"encrypt":"x"}')),
    (FeishuCalls(FEISHU), feishu_call({"type": "url_verification", "token": VERIFICATION}, key="another")),
    (FeishuCalls(FEISHU), feishu_call({"type": "url_verification", "token": "another", "challenge": "c"})),
    (
        FeishuCalls(FEISHU),
        ProviderCall("POST", {}, {}, json.dumps({"type": "url_verification", "token": VERIFICATION}).encode()),
    ),
]


@pytest.mark.parametrize(("reader", "call"), FORGED)
def test_what_the_provider_did_not_say_is_neither_kept_nor_answered(reader: CallbackReader, call: ProviderCall) -> None:
    reply = reader.reply(call)
    assert (reply.status, reply.keep) == (403, False)


@pytest.mark.parametrize("key", ["delete|k", "acknowledge", "acknowledge|", ""])
def test_a_button_that_no_card_of_ours_has_is_not_understood(key: str) -> None:
    with pytest.raises(UnreadableCallError):
        WeComCalls(WECOM).news(pressed_at_wecom(key, CORP))


def test_a_document_that_declares_entities_is_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><xml><Encrypt>&a;</Encrypt></xml>'
    with pytest.raises(UnreadableCallError):
        fields(bomb)


def settings_of(far: FakeHttp) -> Any:  # noqa: ANN401 - each channel has settings of its own type
    own = far.settings(far.port)
    if isinstance(own, WeComSettings):
        return dataclasses.replace(own, wecom_callback_token=Secret(TOKEN), wecom_callback_aes_key=Secret(AES_KEY))
    return dataclasses.replace(
        own, feishu_verification_token=Secret(VERIFICATION), feishu_encrypt_key=Secret(ENCRYPT_KEY)
    )


def press(far: FakeHttp, what: str) -> ProviderCall:
    """Press a button of the card that the provider has now."""
    body = far.calls[-1].json()
    if isinstance(far, FakeWeCom):
        keys = [one["key"] for one in body["template_card"]["button_list"]]
        (key,) = [one for one in keys if one.startswith(what)]
        return pressed_at_wecom(key, settings_of(far).wecom_corp_id)
    buttons = json.loads(body["content"])["elements"][-1]["actions"]
    (value,) = [one["value"] for one in buttons if one.get("value", {}).get("answer") == what]
    return pressed_at_feishu(value)


@pytest.mark.parametrize(("name", "kind"), [("wecom", FakeWeCom), ("feishu", FakeFeishu)])
def test_an_alarm_is_taken_by_a_press_on_its_card_once(world: World, name: str, kind: type[FakeHttp]) -> None:
    with kind() as far:
        chosen = settings_of(far)
        reader = channel_types()[name].callbacks(chosen)
        assert reader is not None
        world.contact("user:doctor", channel=name)
        world.raise_alert("r-ours", "sos")

        async def step() -> None:
            channel = channel_class(name).from_settings(chosen, world.clock)
            assert channel is not None
            made = Dispatcher(
                world.sessions,
                {name: channel},
                world.clock,
                capabilities=capabilities(),
                subjects=subjects(),
                readers={name: reader},
                public_url="https://desk.example",
                jitter=lambda: 0.0,
            )
            await made.step(world.clock.now_ms())
            await channel.close()

        asyncio.run(step())
        call = press(far, "acknowledge")
        called = serve(world, None, callbacks={name: reader})  # type: ignore[arg-type] # no reading is read
        with called as site, site.anonymous() as client:
            for _ in range(2):
                answer = client.post(
                    f"/callbacks/{name}/{reader.secret}", params=call.query, headers=call.headers, content=call.body
                )
                assert answer.status_code == 200
        asyncio.run(step())
    with world.sessions() as session:
        assert session.query(Alert).one().response == "acknowledged"
        (line,) = session.query(AlertEvent).filter_by(what="acknowledged")
        assert line.data["via"] == name


def test_a_card_that_wecom_has_had_is_no_failure() -> None:
    with FakeWeCom() as far:
        chosen = settings_of(far)
        message = dataclasses.replace(MESSAGE, data={**MESSAGE.data, "link": "https://desk.example/desk?alert=a-1"})

        async def twice() -> list[Result]:
            channel = channel_class("wecom").from_settings(chosen, CLOCK)
            assert channel is not None
            found = [await attempt(channel, Recipient(address="user:doctor"), message) for _ in range(2)]
            await channel.close()
            return found

        assert all(isinstance(one, Delivery) for one in asyncio.run(twice()))
        assert len(far.taken()) == 1
