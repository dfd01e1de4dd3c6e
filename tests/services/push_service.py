"""A push service as Firefox speaks it: a web socket for the browser, POSTs for who pushes; it can lose a browser."""

from __future__ import annotations

import asyncio
import base64
import threading
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from aiohttp import WSMsgType, web

from tests.services.process import HOST


class PushService:
    """Use it as a context manager; it has a loop and a thread of its own.

    Attributes
    ----------
    posts : list of dict
        Headers of what was pushed, in order.
    gone : set of str
        Channels that it answers 410 for.
    heard : list of str
        Kinds of what the browser said.
    """

    def __init__(self) -> None:
        self.posts: list[dict[str, str]] = []
        self.gone: set[str] = set()
        self.heard: list[str] = []
        self.port = 0
        self._browser: web.WebSocketResponse | None = None
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def socket_url(self) -> str:
        """Where the browser connects."""
        return f"ws://{HOST}:{self.port}/"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(20), "the push service did not start"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.close()

    async def _listen(self) -> None:
        app = web.Application()
        app.add_routes([web.get("/", self._speak), web.post("/push/{channel}", self._take)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _speak(self, request: web.Request) -> web.WebSocketResponse:
        spoken = web.WebSocketResponse(protocols=("push-notification",))
        await spoken.prepare(request)
        self._browser = spoken
        async for message in spoken:
            if message.type is WSMsgType.TEXT:
                said = message.json()
                self.heard.append(said.get("messageType", "ping"))
                answer = self._answer(said)
                if answer is not None:
                    await spoken.send_json(answer)
        return spoken

    def _answer(self, said: dict[str, Any]) -> dict[str, Any] | None:
        kind = said.get("messageType")
        if kind == "hello":
            return {"messageType": kind, "uaid": uuid4().hex, "status": 200, "use_webpush": True, "broadcasts": {}}
        if kind == "register":
            address = f"http://{HOST}:{self.port}/push/{said['channelID']}"
            return {"messageType": kind, "channelID": said["channelID"], "status": 200, "pushEndpoint": address}
        if kind == "unregister":
            return {"messageType": kind, "channelID": said["channelID"], "status": 200}
        return {} if kind is None else None

    async def _take(self, request: web.Request) -> web.Response:
        channel, body = request.match_info["channel"], await request.read()
        self.posts.append({name.lower(): value for name, value in request.headers.items()})
        if channel in self.gone:
            return web.json_response({"reason": "Unregistered"}, status=410)
        assert self._browser is not None
        await self._browser.send_json(
            {
                "messageType": "notification",
                "channelID": channel,
                "version": uuid4().hex,
                "data": base64.urlsafe_b64encode(body).rstrip(b"=").decode(),
                "headers": {"encoding": request.headers["Content-Encoding"]},
            }
        )
        return web.Response(status=201, headers={"Location": f"/message/{uuid4().hex}"})
