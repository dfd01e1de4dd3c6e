"""Asks the provider: for so long and no longer, so much and no more, and never where a redirection leads."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from typing import Any

import httpx

from api.oidc.errors import OidcError, ProviderDownError

_WHOLE_S = 8.0
_ONE_STEP_S = 5.0
_MOST_BYTES = 1_048_576
_MOST_AT_ONCE = 16
_OK, _SERVER = 200, 500


class Transport:
    """One client for all questions to the provider.

    Parameters
    ----------
    whole_s, step_s : float
        How long an answer may take altogether, however it trickles in; and the next bytes of it. [s]
    tls : SSLContext or None
        Whose certificates are believed; None: those whom the machine believes.
    """

    def __init__(
        self, whole_s: float = _WHOLE_S, step_s: float = _ONE_STEP_S, tls: ssl.SSLContext | None = None
    ) -> None:
        self._whole_s = whole_s
        self._step_s = step_s
        self._tls = tls
        self._client: httpx.AsyncClient | None = None
        self._asking = 0

    async def get(self, url: str, *, bearer: str = "") -> dict[str, Any]:
        """Return the JSON object at an address. Raises `ProviderDownError`, `OidcError`."""
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return await self._ask("GET", url, headers=headers)

    async def post(self, url: str, form: Mapping[str, str], *, auth: httpx.Auth | None = None) -> dict[str, Any]:
        """Send a form and return the JSON object that is answered. Raises `ProviderDownError`, `OidcError`."""
        return await self._ask("POST", url, data=dict(form), auth=auth)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx's own arguments
        if self._asking >= _MOST_AT_ONCE:
            raise ProviderDownError("busy", "the provider owes many answers already")
        self._asking += 1
        try:
            async with asyncio.timeout(self._whole_s):
                status, body = await self._read(method, url, **more)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            raise ProviderDownError("down", f"{method} {_shown(url)}: {type(error).__name__}") from None
        finally:
            self._asking -= 1
        if status != _OK:
            kind = ProviderDownError("down", f"{_shown(url)} answers {status}")
            raise kind if status >= _SERVER or method == "GET" else OidcError("code", _said(body, status))
        return _object(body, url)

    async def _read(self, method: str, url: str, **more: Any) -> tuple[int, bytes]:  # noqa: ANN401 - the same
        if self._client is None:
            self._client = await asyncio.to_thread(_new_client, self._tls, self._step_s)
        headers = {"Accept": "application/json", **more.pop("headers", {})}
        async with self._client.stream(method, url, headers=headers, **more) as answer:
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > _MOST_BYTES:
                    raise ProviderDownError("down", f"{_shown(url)} answers too much")
            return answer.status_code, bytes(body)


def _new_client(tls: ssl.SSLContext | None, step_s: float) -> httpx.AsyncClient:
    """Read the machine's certificates: that takes long, so not in the loop."""
    limits = httpx.Limits(max_connections=_MOST_AT_ONCE, max_keepalive_connections=4, keepalive_expiry=20.0)
    return httpx.AsyncClient(
        verify=True if tls is None else tls,
        timeout=step_s,
        follow_redirects=False,
        limits=limits,
        trust_env=False,
    )


def _object(body: bytes, url: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:  # of the text, or of its letters
        found = None
    if not isinstance(found, dict):
        raise ProviderDownError("down", f"{_shown(url)} answers no JSON object")
    return found


def _said(body: bytes, status: int) -> str:
    """Return the provider's own code for what was wrong: never its free text, which may hold what we sent."""
    try:
        found = json.loads(body)
        code = found.get("error", "") if isinstance(found, dict) else ""
    except ValueError:
        code = ""
    known = isinstance(code, str) and code.isascii() and code.replace("_", "").isalnum()
    return f"the provider answers {status} {code[:64] if known else ''}".strip()


def _shown(url: str) -> str:
    """Return an address without what might be secret in it."""
    return url.partition("?")[0]
