"""What only the browser that subscribed can read: RFC 8291 over RFC 8188 (``aes128gcm``), one record."""

from __future__ import annotations

import base64
from typing import NamedTuple, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SALT_BYTES = 16
LONGEST_BYTES = 3_993
"""Of what can be said: push services take 4096 with salt, length, key, mark and tag (RFC 8291, 4)."""
_RECORD_BYTES = 4_096
_AUTH_BYTES, _POINT_BYTES = 16, 65
_LAST = b"\x02"


class Keys(NamedTuple):
    """A subscription's own.

    Attributes
    ----------
    p256dh : bytes
        The browser's public key, as a point.
    auth : bytes
        What the browser shares with nobody else.
    """

    p256dh: bytes
    auth: bytes

    @classmethod
    def of(cls, secret: str) -> Self:
        """Read them as a contact keeps them: both in base64url, a dot between. Raises `ValueError`."""
        point, _, auth = secret.partition(".")
        keys = cls(from_base64url(point), from_base64url(auth))
        if len(keys.auth) != _AUTH_BYTES or len(keys.p256dh) != _POINT_BYTES:
            raise ValueError("a subscription has a key of 65 bytes and a secret of 16")
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), keys.p256dh)
        return keys


def sealed(plain: bytes, secret: bytes, salt: bytes, key_id: bytes = b"") -> bytes:
    """Return plain text as one encrypted record with its header (RFC 8188)."""
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + _RECORD_BYTES.to_bytes(4, "big") + bytes([len(key_id)]) + key_id
    return header + AESGCM(key).encrypt(nonce, plain + _LAST, None)


def encrypted(plain: bytes, to: Keys, *, own: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """Return a message that only the browser reads (RFC 8291).

    Parameters
    ----------
    own, salt
        Fresh for each message.
    """
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to.p256dh)
    ours = point(own)
    info = b"WebPush: info\0" + to.p256dh + ours
    secret = _derived(own.exchange(ec.ECDH(), theirs), to.auth, info, 32)
    return sealed(plain, secret, salt, key_id=ours)


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public half of a key, uncompressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def to_base64url(octets: bytes) -> str:
    """Write bytes as browsers and tokens do."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """Read bytes. Raises `ValueError`."""
    padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
