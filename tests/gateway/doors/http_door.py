"""A small HTTP door that knows no family: whatever is peculiar to one, it asks of the codec's `HttpSpec`."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping

from anhu.contract.clock import Clock
from anhu.contract.errors import FieldError
from gateway.codec import Codec, Frame
from gateway.directory import Directory
from gateway.door_specs import Disposition, DoorKind, HttpMessage, HttpReply, HttpRequest, HttpSpec
from gateway.intake import Intake


class HttpDoor:
    def __init__(self, intake: Intake, directory: Directory, keys: Mapping[str, bytes], clock: Clock) -> None:
        self._intake, self._directory, self._keys, self._clock = intake, directory, keys, clock
        self._by_path = {c.http.path: (c, c.http) for c in intake.codecs.values() if c.http is not None}
        self.counts: Counter[Disposition] = Counter()
        self.port = 0

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, target, _ = (await reader.readline()).decode().split()
        headers: dict[str, str] = {}
        while (line := (await reader.readline()).decode().strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        now_ms = self._clock.now_ms()
        reply = await self._answer(
            HttpRequest(method=method, target=target, headers=headers, body=body, received_at_ms=now_ms)
        )
        head = f"HTTP/1.1 {reply.status} .\r\ncontent-type: {reply.content_type}\r\nconnection: close\r\n"
        writer.write(f"{head}content-length: {len(reply.body)}\r\n\r\n".encode() + reply.body)
        writer.close()
        await writer.wait_closed()

    async def _answer(self, request: HttpRequest) -> HttpReply:
        found = self._by_path.get(request.target.partition("?")[0])
        if found is None:
            return HttpReply(status=404)
        codec, spec = found
        disposition = Disposition.REJECTED
        if spec.is_genuine(request, self._keys[codec.name]):
            disposition = await self._kept(codec, spec, request)
        self.counts[disposition] += 1
        return spec.reply(request, disposition)

    async def _kept(self, codec: Codec, spec: HttpSpec, request: HttpRequest) -> Disposition:
        loop = asyncio.get_running_loop()
        answers: list[asyncio.Future[Exception | None]] = []
        try:
            messages, unreadable = spec.messages(request), ""
        except FieldError as error:
            messages, unreadable = (HttpMessage(device_id="", payload=request.body),), str(error)
        for message in messages:
            answers.append(loop.create_future())
            frame = Frame(
                door=DoorKind.HTTP,
                route=spec.path,
                payload=message.payload,
                device_id=message.device_id,
                received_at_ms=request.received_at_ms,
            )
            self._offer(frame, codec.name, unreadable, answers[-1])
        errors = await asyncio.gather(*answers)
        return Disposition.RELEASED if any(errors) else Disposition.ACCEPTED

    def _offer(self, frame: Frame, family: str, unreadable: str, answer: asyncio.Future[Exception | None]) -> None:
        device = self._directory.find_all([frame.device_id]).get(frame.device_id)
        if unreadable:
            self._intake.keep_undecoded(frame, unreadable, _told, answer)
        elif device is None or not device.enabled or device.codec != family:
            reason = f"device_id: got {frame.device_id!r}, expected a registered device of family {family}"
            self._intake.keep_undecoded(frame, reason, _told, answer)
        else:
            self._intake.offer(frame, device, _told, answer)


def _told(answer: asyncio.Future[Exception | None], error: Exception | None) -> None:
    answer.set_result(error)
