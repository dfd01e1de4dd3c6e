"""Codecs that leave something open, or claim the same way in, stop the start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from anhu.contract.errors import SettingsError
from gateway.codec import Codec
from gateway.codec_checks import check_codecs
from gateway.codecs import discover
from gateway.codecs.open_json import CODEC as OPEN
from gateway.door_specs import HttpSpec, MqttSpec, TcpSpec
from tests.gateway.doors import toy_push, toy_tcp

PUSH, TCP = toy_push.CODEC, toy_tcp.CODEC


def mqtt(**changed: object) -> Codec:
    assert OPEN.mqtt is not None
    return replace(OPEN, mqtt=replace(OPEN.mqtt, **changed))  # type: ignore[arg-type]


def http(**changed: object) -> Codec:
    assert PUSH.http is not None
    return replace(PUSH, http=replace(PUSH.http, **changed))  # type: ignore[arg-type]


def tcp(**changed: object) -> Codec:
    assert TCP.tcp is not None
    return replace(TCP, tcp=replace(TCP.tcp, **changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: replace(OPEN, mqtt=None, http=None, encode=None, examples=()), "at least one of mqtt, http and tcp"),
        (lambda: mqtt(publish=(), urgent=()), "at least one topic in mqtt.publish"),
        (lambda: mqtt(publish=("anhu/v1/{device_id}/up",)), "a broker would bring a call twice"),
        (lambda: mqtt(publish=("anhu/v1/{device_id}/#", "anhu/v1/{device_id}/urgent")), "bring a call twice"),
        (lambda: mqtt(commands="anhu/+/commands"), "mqtt.commands: topic: got 'anhu/"),
        (lambda: mqtt(commands="anhu/commands"), "must not read another device's commands"),
        (lambda: mqtt(commands=""), "encode and mqtt.commands, or neither"),
        (lambda: replace(OPEN, encode=None), "encode and mqtt.commands, or neither"),
        (lambda: http(rests=("sos",)), "http.rests empty or from their / on"),
        (lambda: http(rests=("/sos/",)), "http.rests empty or from their / on"),
        (lambda: http(rests=("", "/sos?x")), "http.rests empty or from their / on"),
        (lambda: http(rests=()), "at least one of http.rests"),
        (lambda: http(examples=()), "at least one of http.examples"),
        (lambda: tcp(begins=()), "at least one way to begin"),
        (lambda: tcp(begins=(b"",)), "at least one way to begin"),
        (lambda: tcp(max_packet_bytes=0), "tcp.max_packet_bytes of at least 1"),
        (lambda: replace(TCP, tcp=None, mqtt=MqttSpec(publish=("a",))), "a spec for tcp, the door of its example"),
    ],
)
def test_what_is_left_open_is_named(make: Callable[[], Codec], expected: str) -> None:
    codec = make()
    with pytest.raises(SettingsError) as raised:
        check_codecs({codec.name: codec})
    assert expected in str(raised.value)
    assert codec.name in str(raised.value)


@pytest.mark.parametrize(
    ("one", "other", "claim"),
    [
        (TCP, tcp(), r"connections that begin with b'wW'"),
        (TCP, tcp(begins=(b"wW\x01",)), r"connections that begin with b'wW'"),
        (TCP, tcp(begins=(b"$$", b"w")), r"connections that begin with b'wW'"),
    ],
)
def test_two_codecs_may_not_claim_the_same_way_in(one: Codec, other: Codec, claim: str) -> None:
    twin = replace(other, name="twin")
    with pytest.raises(SettingsError) as raised:
        check_codecs({one.name: one, "twin": twin})
    assert str(raised.value) == f"codec: got 'twin', expected a way in of its own: {one.name} claims {claim} too"


def test_families_may_share_topics_since_their_devices_log_in() -> None:
    check_codecs({"open_json": OPEN, "twin": replace(OPEN, name="twin")})


def test_families_with_ways_of_their_own_stand_side_by_side() -> None:
    check_codecs({**discover(), PUSH.name: PUSH, TCP.name: TCP, "twin": replace(tcp(begins=(b"wX",)), name="twin")})


@pytest.mark.parametrize("kind", [HttpSpec, TcpSpec])
def test_a_spec_has_no_silent_defaults(kind: type) -> None:
    with pytest.raises(TypeError, match="required keyword-only"):
        kind()


def test_a_codec_in_the_users_folder_that_leaves_something_open_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from dataclasses import replace\n"
        "from gateway.codecs.open_json import CODEC as OPEN\n"
        "CODEC = replace(OPEN, name='mine', mqtt=None, http=None, encode=None, examples=())\n",
        "utf-8",
    )
    with pytest.raises(SettingsError, match="codec: got 'mine', expected at least one of mqtt, http and tcp"):
        discover(tmp_path)
