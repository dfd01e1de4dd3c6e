from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from anhu.contract import wire
from anhu.contract.errors import FieldError, SettingsError
from anhu.contract.observation import Event
from simulators.credential import Credential, read_credentials
from simulators.device import DeviceError, SimulatedDevice
from simulators.faults import parse
from simulators.fleet import FleetDevice
from simulators.mqtt_packets import cut
from simulators.options import LARGEST_PAHO_FLEET, RunProgress, SimulateOptions, Summary, numbered
from simulators.run import simulate
from simulators.sources.recording import SHIPPED
from tests.services.mosquitto import Mosquitto

StartBroker = Callable[..., Mosquitto]


class Listener:
    """Hears every report at a broker."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.topics: set[str] = set()
        self.pairs: set[tuple[str, bytes]] = set()
        self._news = threading.Condition()

    def heard(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        with self._news:
            self.payloads.append(bytes(message.payload))
            self.topics.add(message.topic)
            self.pairs.add((message.topic, bytes(message.payload)))
            self._news.notify_all()

    def wait_for_all(self, device_id: str, payloads: list[bytes]) -> bool:
        """Wait until each was heard at least once: after a break some come twice."""
        wanted = {(f"anhu/v1/{device_id}/up", p) for p in payloads}
        with self._news:
            return self._news.wait_for(lambda: wanted <= self.pairs, timeout=20)

    def wait_for(self, n: int) -> bool:
        with self._news:
            return self._news.wait_for(lambda: len(self.payloads) >= n, timeout=20)


@contextmanager
def listening(broker: Mosquitto) -> Iterator[Listener]:
    listener = Listener()
    subscribed = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="listener")
    client.on_message = listener.heard
    client.on_connect = lambda c, *_: c.subscribe([("anhu/v1/+/up", 1), ("anhu/v1/+/urgent", 1)])
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect(broker.host, broker.port)
    client.loop_start()
    assert subscribed.wait(10)
    try:
        yield listener
    finally:
        client.disconnect()
        client.loop_stop()


def run(options: SimulateOptions) -> tuple[Summary, list[RunProgress]]:
    seen: list[RunProgress] = []
    return asyncio.run(asyncio.wait_for(simulate(options, seen.append), 60)), seen


def test_every_acknowledged_message_of_a_device_reaches_the_broker(mosquitto: StartBroker) -> None:
    broker = mosquitto()
    with listening(broker) as listener:
        device = SimulatedDevice(Credential("watch-1", "secret"), host=broker.host, port=broker.port)
        device.connect()
        sent = [f'{{"v":1,"values":{{"steps":{i}}}}}'.encode() for i in range(300)]
        for i, payload in enumerate(sent):
            device.publish(payload)
            if i in (100, 200):
                device.break_connection()
        assert device.wait_acknowledged()
        device.close()
        assert sorted(device.acknowledged) == sorted(sent)
        assert listener.wait_for_all("watch-1", device.acknowledged)
        assert listener.topics == {"anhu/v1/watch-1/up"}


def test_every_acknowledged_message_of_a_fleet_reaches_the_broker(mosquitto: StartBroker) -> None:
    broker = mosquitto("max_inflight_messages 0\nmax_queued_messages 0")

    async def fleet(n: int) -> list[FleetDevice]:
        made = [
            FleetDevice(c, host=broker.host, port=broker.port, remember=True) for c in numbered("watch", "secret", n)
        ]
        await asyncio.gather(*(d.connect() for d in made))
        for i in range(50):
            for d in made:
                await d.publish(f'{{"v":1,"values":{{"steps":{i}}}}}'.encode())
                if i == 25:
                    await d.break_connection()
                    assert not d.connected
                    await d.connect()
        assert all(await asyncio.gather(*(d.wait_acknowledged() for d in made)))
        await asyncio.gather(*(d.close() for d in made))
        return made

    with listening(broker) as listener:
        made = asyncio.run(fleet(20))
        assert all(d.acknowledged_count == len(d.acknowledged) == 50 for d in made)
        assert all(listener.wait_for_all(d.device_id, d.acknowledged) for d in made)
        assert len(listener.topics) == 20


def test_a_recorded_fall_is_told_to_the_end(mosquitto: StartBroker) -> None:
    broker = mosquitto()
    options = SimulateOptions(
        credentials=numbered("watch", "secret", 1),
        host=broker.host,
        port=broker.port,
        recording=SHIPPED / "umafall_S05.npz",
        speed=100.0,
    )
    with listening(broker) as listener:
        summary, _ = run(options)
        assert (summary.sent, summary.acknowledged, summary.unanswered, summary.refused) == (15, 15, 0, ())
        assert summary.answer_p99_ms > 0
        assert listener.wait_for(15)


@pytest.mark.parametrize("devices", [3, LARGEST_PAHO_FLEET + 5])
def test_ordinary_days_with_faults_lose_nothing_that_was_acknowledged(mosquitto: StartBroker, devices: int) -> None:
    broker = mosquitto()
    options = SimulateOptions(
        credentials=numbered("watch", "secret", devices),
        host=broker.host,
        port=broker.port,
        duration_s=1.5,
        speed=3_600.0,
        faults=parse("drop=0.1,duplicate=0.1,reorder=0.1,disconnect=0.01,delay_s=5"),
    )
    with listening(broker) as listener:
        summary, seen = run(options)
        assert summary.sent == summary.acknowledged > 50 * devices
        assert listener.wait_for(summary.sent)
        assert seen
    now_ms = 4_000_000_000_000
    times = [wire.decode(p, now_ms)[0].observed_at_ms for p in listener.payloads]
    assert max(times) - min(times) > 3_600_000, "told faster than it passed"


def test_load_is_sent_at_its_rate(mosquitto: StartBroker) -> None:
    broker = mosquitto()
    options = SimulateOptions(
        credentials=numbered("load", "secret", 50), host=broker.host, port=broker.port, rate_per_s=500.0, duration_s=2.0
    )
    summary, seen = run(options)
    assert summary.sent == summary.acknowledged
    assert 700 <= summary.sent <= 1_001
    assert seen[0].devices == 50


def test_a_device_that_vanishes_says_no_good_bye(mosquitto: StartBroker) -> None:
    broker = mosquitto("log_type all")
    options = SimulateOptions(
        credentials=numbered("watch", "secret", 1),
        host=broker.host,
        port=broker.port,
        scenario="silence",
        speed=60.0,
    )
    summary, _ = run(options)
    assert summary.acknowledged == 7
    broker.stop()  # writes its log first
    log = broker.log.read_text("utf-8")
    assert "New client connected" in log
    assert "Received DISCONNECT from watch" not in log


def test_commands_reach_the_device(mosquitto: StartBroker) -> None:
    broker = mosquitto()
    got: list[tuple[str, bytes]] = []
    came = threading.Event()

    def on_command(topic: str, payload: bytes) -> None:
        got.append((topic, payload))
        came.set()

    device = SimulatedDevice(
        Credential("watch-1", "s"), host=broker.host, port=broker.port, on_command=on_command, mqtt_5=True
    )
    device.connect()
    sender = SimulatedDevice(Credential("desk", "s"), host=broker.host, port=broker.port)
    sender.topic = "anhu/v1/watch-1/commands"
    sender.connect()
    for _ in range(50):  # until the subscription stands
        sender.publish(b'{"v":1,"command":"find","id":"c-1","arguments":{}}')
        if came.wait(0.1):
            break
    sender.close()
    device.close()
    assert got[0] == ("anhu/v1/watch-1/commands", b'{"v":1,"command":"find","id":"c-1","arguments":{}}')


@pytest.mark.parametrize("devices", [1, LARGEST_PAHO_FLEET + 1])
def test_a_refused_device_says_so_and_shows_no_secret(mosquitto: StartBroker, tmp_path: Path, devices: int) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text("", "utf-8")
    broker = mosquitto(f"allow_anonymous false\npassword_file {passwords}")
    options = SimulateOptions(
        credentials=numbered("watch", "hush-hush", devices), host=broker.host, port=broker.port, scenario="sos"
    )
    with pytest.raises(DeviceError, match=r"no device could connect; the first: watch.*refused") as raised:
        run(options)
    assert "hush" not in str(raised.value)
    assert "hush" not in repr(options)


def test_an_address_where_nobody_listens() -> None:
    options = SimulateOptions(credentials=numbered("w", "s", 1), port=9, scenario="sos")
    with pytest.raises(DeviceError, match=r"127\.0\.0\.1:9 cannot be reached"):
        run(options)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"credentials": ()}, "at least one device"),
        ({"scenario": "flood"}, "scenario: got 'flood', expected one of fall"),
        ({"scenario": "sos", "rate_per_s": 5.0}, "expected one of them"),
        ({"speed": 0.0}, "speed: got 0.0"),
        ({"duration_s": -1.0}, "0 or more"),
    ],
)
def test_wrong_options_are_refused_before_the_network(wrong: dict[str, object], expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        SimulateOptions(**{"credentials": numbered("w", "s", 1), **wrong})  # type: ignore[arg-type]


def test_credentials_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "devices.csv"
    file.write_text("watch-1,abc\nwatch-2,def\n", "utf-8")
    assert read_credentials(file) == (Credential("watch-1", "abc"), Credential("watch-2", "def"))
    assert "abc" not in repr(read_credentials(file))
    file.write_text("watch-1,abc\nwatch-2\n", "utf-8")
    with pytest.raises(FieldError, match=r"devices\.csv:2: got '1 columns', expected device_id,secret"):
        read_credentials(file)


def test_packets_are_cut_wherever_the_bytes_stop() -> None:
    stream = b"\x20\x02\x00\x00\x40\x02\x00\x07\x30\x85\x01" + b"x" * 133
    for step in (1, 2, 3, 50, 200):
        buffer, found = bytearray(), []
        for i in range(0, len(stream), step):
            buffer += stream[i : i + step]
            found += list(cut(buffer))
        assert found == [(2, b"\x00\x00"), (4, b"\x00\x07"), (3, b"x" * 133)]
        assert not buffer
    with pytest.raises(ValueError, match="more than four bytes"):
        list(cut(bytearray(b"\x30\xff\xff\xff\xff\x01")))


def test_an_sos_of_the_scenario_is_an_sos_on_the_wire(mosquitto: StartBroker) -> None:
    broker = mosquitto()
    options = SimulateOptions(
        credentials=numbered("watch", "s", 1), host=broker.host, port=broker.port, scenario="sos", speed=60.0
    )
    with listening(broker) as listener:
        run(options)
        assert listener.wait_for(3)
    kinds = [o.kind for p in listener.payloads for o in wire.decode(p, 0) if isinstance(o, Event)]
    assert kinds == ["sos"]
    calls = [topic for topic, payload in listener.pairs if b'"sos"' in payload]
    assert calls == ["anhu/v1/watch/urgent"]
