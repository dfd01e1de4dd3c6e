"""What every family whose cloud is asked must do: sign anew, name whom it answers about, read whatever comes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anhu.contract.errors import FieldError
from gateway.codec_checks import check_codecs
from gateway.poll_spec import PollExample, PollRefusedError, PollSpec
from tests.conformance.test_codecs import CODECS
from tests.gateway.doors import toy_poll

SPEED = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
POLLED = {**CODECS, "toy_poll": toy_poll.CODEC}
ASKED = [
    pytest.param(codec.poll, example, id=f"{codec.name}: {example.name}")
    for codec in POLLED.values()
    if codec.poll is not None
    for example in codec.poll.examples
]


def test_those_whose_cloud_is_asked_leave_nothing_open() -> None:
    check_codecs(POLLED)
    assert len(ASKED) >= 3


@pytest.mark.parametrize(("spec", "example"), ASKED)
def test_a_question_is_put_and_its_answer_read_as_the_example_says(spec: PollSpec, example: PollExample) -> None:
    assert spec.request(example.ask) == example.request
    assert spec.messages(example.ask, example.answer) == example.messages
    assert {one.device_id for one in example.messages} <= set(example.ask.device_ids)
    assert len(example.ask.device_ids) <= spec.at_once
    for message in example.messages:
        assert spec.position(message.payload) == spec.position(message.payload)


@pytest.mark.parametrize(("spec", "example"), ASKED)
def test_a_signature_is_of_this_secret_and_this_nonce_and_the_secret_itself_is_never_sent(
    spec: PollSpec, example: PollExample
) -> None:
    secret = "a secret that is nowhere else"
    ask = replace(example.ask, secret=secret)
    said = spec.request(ask)
    assert said != spec.request(replace(ask, secret="another"))
    assert said != spec.request(replace(ask, nonce="another"))
    assert secret not in said.target
    assert secret not in repr(ask)
    assert secret not in str(said.headers)
    assert "?" not in said.path
    assert said.path.startswith("/")


@pytest.mark.parametrize(("spec", "example"), ASKED)
@SPEED
@given(data=st.data())
def test_random_answers_give_an_error_or_messages(spec: PollSpec, example: PollExample, data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.one_of(st.binary(max_size=200), st.just(example.answer))))
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=4)):
        if raw:
            raw[at % len(raw)] = value
    try:
        messages = spec.messages(example.ask, bytes(raw))
        for message in messages:
            spec.position(message.payload)
    except (FieldError, PollRefusedError):
        return
    assert all(isinstance(one.payload, bytes) for one in messages)
