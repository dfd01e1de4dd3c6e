"""Web push: the vectors of its standards, a second implementation that reads it, and what push services answer."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import stat
import threading
from http import HTTPStatus
from pathlib import Path

import http_ece  # type: ignore[import-untyped] # it has no types
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from anhu.contract.settings import Secret
from notify.channel import Delivery, GoneError, PermanentError, Recipient, RetryableError
from notify.channel_type import Installation
from notify.channels.web_push import CHANNEL, WebPushSettings
from notify.channels.web_push.encryption import Keys, encrypted, from_base64url, point, sealed, to_base64url
from notify.channels.web_push.fake import PushService
from notify.channels.web_push.sender import WebPush
from notify.channels.web_push.vapid import kept_key, public_key
from notify.fake_http import Call, Said
from notify.receipt_book import Result
from tests.conformance.test_channels import CLOCK, attempt


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(raw(text), "big"), ec.SECP256R1())


def test_rfc_8188_section_3_1() -> None:
    made = sealed(b"I am the walrus", raw("yqdlZ-tYemfogSmv7Ws5PQ"), raw("I1BsxtFttlv3u_Oo94xnmw"))
    assert made == raw("I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg")


def test_rfc_8291_appendix_a() -> None:
    theirs = Keys(
        raw("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        raw("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    ours = private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    made = encrypted(b"When I grow up, I want to be a watermelon", theirs, own=ours, salt=raw("DGv6ra1nlYgDCS1FRnbzlw"))
    assert made == raw(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PB"
        "ru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 1_000, 3_993])
def test_another_implementation_reads_it(length: int) -> None:
    browser, auth, plain = ec.generate_private_key(ec.SECP256R1()), os.urandom(16), os.urandom(length)
    made = encrypted(
        plain, Keys(point(browser), auth), own=ec.generate_private_key(ec.SECP256R1()), salt=os.urandom(16)
    )
    assert len(made) <= 4_096
    assert http_ece.decrypt(made, private_key=browser, auth_secret=auth, version="aes128gcm") == plain


@pytest.mark.parametrize(
    "secret", ["", ".", "x.y", f"{to_base64url(b'p' * 65)}.{to_base64url(b'a' * 16)}", "A" * 87 + "." + "A" * 21]
)
def test_keys_that_are_none_are_given_up_and_nothing_is_sent(secret: str) -> None:
    with PushService() as far:
        assert isinstance(pushed(far, Recipient(address=far.address(far.port, "x"), secret=secret)), PermanentError)
        assert far.came() == 0


def pushed(far: PushService, to: Recipient | None = None, settings: WebPushSettings | None = None) -> Result:
    async def scene() -> Result:
        channel = WebPush(settings or far.settings(far.port), CLOCK)
        try:
            return await attempt(channel, to or far.contacts(far.port, "doctor")[0])
        finally:
            await channel.close()

    return asyncio.run(scene())


def test_the_request_says_how_long_how_urgent_and_about_what() -> None:
    with PushService() as far:
        assert isinstance(pushed(far), Delivery)
        (call,) = far.calls
    said = call.headers
    assert (said["ttl"], said["urgency"], said["content-encoding"]) == ("14400", "high", "aes128gcm")
    assert len(said["topic"]) == 32
    claims = json.loads(from_base64url(said["authorization"].split("t=")[1].split(".")[1]))
    assert claims == {
        "aud": f"http://127.0.0.1:{far.port}",
        "exp": CLOCK.now_ms() // 1_000 + 43_200,
        "sub": "mailto:desk@example.org",
    }


class Answering(PushService):
    """Answers what it is told."""

    status = 201
    reason = ""

    def answer(self, call: Call) -> Said:
        said = super().answer(call)
        return said._replace(status=self.status, body={"reason": self.reason}, headers={"Retry-After": "7"})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Delivery),
        (201, Delivery),
        (202, Delivery),
        (301, PermanentError),
        (400, PermanentError),
        (401, PermanentError),
        (403, PermanentError),
        (404, GoneError),
        (410, GoneError),
        (413, PermanentError),
        (429, RetryableError),
        (500, RetryableError),
        (503, RetryableError),
    ],
)
def test_what_a_push_service_answers(status: int, kind: type) -> None:
    with Answering() as far:
        far.status, far.reason = status, "BadJwtToken"
        said = pushed(far)
    assert type(said) is kind
    if isinstance(said, RetryableError):
        assert said.after_s == 7
    if status == HTTPStatus.FORBIDDEN:
        assert "BadJwtToken" in str(said), "who set it up must read why"


@pytest.mark.parametrize("contact", ["", "mailto:x@localhost", "https://anhu.invalid"])
def test_the_fake_refuses_a_contact_that_the_strictest_service_refuses(contact: str) -> None:
    with PushService() as far:
        chosen = WebPushSettings(
            web_push_key=far.settings(far.port).web_push_key,
            web_push_contact=contact,
            web_push_services="*",
            web_push_private=True,
        )
        assert "BadJwtToken" in str(pushed(far, settings=chosen))


PUBLIC = WebPushSettings(web_push_key=Secret(to_base64url(b"\1" * 32)))


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/push/1",
        "https://fcm.googleapis.com.evil.example/x",
        "https://permanently-removed.invalid/fcm/send/x",
        "http://fcm.googleapis.com/fcm/send/x",
        "https://notify.windows.com.evil.example/",
        "https://xnotify.windows.com/",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://user@fcm.googleapis.com/x",
    ],
)
def test_no_browser_makes_the_platform_talk_to_anybody_else(address: str) -> None:
    with pytest.raises(Exception, match="address: got"):
        CHANNEL.form_with(PUBLIC).check(address)
    with PushService() as far:
        said = pushed(far, Recipient(address=address, secret=far.contacts(1, "x")[0].secret), PUBLIC)
    assert isinstance(said, PermanentError)


def test_any_public_service_may_be_allowed_but_no_neighbour() -> None:
    chosen = WebPushSettings(web_push_key=PUBLIC.web_push_key, web_push_services="*")
    form = CHANNEL.form_with(chosen)
    form.check("https://push.example/1")
    for address in ("https://10.0.0.1/x", "https://localhost/x", "http://push.example/1"):
        with pytest.raises(Exception, match="address: got"):
            form.check(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://fcm.googleapis.com/fcm/send/abc:APA91b",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
        "https://web.push.apple.com/QCZbs",
        "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAB",
    ],
)
def test_the_services_of_the_browsers_are_known(address: str) -> None:
    CHANNEL.form_with(PUBLIC).check(address)


def test_the_key_is_made_once_and_only_for_us(tmp_path: Path) -> None:
    folder = tmp_path / "web_push"
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(str(kept_key(folder)))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert repr(kept_key(folder)) == "***"


def test_an_installation_has_its_key_and_names_itself(tmp_path: Path) -> None:
    at = Installation(tmp_path, "https://anhu.example.org:8443")
    kept = CHANNEL.kept(WebPushSettings(), at)
    assert kept.web_push_contact == "https://anhu.example.org:8443"
    assert CHANNEL.kept(WebPushSettings(), at) == kept
    assert CHANNEL.form_with(kept).browser_key == public_key(kept.web_push_key)
    assert CHANNEL.form_with(WebPushSettings()).browser_key == ""
    with pytest.raises(Exception, match="ANHU_WEB_PUSH_KEY"):
        CHANNEL.kept(WebPushSettings(web_push_key=Secret("x")), at)
