"""A small SMTP server that keeps every message instead of delivering it, and misbehaves on demand."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import ClassVar

from notify.channels.email import EmailSettings
from notify.fake_server import FakeServer, Taken

_POLL_S = 0.01
_MAX_LINE_BYTES = 65_536
_MAX_MESSAGE_BYTES = 10_485_760


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One message as it was taken.

    Attributes
    ----------
    at_s : float
        `time.monotonic` when it was complete. [s]
    told : bool
        Whether its sender was told that it was taken.
    """

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    at_s: float
    told: bool

    @property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        return message_from_bytes(self.raw, policy=policy.default)


class SmtpServer(FakeServer):
    """Takes mail on a loopback port of its own; use it as a context manager. No TLS, no login.

    Attributes
    ----------
    mails : list of Mail
        Everything taken, in order.
    refuse_next, lie_next : int
        Refuse so many messages before being well again; keep so many and say that they were refused.
    refuse_with : str
        The refusal: a 4xx reply may be tried again, a 5xx may not.
    extensions : tuple of str
        What it says that it can do; what it cannot, it refuses.
    deaf : bool
        Accept connections and say nothing at all.
    """

    joined: ClassVar[int] = 0

    def __init__(self, port: int = 0) -> None:
        self.mails: list[Mail] = []
        self.refuse_next = self.lie_next = 0
        self.refuse_with = "451 try again later"
        self.delay_s = 0.0
        self.answers = 1
        self.extensions: tuple[str, ...] = ("8BITMIME", "SMTPUTF8")
        self.silent = self.deaf = False
        self.port = port
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._stop: asyncio.Event

    @classmethod
    def settings(cls, port: int) -> EmailSettings:
        """Return settings that send through it."""
        return EmailSettings(
            smtp_host="127.0.0.1", smtp_port=port, smtp_starttls=False, smtp_from="anhu@platform.example"
        )

    @classmethod
    def address(cls, port: int, name: str) -> str:  # noqa: ARG003 - the port stands in the settings
        """Return the mail address of somebody with this name."""
        return f"{name}@fake.example"

    def start(self) -> None:
        """Begin to listen; `port` then says where."""
        self._thread.start()
        self._ready.wait()

    def close(self) -> None:
        """Stop listening and break open connections."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def refuse(self, times: int, *, for_good: bool = False) -> None:
        """Refuse the next messages with 451, or 550 for good."""
        self.refuse_with = "550 no such user" if for_good else "451 try again later"
        self.refuse_next += times

    def lie(self, times: int) -> None:
        """Keep the next messages and answer 451."""
        self.lie_next += times

    def came(self) -> int:
        """Return how many messages were taken."""
        return len(self.mails)

    def taken(self) -> Sequence[Taken]:
        """Return the messages that it has, in order."""
        read = [(one.message, one.recipients[0]) for one in self.mails]
        return [Taken(str(mail["Message-ID"]), to, str(mail["Subject"])) for mail, to in read]

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._converse, "127.0.0.1", self.port, limit=_MAX_LINE_BYTES)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        async with server:
            await self._stop.wait()
            await asyncio.sleep(_POLL_S)  # whoever stands at the door comes in, for asyncio forgets who came too late
            for writer in self._open:
                writer.transport.abort()
            await asyncio.sleep(_POLL_S)  # and all end

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(OSError, ValueError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await _until(lambda: not self.deaf)
            await self._talk(reader, writer)
        self._open.discard(writer)
        writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender, recipients = "", list[str]()
        writer.write(b"220 anhu-simulator ESMTP\r\n")
        while line := (await reader.readline()).decode("utf-8", "replace").strip():
            verb = line[:4].upper()
            reply = "250 OK"
            if verb == "EHLO":
                reply = "\r\n".join(["250-anhu-simulator", *(f"250-{one}" for one in self.extensions), "250 HELP"])
            elif verb == "MAIL":
                sender, recipients = _address(line), []
            elif verb == "RCPT":
                recipients.append(_address(line))
            elif verb == "RSET":
                sender, recipients = "", []
            elif verb == "DATA" and recipients:
                writer.write(b"354 end with a dot\r\n")
                reply = await self._take(sender, recipients, await _body(reader))
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                await writer.drain()
                return
            elif verb not in ("HELO", "NOOP"):
                reply = "503 not now"
            writer.write(f"{reply}\r\n".encode() * (self.answers if verb == "DATA" else 1))

    async def _take(self, sender: str, recipients: list[str], raw: bytes) -> str:
        if "8BITMIME" not in self.extensions and not raw.isascii():
            return "554 this server takes seven bits"
        if self.refuse_next:
            self.refuse_next -= 1
            return self.refuse_with
        lies = self.lie_next > 0
        self.lie_next -= lies
        told = not self.silent and not lies
        mail = Mail(sender=sender, recipients=tuple(recipients), raw=raw, at_s=time.monotonic(), told=told)
        self.mails.append(mail)
        await asyncio.sleep(self.delay_s)
        if lies:
            return "451 no"
        if not told:
            await _until(lambda: not self.silent)
            raise ConnectionAbortedError
        return "250 kept"


async def _until(well: Callable[[], bool]) -> None:
    while not well():  # noqa: ASYNC110 - told by another thread
        await asyncio.sleep(_POLL_S)


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]


async def _body(reader: asyncio.StreamReader) -> bytes:
    """Read up to the lonely dot; a line that begins with a dot was sent with two (RFC 5321 §4.5.2)."""
    body = bytearray()
    while (line := await reader.readline()) not in (b".\r\n", b".\n"):
        if not line:
            raise ConnectionAbortedError  # whoever was sending is gone: this is no mail
        body += line.removeprefix(b".")
        if len(body) > _MAX_MESSAGE_BYTES:
            raise ValueError("the message is too long")
    return bytes(body)
