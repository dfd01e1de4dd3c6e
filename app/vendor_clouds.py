"""How vendors' clouds are reached: as what goes out in general, and to no neighbour that nobody allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from http import HTTPStatus

import httpx

from anhu.contract.clock import Clock
from gateway.doors.poll.port import PollError, Trouble
from notify.addresses import PORTS, AddressRefusedError, checked_address
from notify.outgoing import fresh_client, retry_after_s

_STRANGERS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_BUSY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_AGENT = "anhu-poller/1"


class VendorClouds:
    """Asks over HTTPS; over HTTP, and inside the own network, only hosts that the operator names.

    Parameters
    ----------
    private_hosts : collection of str
        Those that may be asked although they are neighbours.
    """

    def __init__(self, clock: Clock, private_hosts: Collection[str], limit_s: float) -> None:
        self._clock, self._private = clock, frozenset(host.lower() for host in private_hosts)
        self._client = fresh_client(limit_s)

    async def get(self, address: str, headers: Mapping[str, str], *, most_bytes: int, limit_s: float) -> bytes:
        """Return the body of a 200; see `gateway.doors.poll.port.Getter`."""
        try:
            async with asyncio.timeout(limit_s):
                request = await self._request(address, headers)
                response = await self._client.send(request, stream=True)
                try:
                    self._check(response)
                    return await _body(response, most_bytes)
                finally:
                    await response.aclose()
        except AddressRefusedError:
            raise PollError(Trouble.ADDRESS, "inside the own network, and not in ANHU_POLL_PRIVATE_HOSTS") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
            raise PollError(Trouble.ADDRESS, "no usable address") from None
        except (TimeoutError, httpx.TimeoutException):
            raise PollError(Trouble.SLOW, f"no whole answer within {limit_s:g} s") from None
        except (httpx.HTTPError, OSError) as error:
            raise PollError(Trouble.UNREACHABLE, type(error).__name__) from None

    async def close(self) -> None:
        """Close what is open."""
        await self._client.aclose()

    async def _request(self, address: str, headers: Mapping[str, str]) -> httpx.Request:
        url = httpx.URL(address)
        is_named = url.host.lower() in self._private
        if url.scheme not in PORTS or not url.host or (url.scheme == "http" and not is_named):
            raise PollError(Trouble.ADDRESS, "expected https; http only for a host in ANHU_POLL_PRIVATE_HOSTS")
        host = await checked_address(url.host, url.port or PORTS[url.scheme], allow_private=is_named)
        sent = {"User-Agent": _AGENT, "Accept": "application/json", "Accept-Encoding": "identity", **headers}
        return self._client.build_request(
            "GET",
            url.copy_with(host=host, fragment=None),
            headers={**sent, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.host} if url.scheme == "https" else {},
        )

    def _check(self, response: httpx.Response) -> None:
        """Raise for anything but a 200; a redirection is never followed, the questions are for this cloud alone."""
        status = response.status_code
        if status == HTTPStatus.OK:
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise PollError(Trouble.NONSENSE, "a packed answer, expected it as it is")
            return
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            raise PollError(Trouble.REDIRECTED, f"HTTP {status}")
        if status in _STRANGERS:
            raise PollError(Trouble.CREDENTIALS, f"HTTP {status}")
        if status in _BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            wait_s = retry_after_s(response.headers, self._clock.now_ms())
            raise PollError(Trouble.BUSY, f"HTTP {status}", wait_s=wait_s)
        raise PollError(Trouble.STATUS, f"HTTP {status}")


async def _body(response: httpx.Response, most_bytes: int) -> bytes:
    parts, length = [], 0
    async for part in response.aiter_raw():
        parts.append(part)
        length += len(part)
        if length > most_bytes:
            raise PollError(Trouble.TOO_LONG, f"over {most_bytes} bytes")
    return b"".join(parts)
