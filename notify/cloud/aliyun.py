"""Aliyun: RPC requests signed with ACS3-HMAC-SHA256.

The order, the encoding and the header names are those of the official SDK; a test feeds both to one server that checks.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import httpx

from anhu.contract.clock import SECOND_MS
from notify.cloud.verdict import RefusedError, Why, asked

ALGORITHM = "ACS3-HMAC-SHA256"
_SIGNED = ("host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version")
_NUMBER = ("NUMBER_ILLEGAL", "NUMBER_INVALID", "BLACKLIST", "BLACK_LIST")
_OURS = ("SHOW", "DISPLAY", "CALLER")
"""Of a number that is not the recipient's but the one that a call shows: somebody mends the settings."""
_CONTENT = (
    "PARAM_LENGTH_LIMIT",
    "PARAM_NOT_SUPPORT_URL",
    "BLACK_KEY_CONTROL_LIMIT",
    "TEMPLATE_MISSING_PARAMETERS",
    "TEMPLATE_PARAMS_ILLEGAL",
    "INVALID_JSON_PARAM",
)
_LIMITED = ("LIMIT_CONTROL", "DAY_LIMIT", "Throttling", "FLOW")


class Key(NamedTuple):
    """An AccessKey."""

    id: str
    secret: str


async def call(
    client: httpx.AsyncClient, url: str, key: Key, *, action: str, version: str, query: Mapping[str, str], now_ms: int
) -> Mapping[str, Any]:
    """Call one action and return its answer. Raises `RefusedError`."""
    split = urlsplit(url)
    line = query_line(query)
    headers = signed(
        {
            "host": split.netloc,
            "x-acs-action": action,
            "x-acs-version": version,
            "x-acs-date": datetime.fromtimestamp(now_ms / SECOND_MS, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16),
        },
        line,
        key,
    )
    request = client.build_request("POST", f"{url.rstrip('/')}/?{line}", headers=headers)
    said = await asked(client, request)
    code = str(said.get("Code", ""))
    if code != "OK":
        raise RefusedError(why(code), f"aliyun: {code or 'no code'}")
    return said


def signed(headers: Mapping[str, str], line: str, key: Key) -> Mapping[str, str]:
    """Return headers with what the cloud wants of a request without a body."""
    digest = hashlib.sha256(b"").hexdigest()
    whole = {**headers, "x-acs-content-sha256": digest}
    names = ";".join(_SIGNED)
    seal = signature("/", line, whole, names, key.secret)
    return {**whole, "authorization": f"{ALGORITHM} Credential={key.id},SignedHeaders={names},Signature={seal}"}


def signature(path: str, line: str, headers: Mapping[str, str], names: str, secret: str) -> str:
    """Return the signature of a request whose named headers are signed."""
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names.split(";"))
    canonical = "\n".join(["POST", path, line, lines, names, headers["x-acs-content-sha256"]])
    text = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def query_line(query: Mapping[str, str]) -> str:
    """Return a query as it is signed: by name, everything but letters, digits and ``-_.~`` escaped."""
    return "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in sorted(query.items()))


def why(code: str) -> Why:
    """Return what a code means for the message; what nobody knows may pass later, and is said with its code."""
    if any(word in code for word in _CONTENT):
        return Why.CONTENT
    if any(word in code for word in _NUMBER) and not any(word in code for word in _OURS):
        return Why.NUMBER
    return Why.LIMITED if any(word in code for word in _LIMITED) else Why.DOWN


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")
