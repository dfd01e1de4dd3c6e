"""A push service that checks the signature and reads what only the browser may, for the browser is here too."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from anhu.contract.settings import Secret
from notify.channel import Recipient
from notify.channels.web_push import WebPushSettings
from notify.channels.web_push.encryption import from_base64url, point, to_base64url
from notify.fake_http import Call, FakeHttp, Said
from notify.fake_server import Taken

_BROWSER = ec.derive_private_key(0xB0B0, ec.SECP256R1())
_AUTH = b"auth of a browse"
_OURS = to_base64url((0xA11CE).to_bytes(32, "big"))
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
_MOST_BYTES = 4_096
_RESERVED = ("localhost", ".invalid", ".local")
"""Apple's service takes no contact of these."""


class PushService(FakeHttp):
    """Takes pushes for browsers that it knows by the path of their address."""

    @classmethod
    def settings(cls, port: int) -> WebPushSettings:  # noqa: ARG003 - the port stands in the address
        """Return settings that let pushes reach the loopback."""
        return WebPushSettings(
            web_push_key=Secret(_OURS),
            web_push_contact="mailto:desk@example.org",
            web_push_services="127.0.0.1",
            web_push_private=True,
        )

    @classmethod
    def address(cls, port: int, name: str) -> str:
        """Return the address that somebody's browser was given."""
        return f"http://127.0.0.1:{port}/push/{name}"

    @classmethod
    def contacts(cls, port: int, name: str) -> tuple[Recipient, ...]:
        """Return the subscription of somebody's browser."""
        keys = f"{to_base64url(point(_BROWSER))}.{to_base64url(_AUTH)}"
        return (Recipient(address=cls.address(port, name), secret=keys),)

    def is_message(self, call: Call) -> bool:  # noqa: ARG002 - a push service has nothing else
        """Every request is one."""
        return True

    def answer(self, call: Call) -> Said:
        """Check as a push service does, and read as a browser does."""
        flaw = _flaw(call, f"http://{call.headers['host']}")
        if flaw:
            return Said({"reason": flaw}, status=HTTPStatus.FORBIDDEN)
        if len(call.body) > _MOST_BYTES:
            return Said({"reason": "PayloadTooLarge"}, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            read = read_push(call.body)
        except (InvalidTag, ValueError):
            return Said({"reason": "Undecryptable"}, status=HTTPStatus.BAD_REQUEST)
        taken = Taken(read["key"], call.path, read["title"])
        return Said({}, status=HTTPStatus.CREATED, taken=taken, headers={"Location": "/message/1"})

    def trouble(self, call: Call, what: str) -> Said:  # noqa: ARG002 - the same for all
        """Return what is said to who comes too often, or for a browser that is gone."""
        if what == "gone":
            return Said({"reason": "Unregistered"}, status=HTTPStatus.GONE)
        return Said({}, status=HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "2"})


def _flaw(call: Call, origin: str) -> str:
    """Return what a push service would not like of the headers; empty: nothing."""
    said = call.headers
    if said.get("content-encoding") != "aes128gcm" or not said.get("ttl", "").isdecimal():
        return "BadHeaders"
    if said.get("urgency") not in {"very-low", "low", "normal", "high"} or not _TOPIC.fullmatch(said.get("topic", "")):
        return "BadHeaders"
    scheme, _, rest = said.get("authorization", "").partition(" ")
    given = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    if scheme != "vapid" or given.keys() != {"t", "k"}:
        return "MissingProviderToken"
    return _token_flaw(given["t"], given["k"], origin)


def _token_flaw(token: str, key: str, origin: str) -> str:
    signed, _, signature = token.rpartition(".")
    raw = from_base64url(signature)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64url(key))
    pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    try:
        theirs.verify(pair, signed.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return "BadJwtToken"
    claims = json.loads(from_base64url(signed.split(".")[1]))
    contact = str(claims.get("sub", ""))
    usable = contact.startswith(("mailto:", "https://")) and not contact.endswith(_RESERVED)
    return "" if claims.get("aud") == origin and isinstance(claims.get("exp"), int) and usable else "BadJwtToken"


def read_push(body: bytes) -> dict[str, Any]:
    """Return what a push says to the browser that is here. Raises `InvalidTag`."""
    salt, length = body[:16], body[20]
    theirs, sealed = body[21 : 21 + length], body[21 + length :]
    shared = _BROWSER.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
    secret = _derived(shared, _AUTH, b"WebPush: info\0" + point(_BROWSER) + theirs, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
    read: dict[str, Any] = json.loads(plain[:-1])
    return read


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
