"""Who pushes: the installation's key, made once, and the signed word for push services (RFC 8292)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from anhu.contract.settings import Secret
from notify.channels.web_push.encryption import from_base64url, point, to_base64url

_LASTS_S = 12 * 3_600
"""Services allow 24 h; half of it leaves room for a clock that is wrong in either direction."""
_NUMBER_BYTES = 32
_FILE_NAME = "vapid.key"


def kept_key(folder: Path) -> Secret:
    """Return the key in a folder; made when there is none, readable for nobody else. Two processes make one key."""
    file = folder / _FILE_NAME
    if not file.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        fresh = folder / f"{_FILE_NAME}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(to_base64url(made.to_bytes(_NUMBER_BYTES, "big")))
            opened.flush()
            os.fsync(opened.fileno())
        try:
            os.link(fresh, file)
        except FileExistsError:
            pass  # another process was first: its key is ours
        finally:
            fresh.unlink()
    return Secret(file.read_text("ascii").strip())


def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """Read a private key. Raises `ValueError`."""
    return ec.derive_private_key(int.from_bytes(from_base64url(text), "big"), ec.SECP256R1())


def public_key(text: str) -> str:
    """Return what browsers subscribe with."""
    return to_base64url(point(private_key(text)))


def authorization(key: ec.EllipticCurvePrivateKey, *, origin: str, contact: str, now_s: int) -> str:
    """Return the header by which a push service knows us.

    Parameters
    ----------
    origin : str
        Scheme, host and port of the push service.
    contact : str
        Whom it may ask.
    now_s : int
        Since 1970. [s]
    """
    claims: dict[str, str | int] = {"aud": origin, "exp": now_s + _LASTS_S}
    if contact:
        claims["sub"] = contact
    parts = [to_base64url(msgspec.json.encode(part)) for part in ({"typ": "JWT", "alg": "ES256"}, claims)]
    signed = ".".join(parts)
    r, s = decode_dss_signature(key.sign(signed.encode("ascii"), ec.ECDSA(hashes.SHA256())))
    signature = r.to_bytes(_NUMBER_BYTES, "big") + s.to_bytes(_NUMBER_BYTES, "big")
    return f"vapid t={signed}.{to_base64url(signature)}, k={to_base64url(point(key))}"
