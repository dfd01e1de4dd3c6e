"""Commands to devices built on vendors' clouds: in each cloud's own words, on its own topics, and what they answer."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from anhu.contract.topics import for_command
from gateway.codec import Answer, Codec, Command, Frame
from gateway.codecs import discover
from gateway.command_numbers import command_number
from gateway.door_specs import DoorKind, MqttLogin
from gateway.doors import topic_rules
from tests.gateway.doors.mqtt import test_signed_logins as logins
from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import SECRET, Door, device
from tests.gateway.doors.mqtt.raw import Raw
from tests.gateway.mqtt import spoken

aliyun_sdk, codecs, enrolled = logins.aliyun_sdk, logins.codecs, logins.enrolled
NUMBER = command_number("c-1")
ASK = Command(name="ask_ok", command_id="c-1", arguments={"seconds": 30.0}, at_ms=1_795_300_000_123)
FAMILIES: Mapping[str, tuple[str, object, str, bytes, bytes]] = {
    "aliyun_alink": (
        "/sys/pk/ali-1/thing/service/ask_ok",
        {
            "id": NUMBER,
            "version": "1.0",
            "params": {"id": "c-1", "seconds": 30.0},
            "method": "thing.service.ask_ok",
        },
        "/sys/pk/ali-1/thing/service/ask_ok_reply",
        f'{{"id":"{NUMBER}","code":200,"data":{{"answer":"ok"}}}}'.encode(),
        f'{{"id":"{NUMBER}","code":5161,"data":{{}},"message":"no such service"}}'.encode(),
    ),
    "tuya_link": (
        "tylink/tuya1/thing/action/execute",
        {
            "msgId": "c-1",
            "time": 1_795_300_000_123,
            "data": {"actionCode": "ask_ok", "inputParams": {"seconds": 30.0}},
        },
        "tylink/tuya1/thing/action/execute_response",
        b'{"msgId":"c-1","time":1,"code":0,"data":{"actionCode":"ask_ok","outputParams":{"answer":"ok"}}}',
        b'{"msgId":"c-1","time":1,"code":2001,"msg":"no such service"}',
    ),
    "onenet": (
        "$sys/Xy12Ab34/one-1/thing/service/ask_ok/invoke",
        {"id": NUMBER, "version": "1.0", "params": {"id": "c-1", "command": "ask_ok", "seconds": 30.0}},
        "$sys/Xy12Ab34/one-1/thing/service/ask_ok/invoke_reply",
        f'{{"id":"{NUMBER}","code":200,"msg":"success","data":{{"answer":"ok"}}}}'.encode(),
        f'{{"id":"{NUMBER}","code":2401,"msg":"no such service"}}'.encode(),
    ),
    "tencent_iot": (
        "$thing/down/action/1A17RZR3XX/ten-1",
        {
            "method": "action",
            "clientToken": "c-1",
            "actionId": "ask_ok",
            "timestamp": 1_795_300_000,
            "params": {"seconds": 30.0},
        },
        "$thing/up/action/1A17RZR3XX/ten-1",
        b'{"method":"action_reply","clientToken":"c-1","code":0,"status":"","response":{"answer":"ok"}}',
        b'{"method":"action_reply","clientToken":"c-1","code":406,"status":"no such service"}',
    ),
}
MADE = {
    "aliyun_alink": logins._aliyun,
    "tuya_link": logins._tuya,
    "onenet": logins._onenet,
    "tencent_iot": logins._tencent,
}
WHO = {"aliyun_alink": "ali-1", "tuya_link": "tuya1", "onenet": "one-1", "tencent_iot": "ten-1"}


def payload_of(publish: bytes) -> object:
    return json.loads(publish[publish.index(b"{") :])


def answers(door: Door) -> list[tuple[str, str, str, bool]]:
    said = door.call(lambda: list(door.intake.answers._new.values()))
    return [(one.device_id, one.command_id, one.text, one.is_refusal) for one in said]


def _is_answered(door: Door, wanted: list[tuple[str, str, str, bool]]) -> bool:
    return answers(door) == wanted


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_a_command_reaches_a_device_on_its_own_clouds_topic_and_its_answer_is_understood(door: Door, name: str) -> None:
    topic, words, reply_topic, yes, no = FAMILIES[name]
    client_id, user, password = MADE[name]()
    door.commands.waiting.append((WHO[name], ASK))
    with Raw(door.port) as client:
        assert client.login(client_id=client_id, user=user, password=password.encode()) == logins.LET_IN
        if name != "aliyun_alink":  # its cloud subscribes for its devices
            client.send(spoken.subscribe(topic.replace("ask_ok", "+")))
            assert client.read()[-1] == 1
        command = client.read()
        assert topic.encode() in command
        assert payload_of(command) == words
        at = command.index(topic.encode()) + len(topic)
        client.send(spoken.puback(int.from_bytes(command[at : at + 2], "big")))
        until(lambda: door.commands.done == ["c-1"])
        identity = NUMBER if "alink" in name or name == "onenet" else "c-1"
        for payload, wanted in ((yes, ("answer: ok", False)), (no, ("no such service", True))):
            client.send(spoken.publish(reply_topic, payload, packet_id=9))
            client.read()
            until(partial(_is_answered, door, [(WHO[name], identity, *wanted)]))
    assert door.log.read() == [] or door.log.undecoded() == []


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_a_device_hears_no_commands_of_another(door: Door, name: str) -> None:
    client_id, user, password = MADE[name]()
    door.commands.waiting.append(("somebody-else", ASK))
    with Raw(door.port) as client:
        client.login(client_id=client_id, user=user, password=password.encode())
        client.send(spoken.subscribe(FAMILIES[name][0].replace(WHO[name], "somebody-else")))
        client.read()
        assert client.quiet()
    assert door.commands.done == []


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_a_device_with_a_plain_secret_is_known_by_what_it_subscribes_to(door: Door, name: str) -> None:
    who = WHO[name]
    door.directory.put(device(who, codec=name))
    door.commands.waiting.append((who, ASK))
    with Raw(door.port) as client:
        assert client.login(client_id="x", user=who, password=SECRET.encode()) == logins.LET_IN
        client.send(spoken.subscribe(FAMILIES[name][0]))
        client.read()
        assert payload_of(client.read()) == FAMILIES[name][1]


def test_a_device_whose_product_nobody_knows_is_told_of(door: Door) -> None:
    door.directory.put(device("one-1", codec="onenet"))
    door.commands.waiting.append(("one-1", ASK))
    with Raw(door.port) as client:
        client.login(client_id="x", user="one-1", password=SECRET.encode())
        client.send(spoken.subscribe("$sys/+/one-1/#"))
        client.read()
        until(lambda: "product" in door.commands.refused.get("c-1", ""))


def test_a_product_is_read_where_the_topic_holds_it_and_nowhere_else() -> None:
    template = "$sys/{product}/{device_id}/thing/service/{command}/invoke"
    found = topic_rules.product_in
    assert found(template, "one-1", "$sys/pid/one-1/thing/property/post") == "pid"
    for other in ("$sys/+/one-1/#", "$sys/#", "$sys/pid/two/x", "$sys//one-1/x", "pid/one-1", "", "$sys/pid"):
        assert found(template, "one-1", other) == ""
    assert found("anhu/v1/{device_id}/commands", "one-1", "anhu/v1/one-1/commands") == ""
    assert for_command(template, "d", "c", name="find", product="p") == "$sys/p/d/thing/service/find/invoke"


def test_a_log_in_cannot_name_a_product_that_is_more_than_a_level() -> None:
    codec = discover()["aliyun_alink"]
    entry = device("ali-1", codec="aliyun_alink")

    def unasked(user_name: str) -> str:
        login = MqttLogin(client_id="x|securemode=3|", user_name=user_name, password=b"", at_ms=0)
        return topic_rules.unasked_filter(codec, entry, login)

    assert unasked("ali-1&pk") == "/sys/pk/ali-1/thing/service/#"
    assert [unasked(f"ali-1&{bad}") for bad in ("", "#", "+", "a/b", "p" * 65)] == [""] * 5


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_what_is_no_answer_to_a_command_is_none(name: str) -> None:
    codec: Codec = discover()[name]
    assert codec.answer is not None
    for example in codec.examples:
        if example.error is None and "command" not in example.name and "action" not in example.name:
            assert codec.answer(example.frame()) is None, example.name
    _, _, route, yes, _ = FAMILIES[name]
    frame = Frame(door=DoorKind.MQTT, route=route, payload=yes, device_id=WHO[name], received_at_ms=1)
    said = codec.answer(frame)
    assert isinstance(said, Answer)
    assert said.command_id in {"c-1", NUMBER}


def test_aliyuns_own_sdk_is_asked_and_answers(door: Door, aliyun_sdk: Path) -> None:
    door.commands.waiting.append(("ali-1", ASK))
    done = subprocess.run(
        ["node", str(Path(__file__).with_name("aliyun_service.cjs")), str(door.port)],
        check=True,
        timeout=30,
        capture_output=True,
        env={**os.environ, "ALIYUN_SDK_FOLDER": str(aliyun_sdk)},
    )
    assert json.loads(done.stdout) == {"params": {"id": "c-1", "seconds": 30}, "method": "thing.service.ask_ok"}
    assert door.commands.done == ["c-1"]
    until(lambda: answers(door) == [("ali-1", NUMBER, "answer: ok", False)])
