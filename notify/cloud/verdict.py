"""What a cloud's refusal means for a message: it is the number, the text, a limit, or the cloud itself."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import httpx
import msgspec

from anhu.contract.errors import AnhuError


class Why(Enum):
    """Why a cloud did not take a message."""

    NUMBER = "number"
    """This number gets nothing, from nobody."""
    CONTENT = "content"
    """It does not like the words; another one may."""
    LIMITED = "limited"
    """Too much for now; another one may."""
    DOWN = "down"
    """It does not work, or is not set up rightly; another one may."""
    UNKNOWN = "unknown"
    """No answer came: it may have taken it. Another one would say it twice."""


class RefusedError(AnhuError):
    """A cloud did not take a message.

    Attributes
    ----------
    why : Why
        What it means for the message.
    """

    def __init__(self, why: Why, reason: str) -> None:
        super().__init__(reason)
        self.why = why


async def asked(client: httpx.AsyncClient, request: httpx.Request) -> Mapping[str, Any]:
    """Send a request and return the JSON object of its answer, whatever its status. Raises `RefusedError`."""
    try:
        response = await client.send(request)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise RefusedError(Why.DOWN, f"no answer: {type(error).__name__}") from None
    except (httpx.HTTPError, OSError) as error:
        raise RefusedError(Why.UNKNOWN, f"no answer: {type(error).__name__}") from None
    try:
        said = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = None
    if not isinstance(said, dict):
        raise RefusedError(Why.DOWN, f"HTTP {response.status_code}")
    return said
