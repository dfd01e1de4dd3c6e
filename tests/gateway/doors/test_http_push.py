"""The port carries an HTTP push: signature, whose it is, the vendor's reply after the disk, and refusal."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from anhu.contract.clock import MINUTE_MS, ManualClock
from anhu.contract.observation import Event, Scalar
from gateway.codecs import discover
from gateway.door_specs import Disposition, HttpRequest
from gateway.intake import Intake
from tests.gateway.doors.http_door import HttpDoor
from tests.gateway.doors.mqtt.doors import MemoryDirectory, MemoryLog, device
from tests.gateway.doors.toy_push import AT_MS, CODEC, KEY, PATH, request

BATCH = b'{"data":[{"imei":"dev-1","kind":"hr","value":72},{"imei":"dev-2","kind":"sos"}]}'
OK = (200, {"code": 0, "msg": "ok"})


@dataclass
class Rig:
    door: HttpDoor
    log: MemoryLog
    clock: ManualClock

    async def push(self, asked: HttpRequest) -> tuple[int, Any]:
        """Send it with a real client."""

        def send() -> tuple[int, Any]:
            client = http.client.HTTPConnection("127.0.0.1", self.door.port, timeout=10)
            client.request(asked.method, asked.target, body=asked.body, headers=dict(asked.headers))
            answer = client.getresponse()
            text = answer.read()
            client.close()
            return answer.status, json.loads(text) if text else None

        return await asyncio.to_thread(send)


def behind(work: Callable[[Rig], Awaitable[None]]) -> None:
    async def run() -> None:
        log, clock = MemoryLog(), ManualClock(AT_MS)
        directory = MemoryDirectory({d: device(d, codec="toy_push") for d in ("dev-1", "dev-2")})
        directory.put(device("other", codec="open_json"))
        intake = Intake({**discover(), CODEC.name: CODEC}, log, clock)
        door = HttpDoor(intake, directory, {CODEC.name: KEY}, clock)
        server = await door.start()
        await work(Rig(door, log, clock))
        server.close()
        await server.wait_closed()

    asyncio.run(run())


def test_a_push_is_answered_in_the_vendors_words_once_all_of_it_is_on_disk() -> None:
    async def work(rig: Rig) -> None:
        rig.log.hold()
        pushing = asyncio.ensure_future(rig.push(request(BATCH)))
        done, _ = await asyncio.wait([pushing], timeout=0.2)
        assert not done
        assert rig.log.records == []
        rig.log.let_go()
        assert await pushing == OK
        first, second = rig.log.readings()
        assert (first.device_id, first.resident_id) == ("dev-1", "r-dev-1")
        assert isinstance(first.observations[0], Scalar)
        assert second.device_id == "dev-2"
        assert isinstance(second.observations[0], Event)

    behind(work)


@pytest.mark.parametrize("fault", ["another key", "another body", "no signature", "an old one", "one from the future"])
def test_what_the_vendor_did_not_sign_is_refused_and_not_kept(fault: str) -> None:
    async def work(rig: Rig) -> None:
        signed = request(BATCH, key=b"guessed" if fault == "another key" else KEY)
        body = BATCH.replace(b"72", b"73") if fault == "another body" else BATCH
        headers = {} if fault == "no signature" else signed.headers
        if fault == "an old one":
            rig.clock.forward(6 * MINUTE_MS)
        if fault == "one from the future":
            rig.clock.set(AT_MS - 6 * MINUTE_MS)
        asked = HttpRequest(method="POST", target=PATH, headers=headers, body=body, received_at_ms=0)
        assert await rig.push(asked) == (401, {"code": 401, "msg": "sign"})
        assert rig.log.records == []
        assert rig.door.counts == {Disposition.REJECTED: 1}

    behind(work)


def test_what_the_log_refuses_is_to_be_sent_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")

    async def work(rig: Rig) -> None:
        rig.log.failure = OSError("disk")
        assert await rig.push(request(BATCH)) == (503, {"code": 503, "msg": "again"})
        rig.log.failure = None
        assert await rig.push(request(BATCH)) == OK
        assert len(rig.log.readings()) == 2

    behind(work)


@pytest.mark.parametrize("device_id", ["nobody", "other"])
def test_a_device_that_is_not_of_the_family_is_kept_raw_with_the_reason(device_id: str) -> None:
    async def work(rig: Rig) -> None:
        body = b'{"data":[{"imei":"%s","kind":"sos"}]}' % device_id.encode()
        assert await rig.push(request(body)) == OK
        [kept] = rig.log.undecoded()
        assert (kept.door, kept.route, kept.device_id) == ("http", PATH, device_id)
        assert kept.payload == b'{"imei":"%s","kind":"sos"}' % device_id.encode()
        assert kept.reason == f"device_id: got '{device_id}', expected a registered device of family toy_push"

    behind(work)


def test_what_the_codec_cannot_read_is_kept_with_its_route() -> None:
    async def work(rig: Rig) -> None:
        assert await rig.push(request(b'{"data":[{"imei":"dev-1","kind":"temperature"}]}')) == OK
        [kept] = rig.log.undecoded()
        assert (kept.door, kept.route, kept.codec, kept.resident_id) == ("http", PATH, "toy_push", "r-dev-1")
        assert kept.reason == "kind: got 'temperature', expected hr or sos"

    behind(work)


def test_a_push_that_cannot_be_taken_apart_is_kept_whole() -> None:
    async def work(rig: Rig) -> None:
        assert await rig.push(request(b'{"data":7}')) == OK
        [kept] = rig.log.undecoded()
        assert (kept.payload, kept.reason.split(":")[0]) == (b'{"data":7}', "data")

    behind(work)


def test_the_vendors_trial_of_the_address_is_echoed() -> None:
    async def work(rig: Rig) -> None:
        assert await rig.push(request(b"", method="GET", target=f"{PATH}?challenge=4711")) == (200, 4711)
        assert rig.log.records == []

    behind(work)


def test_a_path_that_no_codec_claims_is_nobodys() -> None:
    async def work(rig: Rig) -> None:
        assert await rig.push(request(BATCH, target="/push/other")) == (404, None)

    behind(work)
