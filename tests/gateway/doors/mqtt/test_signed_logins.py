"""Devices built on vendors' own SDKs, unchanged: their log-ins, what they send first, and the answers they wait for."""

from __future__ import annotations

import base64
import hmac
import json
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from gateway.codec import Codec, Command
from gateway.codecs import discover
from gateway.directory import DeviceEntry
from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import SECRET, Door, device, open_codec
from tests.gateway.doors.mqtt.raw import Raw
from tests.gateway.mqtt import spoken
from tests.services.finding import cache_folder

ALIYUN_SDK = "alibabacloud-iot-device-sdk@1.2.8"
KEY = "0123456789abcdef"
LET_IN, REFUSED = bytes.fromhex("20020000"), bytes.fromhex("20020004")


def signing(device_id: str, codec: str, secret: str = KEY) -> DeviceEntry:
    return replace(device(device_id, codec=codec), secret_sha256=b"", signing_secret=secret)


@pytest.fixture
def codecs() -> Mapping[str, Codec]:
    return {**discover(), "open": open_codec()}


@pytest.fixture(autouse=True)
def enrolled(door: Door) -> None:
    base64_key = base64.b64encode(KEY.encode()).decode()
    door.directory.put(signing("hw-0001", "huawei_iotda"))
    door.directory.put(signing("ali-1", "aliyun_alink"))
    door.directory.put(signing("tuya1", "tuya_link"))
    door.directory.put(signing("one-1", "onenet", base64_key))
    door.directory.put(signing("ten-1", "tencent_iot", base64_key))


def huawei(kind: str = "1", *, hours: int = 0, key: str = KEY) -> bytes:
    """Return the CONNECT of Huawei's SDK for Python (of 2024-07), with the present hour in its places."""
    hour = time.strftime("%Y%m%d%H", time.gmtime(time.time() + hours * 3_600))
    password = hmac.new(hour.encode(), key.encode(), "sha256").hexdigest()
    head = bytes.fromhex("106d00044d51545404c200780016") + f"hw-0001_0_{kind}_{hour}".encode()
    return head + bytes.fromhex("000768772d303030310040") + password.encode()


# What the same SDK sends next, byte for byte, but for the time that stands in it.
FIRST = spoken.publish(
    "$oc/devices/hw-0001/sys/events/up",
    b'{"object_device_id": "hw-0001", "services": [{"service_id": "$log", "event_type": "log_report", "event_time": '
    b'"2026-11-29T20:09:16Z", "event_id": "", "paras": {"timestamp": "1795982956967", "type": "DEVICE_STATUS", '
    b'"content": "connect complete, the uri is 127.0.0.77"}}]}',
)
REPORT = bytes.fromhex(
    "3293010029246f632f646576696365732f68772d303030312f7379732f70726f706572746965732f7265706f72740002"
    "7b227365727669636573223a205b7b22736572766963655f6964223a2022566974616c222c202270726f706572746965"
    "73223a207b22686561727452617465223a2037322c2022534f53223a20317d2c20226576656e745f74696d65223a206e756c6c7d5d7d"
)
ANSWER = spoken.publish(
    "$oc/devices/hw-0001/sys/commands/response/request_id=c-1",
    b'{"result_code": 0, "response_name": "ask_ok", "paras": {"answer": "ok"}}',
    packet_id=3,
)


def test_a_device_on_huaweis_sdk_is_let_in_calls_and_gets_commands_it_never_subscribed_to(door: Door) -> None:
    door.commands.waiting.append(("hw-0001", Command(name="ask_ok", command_id="c-1")))
    with Raw(door.port) as client:
        client.send(huawei())
        assert client.read() == LET_IN
        client.send(FIRST + REPORT)
        heard = [client.read() for _ in range(3)]
        assert {bytes.fromhex("40020001"), bytes.fromhex("40020002")} <= set(heard)
        [command] = [one for one in heard if one[0] == 0x32]
        assert b"$oc/devices/hw-0001/sys/commands/request_id=c-1" in command
        assert b'"command_name":"ask_ok"' in command
        client.send(bytes.fromhex("40020001") + ANSWER)
        assert client.read() == bytes.fromhex("40020003")
    until(lambda: door.commands.done == ["c-1"])
    [reading] = door.log.readings()
    assert [one.quantity for one in reading.observations] == ["heart_rate", "sos"]
    assert door.log.undecoded() == []


@pytest.mark.parametrize(
    "connect",
    [
        huawei(key="another secret...."),
        spoken.connect(user="hw-0001", password=KEY.encode()),
        spoken.connect(user="hw-0001", password=b""),
        spoken.connect(client_id="hw-0001_0_1_2026112920", user="hw-0001", password=KEY.encode()),
        spoken.connect(client_id="dev-2_0_0_2026112920", user="dev-2", password=b""),
    ],
    ids=["another secret", "the secret itself", "none", "the secret itself, dressed up", "a device that signs nothing"],
)
def test_nobody_else_is_let_in(door: Door, connect: bytes) -> None:
    with Raw(door.port) as client:
        client.send(connect)
        assert client.read() == REFUSED


def test_a_wrong_clock_is_refused_and_told_to_whoever_looks_at_the_device(door: Door) -> None:
    with Raw(door.port) as client:
        client.send(huawei(hours=-9))
        assert client.read() == REFUSED
    assert door.call(door.server.health)["logins_stale"] == 1
    until(lambda: [kind for kind, _, _ in door.notes.of("hw-0001")] == ["login"])
    with Raw(door.port) as client:
        client.send(huawei("0", hours=-9))
        assert client.read() == LET_IN


def test_a_signature_of_one_device_opens_no_other(door: Door) -> None:
    door.directory.put(signing("hw-0002", "huawei_iotda", "another secret...."))
    connect = huawei().replace(b"hw-0001", b"hw-0002")
    with Raw(door.port) as client:
        client.send(connect)
        assert client.read() == REFUSED


def test_a_fresh_secret_ends_the_connection_that_came_with_the_former(door: Door) -> None:
    with Raw(door.port) as client:
        client.send(huawei())
        client.read()
        door.call(lambda: door.directory.put(signing("hw-0001", "huawei_iotda", "another secret....")))
        assert client.read() == b""
    assert door.call(door.server.health)["revoked"] == 1


def test_a_device_that_was_given_a_plain_secret_sends_it(door: Door) -> None:
    door.directory.put(device("hw-plain", codec="huawei_iotda"))
    with Raw(door.port) as client:
        assert client.login(user="hw-plain", password=SECRET.encode()) == LET_IN


def _tuya() -> tuple[str, str, str]:
    said = f"signMethod=hmacSha256,timestamp={int(time.time())},secureMode=1,accessType=1"
    content = f"deviceId=tuya1,{said.partition(',')[2]}"
    return "tuyalink_tuya1", f"tuya1|{said}", hmac.new(KEY.encode(), content.encode(), "sha256").hexdigest()


def _onenet() -> tuple[str, str, str]:
    expires, resource = int(time.time()) + 86_000, "products/Xy12Ab34/devices/one-1"
    digest = hmac.digest(KEY.encode(), f"{expires}\nsha1\n{resource}\n2018-10-31".encode(), "sha1")
    sign = quote(base64.b64encode(digest).decode(), safe="")
    res = quote(resource, safe="")
    return "one-1", "Xy12Ab34", f"version=2018-10-31&res={res}&et={expires}&method=sha1&sign={sign}"


def _tencent() -> tuple[str, str, str]:
    user_name = f"1A17RZR3XXten-1;12010126;E4F3Q;{int(time.time()) + 86_000}"
    digest = hmac.new(KEY.encode(), user_name.encode(), "sha256").hexdigest()
    return "1A17RZR3XXten-1", user_name, f"{digest};hmacsha256"


def _aliyun() -> tuple[str, str, str]:
    digest = hmac.new(KEY.encode(), b"clientIdSN1deviceNameali-1productKeypk", "sha256").hexdigest()
    return "SN1|securemode=2,signmethod=hmacsha256|", "ali-1&pk", digest.upper()


@pytest.mark.parametrize(
    ("made", "topic", "payload", "answer"),
    [
        (
            _aliyun(),
            "/sys/pk/ali-1/thing/event/sos/post",
            b'{"id":"5","params":{}}',
            "/sys/pk/ali-1/thing/event/sos/post_reply",
        ),
        (
            _tuya(),
            "tylink/tuya1/thing/property/report",
            b'{"msgId":"5","time":1,"sys":{"ack":1},"data":{"sos":{"value":true}}}',
            "tylink/tuya1/thing/property/report_response",
        ),
        (
            _onenet(),
            "$sys/Xy12Ab34/one-1/thing/event/post",
            b'{"id":"5","version":"1.0","params":{"sos":{"value":{}}}}',
            "$sys/Xy12Ab34/one-1/thing/event/post/reply",
        ),
        (
            _tencent(),
            "$thing/up/event/1A17RZR3XX/ten-1",
            b'{"method":"event_post","clientToken":"5","eventId":"sos","type":"alert","params":{}}',
            "$thing/down/event/1A17RZR3XX/ten-1",
        ),
    ],
    ids=["aliyun", "tuya", "onenet", "tencent"],
)
def test_a_device_of_each_cloud_is_let_in_calls_and_is_answered(
    door: Door, made: tuple[str, str, str], topic: str, payload: bytes, answer: str
) -> None:
    client_id, user, password = made
    with Raw(door.port) as client:
        assert client.login(client_id=client_id, user=user, password=password.encode()) == LET_IN
        client.send(spoken.subscribe(answer))
        client.read()
        door.call(door.log.hold)
        client.send(spoken.publish(topic, payload, packet_id=7))
        assert client.quiet(), "nothing is answered before it is on disk"
        door.call(door.log.let_go)
        heard = [client.read(), client.read()]
        assert heard[0] == bytes.fromhex("40020007")
        assert heard[1][0] == 0x30
        assert answer.encode() in heard[1]
        assert b'"5"' in heard[1]
    until(lambda: [r.observations[0].quantity for r in door.log.readings()] == ["sos"])


def test_who_does_not_listen_is_not_answered(door: Door) -> None:
    client_id, user, password = _aliyun()
    with Raw(door.port) as client:
        client.login(client_id=client_id, user=user, password=password.encode())
        client.send(spoken.publish("/sys/pk/ali-1/thing/event/sos/post", b'{"id":"5","params":{}}'))
        assert client.read() == bytes.fromhex("40020001")
        assert client.quiet()


def test_a_device_speaks_for_no_other_of_its_product(door: Door) -> None:
    client_id, user, password = _aliyun()
    with Raw(door.port) as client:
        client.login(client_id=client_id, user=user, password=password.encode())
        client.send(spoken.publish("/sys/pk/ali-2/thing/event/sos/post", b'{"id":"5","params":{}}'))
        client.read()
    until(lambda: [kind for kind, _, _ in door.notes.of("ali-1")] == ["foreign"])
    assert door.log.undecoded()[0].device_id == "ali-1"


@pytest.fixture(scope="session")
def aliyun_sdk() -> Path:
    """Install Aliyun's SDK once a machine, outside the repository."""
    folder = cache_folder() / "aliyun-sdk" / ALIYUN_SDK.partition("@")[2]
    if not (folder / "node_modules" / "alibabacloud-iot-device-sdk" / "package.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), ALIYUN_SDK]
        subprocess.run(command, check=True, timeout=300, capture_output=True)
    return folder


def test_aliyuns_own_sdk_posts_and_is_answered(door: Door, aliyun_sdk: Path) -> None:
    done = subprocess.run(
        ["node", str(Path(__file__).with_name("aliyun_device.cjs")), str(door.port)],
        check=True,
        timeout=30,
        capture_output=True,
        env={**os.environ, "ALIYUN_SDK_FOLDER": str(aliyun_sdk)},
    )
    assert json.loads(done.stdout) == {"properties": 200, "event": 200}
    kinds = [[one.quantity for one in reading.observations] for reading in door.log.readings()]
    assert kinds == [["heart_rate"], ["fall", "heart_rate"]]
