"""A vendor's cloud over real HTTP that can fail, wait, double, lie and lead astray."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qs, urlsplit

SECRET = "the vendor's secret"
ACCOUNT = "client-1"
_REASONS = {200: "OK", 302: "Found", 401: "Unauthorized", 404: "Not Found", 429: "Busy", 503: "Busy"}


@dataclass
class Saying:
    """What is answered once."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    pause_s: float = 0.0
    byte_by_byte_s: float = 0.0
    hangs_up: bool = False


def state(device_id: str, at_ms: int, **fields: object) -> Saying:
    data = {"devID": device_id, "state": 1, "HR": 62, "BR": 14, "time": at_ms, **fields}
    return Saying(body=json.dumps({"code": 0, "msg": "success", "data": data}).encode())


class FakeCloud:
    """Answers each question with what `says` returns for it.

    Attributes
    ----------
    asked : list
        About whom, in order.
    strangers : int
        Questions with a wrong signature; they are answered 401.
    most_at_once : int
        Questions that were under way together.
    """

    def __init__(self, says: Callable[[str], Saying]) -> None:
        self.says = says
        self.asked: list[str] = []
        self.targets: list[str] = []
        self.strangers = self.most_at_once = self._now = 0
        self.sent_bytes = 0
        self._nonces: set[str] = set()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self, port: int = 0) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        return self

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in self._open:
                writer.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            await self._answer(head.split(b" ")[1].decode(), writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._now -= 1
            self._open.discard(writer)
            writer.close()

    async def _answer(self, target: str, writer: asyncio.StreamWriter) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        self.targets.append(target)
        self.asked.append(query.get("devID", ""))
        saying = self.says(query.get("devID", "")) if self._is_genuine(query) else Saying(status=401)
        self.strangers += saying.status == 401
        await asyncio.sleep(saying.pause_s)
        if saying.hangs_up:
            return
        headers = {"Content-Length": str(len(saying.body)), "Content-Type": "application/json", **saying.headers}
        lines = [f"HTTP/1.1 {saying.status} {_REASONS[saying.status]}", *(f"{n}: {v}" for n, v in headers.items())]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        step = 1 if saying.byte_by_byte_s else 65_536
        for start in range(0, len(saying.body), step):
            part = saying.body[start : start + step]
            writer.write(part)
            self.sent_bytes += len(part)
            await writer.drain()
            await asyncio.sleep(saying.byte_by_byte_s)

    def _is_genuine(self, query: dict[str, str]) -> bool:
        nonce = query.get("signatureNonce", "")
        expected = base64.b64encode(hmac.digest(SECRET.encode(), nonce.encode(), "sha1")).decode()
        is_new = nonce not in self._nonces
        self._nonces.add(nonce)
        return is_new and query.get("clientID") == ACCOUNT and query.get("signature") == expected
