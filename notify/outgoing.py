"""HTTP to the outside, as channels need it: no redirection, no second use of a connection, no address of a neighbour.

A redirection is never followed: what is said of a person goes to the address that somebody entered, and nowhere else.
No connection is used twice: a server that answers twice would answer for the next message, unread.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx
import msgspec

from anhu.contract.clock import SECOND_MS
from notify.addresses import PORTS, AddressRefusedError, checked_address
from notify.channel import PermanentError, RetryableError

_BUSY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_HTTP_TIME = "%a, %d %b %Y %H:%M:%S GMT"
_LONGEST_WAIT_S = 900.0
_LONGEST_ANSWER_BYTES = 65_536


class Reply(NamedTuple):
    """What a server answered; headers by their names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether it was taken."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_busy(self) -> bool:
        """Whether the same may be taken later."""
        return self.status in _BUSY or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def is_redirection(self) -> bool:
        """Whether it names another address."""
        return HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST and "location" in self.headers

    def json(self) -> dict[str, Any]:
        """Return the object that the body is; empty when it is none."""
        try:
            read = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return {}
        return read if isinstance(read, dict) else {}


def fresh_client(time_limit_s: float) -> httpx.AsyncClient:
    """Return a client that uses no connection twice and follows no redirection; the caller closes it. [s]."""
    return httpx.AsyncClient(
        timeout=time_limit_s,
        follow_redirects=False,
        trust_env=False,
        limits=httpx.Limits(max_keepalive_connections=0),
    )


class Outgoing:
    """Sends requests.

    Parameters
    ----------
    time_limit_s : float
        For each step of one. [s]
    """

    def __init__(self, time_limit_s: float) -> None:
        self._client = fresh_client(time_limit_s)

    async def post(
        self, address: str, *, content: bytes, headers: Mapping[str, str], neighbours: bool, reads: bool = True
    ) -> Reply:
        """Post once.

        Parameters
        ----------
        neighbours : bool
            Whether the address may lead into the own network.
        reads : bool
            Whether the body of the answer is wanted.

        Raises
        ------
        PermanentError
            For an address that cannot be used, or must not.
        RetryableError
            When there was no answer.
        """
        try:
            request = await self._request(address, content, headers, neighbours=neighbours)
            response = await self._client.send(request, stream=True)
            try:
                body = await _body(response) if reads else b""
            finally:
                await response.aclose()
        except AddressRefusedError as error:
            raise PermanentError(str(error)) from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise PermanentError(f"no usable URL: {type(error).__name__}") from None
        except (httpx.HTTPError, OSError) as error:
            raise RetryableError(f"no answer: {type(error).__name__}") from None
        return Reply(response.status_code, response.headers, body)

    async def _request(
        self, address: str, content: bytes, headers: Mapping[str, str], *, neighbours: bool
    ) -> httpx.Request:
        url = httpx.URL(address)
        if url.scheme not in PORTS or not url.host:
            raise PermanentError("the address must be an http or https URL")
        port = url.port or PORTS[url.scheme]
        host = await checked_address(url.host, port, allow_private=neighbours)
        certificate_for = {"sni_hostname": url.host} if url.scheme == "https" else {}
        return self._client.build_request(
            "POST",
            url.copy_with(host=host, fragment=None),
            content=content,
            headers={**headers, "Host": url.netloc.decode("ascii")},
            extensions=certificate_for,
        )

    async def close(self) -> None:
        """Close what is open."""
        await self._client.aclose()


async def _body(response: httpx.Response) -> bytes:
    """Return the beginning of a body: nobody fills our memory with an answer."""
    read = b""
    async for part in response.aiter_bytes():
        read += part
        if len(read) >= _LONGEST_ANSWER_BYTES:
            break
    return read[:_LONGEST_ANSWER_BYTES]


def retry_after_s(headers: Mapping[str, str], now_ms: int) -> float:
    """Return how long a server asks us to wait; 0 when it does not say, and never very long. [s]."""
    asked = headers.get("retry-after", "")
    if asked.isdecimal():
        after_s = float(asked)
    else:
        try:
            at = datetime.strptime(asked, _HTTP_TIME).replace(tzinfo=UTC)
        except ValueError:
            return 0.0
        after_s = at.timestamp() - now_ms / SECOND_MS
    return min(max(after_s, 0.0), _LONGEST_WAIT_S)
