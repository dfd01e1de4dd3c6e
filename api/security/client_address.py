"""Whose request it is: the connection's other end, or what a trusted proxy says of it; nobody else is believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from anhu.contract.proxies import Network, is_trusted, plain_address


class ClientAddress:
    """ASGI middleware that puts the caller's address in ``scope["client"]``.

    Parameters
    ----------
    trusted : sequence of networks
        The proxies. A proxy that is trusted must write ``X-Forwarded-For`` (or ``Forwarded``) itself, and not hand on
        what a caller wrote in the place of it.
    """

    def __init__(self, app: ASGIApp, *, trusted: Sequence[Network]) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope.get("client"):
            peer, port = scope["client"]
            if (found := caller(peer, Headers(scope=scope), self._trusted)) != peer:
                peer, port = found, 0
            scope["client"] = (peer, port)
        await self._app(scope, receive, send)


def caller(peer: str, headers: Headers, trusted: Sequence[Network]) -> str:
    """Return the nearest address that is no proxy of ours; one that is no address ends the search."""
    hops = list(_forwarded_for(headers))
    nearest = peer
    while is_trusted(nearest, trusted) and hops:
        try:
            nearest = str(plain_address(hops.pop()))
        except ValueError:
            break
    return nearest


def _forwarded_for(headers: Headers) -> Iterator[str]:
    """Yield the addresses that proxies wrote down, the farthest first."""
    if written := headers.getlist("x-forwarded-for"):
        yield from (_without_port(one) for one in ",".join(written).split(","))
        return
    for element in ",".join(headers.getlist("forwarded")).split(","):
        for pair in element.split(";"):
            name, _, value = pair.strip().partition("=")
            if name.lower() == "for":
                yield _without_port(value.strip('"'))


def _without_port(text: str) -> str:
    text = text.strip()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
