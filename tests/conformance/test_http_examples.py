"""Every codec's HTTP examples, pushed to the real door: answered in the vendor's form, and in the LOG."""

from __future__ import annotations

import json

import pytest

from gateway.codec import Codec
from gateway.door_specs import Disposition, HttpExample, HttpSpec
from tests.conformance.test_codecs import CODECS
from tests.gateway.doors.mqtt.doors import device
from tests.gateway.doors.push_door import Rig, behind

PUSHES = [
    pytest.param(codec, codec.http, example, id=f"{codec.name}: {example.name}")
    for codec in CODECS.values()
    if codec.http is not None
    for example in codec.http.examples
]


def enrolled(rig: Rig, codec: Codec, example: HttpExample) -> str:
    """Enrol the example's product and devices; return the product."""
    product = example.request.path.split("/")[2]
    rig.products.put(product, codec.name, example.key)
    for name in {message.device_id for message in example.messages} - {""}:
        rig.directory.put(device(name, codec=codec.name, product_id=product))
    return product


@pytest.mark.parametrize(("codec", "spec", "example"), PUSHES)
def test_an_example_is_answered_in_its_vendors_form_and_kept(
    codec: Codec, spec: HttpSpec, example: HttpExample
) -> None:
    async def work(rig: Rig) -> None:
        product = enrolled(rig, codec, example)
        await rig.until(lambda: (known := rig.door._products.known.get(product)) and known.codec == codec.name)
        status, said = await rig.push(example.request)
        wanted = spec.reply(example.request, Disposition.ACCEPTED)
        assert (status, said) == (wanted.status, json.loads(wanted.body) if wanted.body else None)
        named = [message for message in example.messages if message.device_id]
        assert rig.count("messages") == len(named)
        assert {one.device_id for one in rig.log.read()} <= {message.device_id for message in example.messages}
        silent = rig.intake.counters()["silent"]
        assert len({one.device_id for one in rig.log.read()} - {""}) >= len({m.device_id for m in named}) - silent

    behind(work, at_ms=example.request.received_at_ms)


@pytest.mark.parametrize(("codec", "spec", "example"), PUSHES)
def test_an_example_with_another_key_is_refused_in_its_vendors_form(
    codec: Codec, spec: HttpSpec, example: HttpExample
) -> None:
    async def work(rig: Rig) -> None:
        product = enrolled(rig, codec, example)
        rig.products.put(product, codec.name, b"another")
        await rig.until(lambda: (known := rig.door._products.known.get(product)) and known.push_key == b"another")
        status, _ = await rig.push(example.request)
        assert status == spec.reply(example.request, Disposition.REJECTED).status
        assert rig.log.records == []

    behind(work, at_ms=example.request.received_at_ms)


@pytest.mark.parametrize(("codec", "spec", "example"), [p for p in PUSHES if p.values[1].repeats_s])  # type: ignore[union-attr]
def test_a_push_sent_again_because_its_answer_was_lost_is_kept_once(
    codec: Codec, spec: HttpSpec, example: HttpExample
) -> None:
    async def work(rig: Rig) -> None:
        product = enrolled(rig, codec, example)
        await rig.until(lambda: product in rig.door._products.known)
        for _ in range(2):
            assert (await rig.push(example.request))[0] == spec.reply(example.request, Disposition.ACCEPTED).status
        assert (rig.count("messages"), rig.count("repeated")) == (len(example.messages), len(example.messages))

    behind(work, at_ms=example.request.received_at_ms)
