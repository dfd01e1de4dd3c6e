"""Tencent Cloud: JSON requests signed with TC3-HMAC-SHA256; checked against the official SDK like the other cloud."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import msgspec

from anhu.contract.clock import SECOND_MS
from notify.cloud.verdict import RefusedError, Why, asked

ALGORITHM = "TC3-HMAC-SHA256"
_SIGNED = "content-type;host"
_JSON = "application/json"
_NUMBER = ("IncorrectPhoneNumber", "PhoneNumberInBlacklist", "PhoneNumberParseFail", "CalledNumberVerifyFail")
_CONTENT = ("TemplateParameter", "ContainSensitiveWord", "TemplateParamSetNotMatch", "ContentLengthLimit")
_LIMITED = ("LimitExceeded", "DeliveryFrequencyLimit")


class Key(NamedTuple):
    """A SecretId and its SecretKey."""

    id: str
    secret: str


class Service(NamedTuple):
    """What is called, where.

    Attributes
    ----------
    region : str
        Data centre that does it.
    """

    name: str
    version: str
    region: str


async def call(
    client: httpx.AsyncClient,
    url: str,
    key: Key,
    *,
    service: Service,
    action: str,
    body: Mapping[str, Any],
    now_ms: int,
) -> Mapping[str, Any]:
    """Call one action and return its answer. Raises `RefusedError`."""
    content = msgspec.json.encode(body)
    time_s = now_ms // SECOND_MS
    headers = {
        "content-type": _JSON,
        "host": urlsplit(url).netloc,
        "x-tc-action": action,
        "x-tc-version": service.version,
        "x-tc-region": service.region,
        "x-tc-timestamp": str(time_s),
    }
    seal = signature(headers, _SIGNED, content, service.name, time_s, key.secret)
    credential = f"{key.id}/{scope(service.name, time_s)}"
    headers["authorization"] = f"{ALGORITHM} Credential={credential}, SignedHeaders={_SIGNED}, Signature={seal}"
    said = await asked(client, client.build_request("POST", f"{url.rstrip('/')}/", headers=headers, content=content))
    answer: Mapping[str, Any] = said.get("Response") or {}
    if error := answer.get("Error"):
        raise refusal(str(error.get("Code", "")))
    return answer


def signature(  # noqa: PLR0917 - all that is signed
    headers: Mapping[str, str], names: str, content: bytes, service: str, time_s: int, secret: str
) -> str:
    """Return the signature of a request whose named headers are signed."""
    lines = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in names.split(";"))
    canonical = "\n".join(["POST", "/", "", lines, names, hashlib.sha256(content).hexdigest()])
    text = "\n".join([ALGORITHM, str(time_s), scope(service, time_s), hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("TC3" + secret).encode()
    for part in scope(service, time_s).split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def scope(service: str, time_s: int) -> str:
    """Return for what day and service a key is good."""
    return f"{datetime.fromtimestamp(time_s, tz=UTC):%Y-%m-%d}/{service}/tc3_request"


def refusal(code: str) -> RefusedError:
    """Return what a code means for the message."""
    why = Why.DOWN
    if any(word in code for word in _NUMBER):
        why = Why.NUMBER
    elif any(word in code for word in _CONTENT):
        why = Why.CONTENT
    elif any(word in code for word in _LIMITED):
        why = Why.LIMITED
    return RefusedError(why, f"tencent: {code or 'no code'}")
