"""Attackers of the MQTT door, one of each kind: what each does until it is told to stop."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import get_context
from typing import NamedTuple

import msgspec

from simulators import mqtt_packets as packets
from simulators.credential import Credential

_CONNECT_S = 5.0
_PAIR = b"\x26\x00\x01k\x00\x01v"
_WINDOW = 4


class Target(NamedTuple):
    """What is attacked, and with whose stolen credential."""

    mqtt_port: int
    http_port: int
    stolen: Credential


Attack = Callable[[Target, float], None]
"""Attacks until a time of `time.monotonic`. [s]"""


def _dial(target: Target) -> socket.socket:
    return socket.create_connection(("127.0.0.1", target.mqtt_port), timeout=_CONNECT_S)


def _varint(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = divmod(value, 128)
        out.append(low | (128 if value else 0))
        if not value:
            return bytes(out)


def _packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + _varint(len(body)) + body


def _text(value: str) -> bytes:
    return len(value.encode()).to_bytes(2, "big") + value.encode()


def _version_5(who: Credential) -> bytes:
    body = _text("MQTT") + b"\x05\xc2\x00\x3c\x00" + _text(who.device_id) + _text(who.device_id) + _text(who.secret)
    return _packet(0x10, body)


def big_connects(target: Target, until_s: float) -> None:
    """Send CONNECTs of 119 kB without a user name, one after the other on four connections at once."""
    properties = _PAIR * 17_000
    connect = _packet(0x10, _text("MQTT") + b"\x05\x02\x00\x3c" + _varint(len(properties)) + properties + _text("x"))
    while time.monotonic() < until_s:
        with ExitStack() as stack, suppress(OSError):
            four = [stack.enter_context(_dial(target)) for _ in range(4)]
            for one in four:
                with suppress(OSError):
                    one.sendall(connect)
            for one in four:
                with suppress(OSError):
                    one.recv(64)


def slow_connects(target: Target, until_s: float) -> None:
    """Hold 1,500 half CONNECTs open, with a byte each every second."""
    half = packets.connect("x" * 200, "x", "x", 60)
    with ExitStack() as stack:
        held = []
        for _ in range(1_500):
            with suppress(OSError):
                held.append(stack.enter_context(_dial(target)))
                held[-1].sendall(half[:8])
        sent = 8
        while time.monotonic() < until_s:
            for one in held:
                with suppress(OSError):
                    one.sendall(half[sent : sent + 1])
            sent += 1
            time.sleep(1)


def wrong_log_ins(target: Target, until_s: float) -> None:
    """Guess a device's secret on 40 connections at once, from the address from which everybody comes."""
    connect = packets.connect("guess", target.stolen.device_id, "wrong", 60)
    while time.monotonic() < until_s:
        with ExitStack() as stack, suppress(OSError):
            for one in [stack.enter_context(_dial(target)) for _ in range(40)]:
                with suppress(OSError):
                    one.sendall(connect)
                    one.settimeout(0.05)
                    one.recv(4)


def event_flood(target: Target, until_s: float) -> None:
    """Send messages of 9,000 events that nobody has mapped, each of a type of its own."""
    _publish(target, until_s, _of_events({"kind": "unknown_vendor_event"}, "vendor_type", 9_000))


def source_flood(target: Target, until_s: float) -> None:
    """Send messages of 9,000 sensors that nobody has registered."""
    _publish(target, until_s, _of_sources())


def topic_flood(target: Target, until_s: float) -> None:
    """Publish to a foreign topic of 1 kB, a new one each time."""
    who, number = target.stolen, 0
    with _dial(target) as sock:
        sock.sendall(_version_5(who))
        sock.recv(64)
        while time.monotonic() < until_s:
            batch = bytearray()
            for packet_id in range(1, 51):
                number += 1
                topic = f"foreign/{number}/".ljust(1_000, "x")
                batch += _packet(0x32, _text(topic) + packet_id.to_bytes(2, "big") + b"\x00x")
            sock.sendall(batch)
            _read_answers(sock, 50 * 5)


def property_flood(target: Target, until_s: float) -> None:
    """Publish messages of 1 MB whose 150,000 user properties say nothing."""
    properties = _PAIR * 150_000
    topic = _text(f"anhu/v1/{target.stolen.device_id}/up")
    payload = b'{"v":1,"values":{"battery":90}}'
    publish = _packet(0x32, topic + b"\x00\x01" + _varint(len(properties)) + properties + payload)
    with _dial(target) as sock:
        sock.sendall(_version_5(target.stolen))
        sock.recv(64)
        while time.monotonic() < until_s:
            sock.sendall(publish)
            _read_answers(sock, 4)


ATTACKS: Mapping[str, Attack] = {
    "CONNECTs of 119 kB": big_connects,
    "1,500 half CONNECTs": slow_connects,
    "wrong log-ins, same address": wrong_log_ins,
    "9,000 event types a message": event_flood,
    "9,000 sensors a message": source_flood,
    "foreign topics of 1 kB": topic_flood,
    "150,000 user properties": property_flood,
}
"""Name -> attack. Those of other doors are added where all are measured."""


def _of_events(event: dict[str, object], name: str, count: int) -> Iterator[bytes]:
    number = 0
    while True:
        events = [{**event, "attributes": {name: f"0-{number + n}", "urgent": False}} for n in range(count)]
        number += count
        yield msgspec.json.encode({"v": 1, "events": events})


def _of_sources() -> Iterator[bytes]:
    number = 0
    while True:
        events = [{"kind": "motion", "source": f"s{number + n}"} for n in range(9_000)]
        number += 9_000
        yield msgspec.json.encode({"v": 1, "events": events})


def _publish(target: Target, until_s: float, payloads: Iterator[bytes]) -> None:
    """Publish as fast as it is answered, twelve messages at most: so many stopped a desk."""
    topic, who = f"anhu/v1/{target.stolen.device_id}/up", target.stolen
    with _dial(target) as sock:
        sock.sendall(packets.connect(who.device_id, who.device_id, who.secret, 60))
        sock.recv(4)
        for number in range(1, 13):
            if time.monotonic() >= until_s:
                return
            sock.sendall(packets.publish(topic, next(payloads), number))
            _read_answers(sock, 4)
        time.sleep(max(0.0, until_s - time.monotonic()))


def _read_answers(sock: socket.socket, count: int) -> None:
    sock.settimeout(30)
    left = count
    while left > 0:
        data = sock.recv(left)
        if not data:
            raise ConnectionAbortedError("the door closed the attacker's connection")
        left -= len(data)


def _attack(name: str, target: Target, seconds: float) -> None:
    with suppress(OSError):
        ATTACKS[name](target, time.monotonic() + seconds)


@contextmanager
def attacking(name: str, target: Target, seconds: float) -> Iterator[None]:
    """Have it attacked during the block, by a process of its own: it must not slow down who measures."""
    process = get_context("spawn").Process(target=_attack, args=(name, target, seconds), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()
