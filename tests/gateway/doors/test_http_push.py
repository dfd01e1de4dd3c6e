"""The door carries an HTTP push: signature, whose it is, the vendor's reply after the disk, and refusal."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from anhu.contract.clock import MINUTE_MS
from anhu.contract.observation import Event, Scalar
from gateway.door_specs import HttpRequest
from gateway.quarantine import MESSAGES
from tests.gateway.doors.mqtt.doors import device
from tests.gateway.doors.push_door import Rig, behind
from tests.gateway.doors.toy_push import AT_MS, KEY, PATH, request

BATCH = b'{"data":[{"imei":"dev-1","kind":"hr","value":72},{"imei":"dev-2","kind":"sos"}]}'
SOS = b'{"data":[{"imei":"dev-1","kind":"sos"}]}'
OK = (200, {"code": 0, "msg": "ok"})
AGAIN = (503, {"code": 503, "msg": "again"})
NO = (401, {"code": 401, "msg": "sign"})


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
        assert (rig.count("accepted"), rig.count("messages"), rig.count("held_bytes")) == (1, 2, 0)

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
        assert await rig.push(asked) == NO
        assert rig.log.records == []
        assert (rig.count("wrong_keys"), rig.count("rejected")) == (1, 1)

    behind(work)


def test_a_product_without_a_key_takes_nothing_even_signed_with_nothing() -> None:
    async def work(rig: Rig) -> None:
        rig.products.put("keyless", "toy_push", b"")
        await rig.until(lambda: rig.count("products") == 2)
        assert await rig.push(request(BATCH, key=b"", target="/push/keyless")) == NO
        assert rig.log.records == []

    behind(work)


def test_while_a_key_cannot_be_read_here_everything_is_to_be_sent_again() -> None:
    async def work(rig: Rig) -> None:
        known = rig.products.products["toy"]
        rig.products.products["toy"] = replace(known, push_key=b"", key_unreadable=True)
        await rig.until(lambda: rig.door._products.known["toy"].key_unreadable)
        assert await rig.push(request(BATCH)) == AGAIN

    behind(work)


def test_what_the_log_refuses_is_to_be_sent_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")

    async def work(rig: Rig) -> None:
        rig.log.failure = OSError("disk")
        assert await rig.push(request(BATCH)) == AGAIN
        rig.log.failure = None
        assert await rig.push(request(BATCH)) == OK
        assert len(rig.log.readings()) == 2

    behind(work)


def test_while_the_directory_does_not_answer_everything_is_to_be_sent_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")

    async def work(rig: Rig) -> None:
        rig.directory.down = True
        assert await rig.push(request(BATCH)) == AGAIN
        rig.directory.down = False
        assert await rig.push(request(BATCH)) == OK

    behind(work)


def test_while_the_database_does_not_answer_known_products_and_devices_go_on(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")

    async def work(rig: Rig) -> None:
        assert await rig.push(request(BATCH)) == OK
        rig.directory.down, rig.products.failure = True, OSError("database")
        await rig.until(lambda: rig.count("products_unread") > 1)
        assert await rig.push(request(BATCH)) == OK

    behind(work)


@pytest.mark.parametrize("who", ["nobody", "other"])
def test_a_stranger_is_refused_counted_and_kept_until_somebody_adopts_it(who: str) -> None:
    async def work(rig: Rig) -> None:
        body = b'{"data":[{"imei":"%s","kind":"hr","value":72}]}' % who.encode()
        assert await rig.push(request(body)) == NO
        [held] = rig.strangers.held
        assert (held.frame.route, held.stranger.said, held.stranger.product_id) == (PATH, who, "toy")
        assert held.frame.payload == b'{"imei":"%s","kind":"hr","value":72}' % who.encode()
        assert (rig.count("strangers"), rig.count("stranger_calls"), rig.count("rejected")) == (1, 0, 1)

    behind(work)


def test_what_a_revoked_device_says_is_refused_counted_and_kept_raw_with_the_reason() -> None:
    async def work(rig: Rig) -> None:
        rig.directory.put(device("revoked", codec="toy_push", product_id="toy", enabled=False))
        body = b'{"data":[{"imei":"revoked","kind":"hr","value":72}]}'
        assert await rig.push(request(body)) == NO
        [kept] = rig.log.undecoded()
        assert (kept.door, kept.route, kept.device_id) == ("http", PATH, "revoked")
        assert kept.payload == b'{"imei":"revoked","kind":"hr","value":72}'
        assert kept.reason == f"device_id: got 'revoked', expected a device that is not shut out for {PATH}"
        assert (rig.count("strangers"), rig.count("stranger_calls"), rig.count("rejected")) == (1, 0, 1)
        assert rig.strangers.held == []

    behind(work)


def test_a_strangers_call_for_help_is_counted_by_itself_and_kept_however_much_it_said_before() -> None:
    async def work(rig: Rig) -> None:
        for _ in range(12):
            chunk = b",".join(b'{"imei":"n-%d","kind":"hr","value":72}' % n for n in range(100))
            assert await rig.push(request(b'{"data":[' + chunk + b"]}")) == NO
        assert len(rig.strangers.held) == MESSAGES.burst, "what strangers say is bounded"
        assert await rig.push(request(b'{"data":[{"imei":"n-1","kind":"sos"}]}')) == NO
        assert rig.strangers.held[-1].frame.payload == b'{"imei":"n-1","kind":"sos"}'
        [told] = rig.log.readings()
        assert (told.device_id, told.resident_id, told.observations[0].quantity) == ("n-1", "", "sos")
        assert (rig.count("strangers"), rig.count("stranger_calls")) == (1201, 1)

    behind(work)


def test_a_strangers_message_beside_an_sos_costs_the_sos_nothing() -> None:
    async def work(rig: Rig) -> None:
        mixed = b'{"data":[{"imei":"nobody","kind":"hr","value":1},{"imei":"dev-1","kind":"sos"}]}'
        assert await rig.push(request(mixed)) == OK
        [reading] = rig.log.readings()
        assert [one.quantity for one in reading.observations] == ["sos"]
        assert len(rig.strangers.held) == 1

    behind(work)


def test_a_device_enrolled_a_moment_ago_gets_in_and_a_revoked_one_no_more() -> None:
    async def work(rig: Rig) -> None:
        body = b'{"data":[{"imei":"new","kind":"sos"}]}'
        assert await rig.push(request(body)) == NO
        rig.directory.put(device("new", codec="toy_push", product_id="toy"))
        assert await rig.push(request(body)) == OK
        rig.directory.put(device("new", codec="toy_push", product_id="toy", enabled=False))
        await rig.until(lambda: rig.door._devices.known("new") is None)
        assert await rig.push(request(body)) == NO

    behind(work)


def test_a_closed_product_and_a_changed_key_are_known_within_a_moment() -> None:
    async def work(rig: Rig) -> None:
        rig.products.put("toy", "toy_push", b"fresh")
        await rig.until(lambda: rig.door._products.known["toy"].push_key == b"fresh")
        assert await rig.push(request(BATCH)) == NO
        assert await rig.push(request(BATCH, key=b"fresh")) == OK
        del rig.products.products["toy"]
        await rig.until(lambda: not rig.door._products.known)
        assert (await rig.push(request(BATCH, key=b"fresh")))[0] == 404

    behind(work)


def test_what_the_codec_cannot_read_is_kept_with_its_route() -> None:
    async def work(rig: Rig) -> None:
        assert await rig.push(request(b'{"data":[{"imei":"dev-1","kind":"temperature"}]}')) == OK
        [kept] = rig.log.undecoded()
        assert (kept.door, kept.route, kept.codec, kept.resident_id) == ("http", PATH, "toy_push", "r-dev-1")
        assert kept.reason == "kind: got 'temperature', expected hr or sos"

    behind(work)


def test_an_sos_in_a_batch_with_a_message_that_cannot_be_read_is_called() -> None:
    async def work(rig: Rig) -> None:
        mixed = b'{"data":[{"imei":"dev-1","kind":"hr","value":"NaN"},{"imei":"dev-2","kind":"sos"}]}'
        assert await rig.push(request(mixed)) == OK
        assert [r.device_id for r in rig.log.readings()] == ["dev-2"]
        assert [u.device_id for u in rig.log.undecoded()] == ["dev-1"]

    behind(work)


def test_a_push_that_cannot_be_taken_apart_is_kept_whole() -> None:
    async def work(rig: Rig) -> None:
        assert await rig.push(request(b'{"data":7}')) == OK
        [kept] = rig.log.undecoded()
        assert (kept.payload, kept.reason.split(":")[0]) == (b'{"data":7}', "data")
        assert rig.count("unreadable") == 1

    behind(work)


def test_the_vendors_trial_of_the_address_is_echoed() -> None:
    async def work(rig: Rig) -> None:
        assert await rig.push(request(b"", method="GET", target=f"{PATH}?challenge=4711")) == (200, 4711)
        assert rig.log.records == []

    behind(work)


@pytest.mark.parametrize("target", ["/push/other", "/push/", "/", "/pushes/toy", "/push/open_json", "/push/toy2"])
def test_an_address_of_no_product_is_nobodys(target: str) -> None:
    async def work(rig: Rig) -> None:
        assert (await rig.push(request(BATCH, target=target)))[0] == 404
        assert rig.count("unknown_products") == 1

    behind(work)


def test_a_key_in_the_query_stands_in_no_record_and_no_line(caplog: pytest.LogCaptureFixture) -> None:
    async def work(rig: Rig) -> None:
        target = f"{PATH}/more?token=very-secret"
        assert await rig.push(request(b'{"data":[{"imei":"dev-1","kind":"?"}]}', target=target)) == OK
        assert await rig.push(request(b"7", target=target)) == OK
        assert [kept.route for kept in rig.log.undecoded()] == [f"{PATH}/more"] * 2
        assert "very-secret" not in repr(rig.log.records) + caplog.text

    behind(work)


def test_a_revoked_devices_sos_is_not_silent_in_the_counts() -> None:
    async def work(rig: Rig) -> None:
        rig.directory.put(replace(device("gone", codec="toy_push", product_id="toy"), enabled=False))
        assert await rig.push(request(SOS.replace(b"dev-1", b"gone"))) == NO
        assert rig.count("stranger_calls") == 1
        [told] = rig.log.readings()
        assert (told.device_id, told.resident_id, told.observations[0].quantity) == ("gone", "", "sos")

    behind(work)
