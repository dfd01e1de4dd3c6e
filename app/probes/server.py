"""A very small HTTP server in the process's own loop: that it answers at all shows that the loop turns.

It knows three addresses, one method and no body. A caller has five seconds, four kilobytes and one question; sixty-four
may ask at once, the next one is sent away and counted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import NamedTuple

_logger = logging.getLogger(__name__)
_MOST_CALLERS = 64
_HEAD_BYTES = 4_096
_QUESTION_S = 5.0
_WORDS = 3
TEXT = "text/plain; charset=utf-8"


class Answer(NamedTuple):
    """What is said to a caller."""

    status: HTTPStatus
    body: bytes
    content_type: str = TEXT


Page = Callable[[], Answer]


class ProbeServer:
    """Answers GET at a few addresses.

    Parameters
    ----------
    host : str
        Address to listen on; empty for all.
    port : int
        0 takes any that is free.
    pages : mapping
        Path -> what answers there, at once.

    Attributes
    ----------
    turned_away : int
        Callers for whom there was no room.
    """

    def __init__(self, host: str, port: int, pages: Mapping[str, Page]) -> None:
        self._host, self._port, self._pages = host, port, pages
        self._server: asyncio.Server | None = None
        self._callers: set[asyncio.Task[None]] = set()
        self.turned_away = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.sockets[0].getsockname()[1] if self._server else self._port

    async def start(self) -> None:
        """Begin to answer. Raises `OSError` when the port is taken."""
        self._server = await asyncio.start_server(self._meet, self._host or None, self._port, limit=_HEAD_BYTES)

    async def close(self) -> None:
        """Hang up."""
        if self._server is None:
            return
        self._server.close()
        for task in tuple(self._callers):
            task.cancel()
        if self._callers:
            await asyncio.wait(self._callers)
        await self._server.wait_closed()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._callers) >= _MOST_CALLERS:
            self.turned_away += 1
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a stream's callback is a task
        self._callers.add(task)
        try:
            async with asyncio.timeout(_QUESTION_S):
                await self._talk(reader, writer)
        except (TimeoutError, OSError, asyncio.LimitOverrunError, asyncio.IncompleteReadError):
            pass  # no question, or nobody who waits for the answer
        finally:
            self._callers.discard(task)
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        answer, has_body = self._answer(head)
        lines = (
            f"HTTP/1.1 {answer.status.value} {answer.status.phrase}",
            f"content-type: {answer.content_type}",
            f"content-length: {len(answer.body)}",
            "cache-control: no-store",
            "connection: close",
        )
        writer.write("\r\n".join((*lines, "", "")).encode("latin-1") + (answer.body if has_body else b""))
        await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    def _answer(self, head: bytes) -> tuple[Answer, bool]:
        """Return what to say, and whether with its body."""
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if len(words) != _WORDS or not words[2].startswith("HTTP/1."):
            return said(HTTPStatus.BAD_REQUEST), True
        method, target, _ = words
        if method not in {"GET", "HEAD"}:
            return said(HTTPStatus.METHOD_NOT_ALLOWED), True
        page = self._pages.get(target.partition("?")[0])
        if page is None:
            return said(HTTPStatus.NOT_FOUND), method == "GET"
        try:
            return page(), method == "GET"
        except Exception:
            _logger.exception("a probe could not be answered")
            return said(HTTPStatus.INTERNAL_SERVER_ERROR), method == "GET"


def said(status: HTTPStatus, *more: str) -> Answer:
    """Return a status with a line of text for each thing that there is to say."""
    return Answer(status, "\n".join((status.phrase, *more, "")).encode())
