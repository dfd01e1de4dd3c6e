"""What every codec must do at each door that it fits; the toy families stand in for doors that no built-in fits yet."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anhu.contract import topics
from anhu.contract.errors import FieldError
from anhu.contract.observation import one_by_one
from gateway.codec import Codec, Example
from gateway.codec_checks import check_codecs
from gateway.door_specs import (
    Disposition,
    DoorKind,
    HttpExample,
    HttpRequest,
    HttpSpec,
    LoginExample,
    LoginVerdict,
    MqttLogin,
    MqttSpec,
    SignedLogins,
    TcpSpec,
)
from tests.conformance.test_codecs import CODECS, decode_or_refuse

SPEED = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
MQTT = [pytest.param(c, c.mqtt, id=c.name) for c in CODECS.values() if c.mqtt is not None]
HTTP = [pytest.param(c, c.http, id=c.name) for c in CODECS.values() if c.http is not None]
TCP = [pytest.param(c, c.tcp, id=c.name) for c in CODECS.values() if c.tcp is not None]
LOGINS = [
    pytest.param(c.mqtt.signed, one, id=f"{c.name}: {one.name}")
    for c in CODECS.values()
    if c.mqtt is not None and c.mqtt.signed is not None
    for one in c.mqtt.signed.examples
]
PUSHES = [
    pytest.param(c.http, one, id=f"{c.name}: {one.name}") for c in CODECS.values() if c.http for one in c.http.examples
]


def good(codec: Codec, door: DoorKind) -> list[Example]:
    return [e for e in codec.examples if e.door is door and e.error is None]


def test_all_of_them_together_leave_nothing_open() -> None:
    check_codecs(CODECS)


@pytest.mark.parametrize("name", sorted(CODECS))
def test_each_door_has_an_example(name: str) -> None:
    codec = CODECS[name]
    assert codec.doors
    assert all(good(codec, door) for door in codec.doors)


@pytest.mark.parametrize(("codec", "spec"), MQTT)
def test_mqtt_an_accepted_example_may_be_published_by_its_device(codec: Codec, spec: MqttSpec) -> None:
    for example in good(codec, DoorKind.MQTT):
        filters = [topics.for_device(f, example.device_id) for f in spec.publish]
        assert any(topics.matches(f, example.route) for f in filters), example.name


@pytest.mark.parametrize(("codec", "spec"), MQTT)
def test_mqtt_topics_fill(codec: Codec, spec: MqttSpec) -> None:
    for template in spec.publish:
        assert "{" not in topics.for_device(template, "dev-1")
    for template in spec.urgent:
        covering = [
            t for t in spec.publish if topics.matches(topics.for_device(t, "d"), topics.for_device(template, "d"))
        ]
        assert covering == [template], "a broker would bring a call twice"
    if codec.encode is not None:
        assert spec.commands
    if spec.commands:
        topic = topics.checked_topic(topics.for_command(spec.commands, "dev-1", "c-1"))
        assert "dev-1" in topic.split("/"), "a device must not read another device's commands"


@pytest.mark.parametrize(("signed", "example"), LOGINS)
def test_mqtt_a_signed_login_is_whose_it_says_and_genuine(signed: SignedLogins, example: LoginExample) -> None:
    assert signed.device_of(example.login) == example.device_id
    assert signed.verdict(example.login, example.secret) is LoginVerdict.GENUINE
    assert example.login.password.decode() not in repr(example)
    assert example.secret not in repr(example)


@pytest.mark.parametrize(("signed", "example"), LOGINS)
@SPEED
@given(data=st.data())
def test_mqtt_what_was_not_signed_with_the_secret_is_false(
    signed: SignedLogins, example: LoginExample, data: st.DataObject
) -> None:
    other = data.draw(st.text(max_size=40).filter(lambda text: text != example.secret))
    assert signed.verdict(example.login, other) is LoginVerdict.FALSE
    at = data.draw(st.integers(0, len(example.login.password)))
    password = example.login.password[:at] + data.draw(st.binary(min_size=1, max_size=4))
    if password.lower() != example.login.password.lower():
        changed = replace(example.login, password=password)
        assert signed.verdict(changed, example.secret) is LoginVerdict.FALSE


@pytest.mark.parametrize(("signed", "example"), LOGINS)
@SPEED
@given(client_id=st.text(max_size=60), user_name=st.text(max_size=60), password=st.binary(max_size=60))
def test_mqtt_random_logins_are_nobodys(
    signed: SignedLogins, example: LoginExample, client_id: str, user_name: str, password: bytes
) -> None:
    login = MqttLogin(client_id=client_id, user_name=user_name, password=password, at_ms=example.login.at_ms)
    assert signed.device_of(login) != example.device_id
    assert signed.verdict(login, example.secret) is LoginVerdict.FALSE
    assert signed.verdict(replace(example.login, user_name=user_name), "") is LoginVerdict.FALSE


@pytest.mark.parametrize(("codec", "spec"), MQTT)
@SPEED
@given(payload=st.binary(max_size=80))
def test_mqtt_an_answer_of_its_cloud_names_the_device_and_nobody_else(
    codec: Codec, spec: MqttSpec, payload: bytes
) -> None:
    if spec.reply is None:
        return
    for example in good(codec, DoorKind.MQTT):
        answer = spec.reply(example.route, example.payload, 1_795_300_000_000)
        assert answer is None or example.device_id in topics.checked_topic(answer.topic).split("/")
        with suppress(FieldError):
            spec.reply(example.route, payload, 1_795_300_000_000)


@pytest.mark.parametrize(("spec", "example"), PUSHES)
def test_http_an_example_is_genuine_and_brings_what_it_says(spec: HttpSpec, example: HttpExample) -> None:
    assert example.request.path.startswith("/push/")
    assert example.request.rest in spec.rests
    assert spec.is_genuine(example.request, example.key)
    assert spec.messages(example.request) == example.messages


@pytest.mark.parametrize(("spec", "example"), PUSHES)
@SPEED
@given(data=st.data())
def test_http_whatever_is_changed_breaks_the_signature(
    spec: HttpSpec, example: HttpExample, data: st.DataObject
) -> None:
    request = example.request
    other = data.draw(st.binary(max_size=40).filter(lambda b: b != request.body))
    changed = HttpRequest(
        method=request.method,
        target=request.target,
        headers=request.headers,
        body=other,
        received_at_ms=request.received_at_ms,
    )
    assert not (example.signs_body and spec.is_genuine(changed, example.key))
    assert not spec.is_genuine(request, data.draw(st.binary(max_size=40).filter(lambda k: k != example.key)))
    names = sorted(request.headers) or ["authorization"]
    bare = data.draw(st.dictionaries(st.sampled_from(names), st.text(max_size=30)))
    forged = HttpRequest(method=request.method, target=request.path, headers=bare, body=request.body, received_at_ms=0)
    assert not spec.is_genuine(forged, example.key)


@pytest.mark.parametrize(("spec", "example"), PUSHES)
def test_http_only_what_is_kept_is_answered_as_kept(spec: HttpSpec, example: HttpExample) -> None:
    replies = {one: spec.reply(example.request, one) for one in Disposition}
    kept = replies[Disposition.ACCEPTED]
    assert 200 <= kept.status < 300
    assert all(reply != kept for one, reply in replies.items() if one is not Disposition.ACCEPTED)


@pytest.mark.parametrize(("codec", "spec"), HTTP)
@SPEED
@given(body=st.binary(max_size=200))
def test_http_random_bodies_give_an_error_or_messages(codec: Codec, spec: HttpSpec, body: bytes) -> None:
    known = spec.examples[0].request
    request = HttpRequest(
        method=known.method, target=known.target, headers=known.headers, body=body, received_at_ms=known.received_at_ms
    )
    try:
        messages = spec.messages(request)
    except FieldError:
        return
    for message in messages:
        frame = good(codec, DoorKind.HTTP)[0].frame()
        decode_or_refuse(codec, msgspec.structs.replace(frame, payload=message.payload, device_id=message.device_id))


@pytest.mark.parametrize(("codec", "spec"), TCP)
def test_tcp_a_packet_is_found_wherever_it_is_cut(codec: Codec, spec: TcpSpec) -> None:
    for example in good(codec, DoorKind.TCP):
        whole = len(example.payload)
        assert whole <= spec.max_packet_bytes
        assert spec.packet_bytes(example.payload) == whole
        assert spec.packet_bytes(example.payload + example.payload) == whole
        assert {spec.packet_bytes(example.payload[:cut]) for cut in range(whole)} <= {0, whole}


@pytest.mark.parametrize(("codec", "spec"), TCP)
def test_tcp_some_packet_names_its_device_and_begins_a_connection(codec: Codec, spec: TcpSpec) -> None:
    named = [(e, found) for e in good(codec, DoorKind.TCP) if (found := spec.credentials(e.payload)) is not None]
    assert named
    for example, found in named:
        assert found.device_id == example.device_id
        assert example.payload.startswith(spec.begins)
        assert "secret" not in repr(found)


@pytest.mark.parametrize(("codec", "spec"), TCP)
def test_tcp_only_what_is_kept_is_answered_as_kept(codec: Codec, spec: TcpSpec) -> None:
    for example in good(codec, DoorKind.TCP):
        kept = spec.reply(example.payload, Disposition.ACCEPTED)
        for other in (Disposition.RELEASED, Disposition.REJECTED):
            answer = spec.reply(example.payload, other)
            assert isinstance(answer, bytes)
            assert answer != kept or not kept


@pytest.mark.parametrize(("codec", "spec"), TCP)
def test_tcp_a_packet_means_the_same_whatever_connection_it_came_by(codec: Codec, spec: TcpSpec) -> None:  # noqa: ARG001
    for example in good(codec, DoorKind.TCP):
        elsewhere = msgspec.structs.replace(example.frame(), route="198.51.100.1:5")
        assert one_by_one(codec.decode(elsewhere)) == example.observations


@pytest.mark.parametrize(("codec", "spec"), TCP)
@SPEED
@given(data=st.data())
def test_tcp_random_bytes_give_an_error_or_packets(codec: Codec, spec: TcpSpec, data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(good(codec, DoorKind.TCP))).payload)
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6)):
        raw[at % len(raw)] = value
    raw += data.draw(st.binary(max_size=40))
    try:
        length = spec.packet_bytes(bytes(raw))
    except FieldError:
        return
    assert length >= 0
    if not 0 < length <= len(raw):
        return
    packet = bytes(raw[:length])
    assert all(isinstance(spec.reply(packet, one), bytes) for one in Disposition)
    with suppress(FieldError):
        spec.credentials(packet)
    decode_or_refuse(codec, msgspec.structs.replace(good(codec, DoorKind.TCP)[0].frame(), payload=packet))
