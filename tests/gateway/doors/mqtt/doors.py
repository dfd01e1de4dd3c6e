"""What stands behind a front door under test: the LOG, the directory and the commands, held in memory."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from anhu.contract import wire
from anhu.contract.errors import FieldError
from anhu.contract.observation import Observation, Scalar
from anhu.contract.record import Numbers, Reading, Record, Undecoded, decode_entry
from anhu.contract.topics import COMMANDS, UP, URGENT
from anhu.log.port import Keyed, Position
from gateway.codec import Codec, Command, Frame
from gateway.directory import DeviceEntry, DoorNote
from gateway.door_specs import MqttSpec
from gateway.doors.mqtt.server import MqttServer
from gateway.intake import Intake

_T = TypeVar("_T")
SECRET = "0123456789abcdef0123456789abcdef"


def _decode(frame: Frame) -> tuple[Observation, ...]:
    return wire.decode(frame.payload, frame.received_at_ms)


def _encode(command: Command) -> bytes:
    if command.name not in {"ask_ok", "measure"}:
        raise FieldError("name", command.name, "ask_ok or measure")
    return msgspec.json.encode({"id": command.command_id, "name": command.name, "arguments": command.arguments})


def open_codec() -> Codec:
    return Codec(
        name="open",
        title="open format",
        data_sheet="README",
        mqtt=MqttSpec(
            publish=(UP, URGENT, "anhu/v1/{device_id}/raw/#"),
            urgent=(URGENT,),
            commands=COMMANDS,
        ),
        decode=_decode,
        examples=(),
        encode=_encode,
    )


def shared_codec() -> Codec:
    return Codec(
        name="shared",
        title="a family with one topic for all",
        data_sheet="README",
        mqtt=MqttSpec(publish=("watch/VitalSign",)),
        decode=_decode,
        examples=(),
    )


def scalar_value(observation: Observation) -> float:
    assert isinstance(observation, Scalar)
    return observation.value


def device(device_id: str = "dev-1", secret: str = SECRET, codec: str = "open", **more: object) -> DeviceEntry:
    digest = hashlib.sha256(secret.encode()).digest()
    who = {"resident_id": f"r-{device_id}", "partition_key": f"c-{device_id}"}
    return DeviceEntry(device_id=device_id, secret_sha256=digest, codec=codec, **who, **more)  # type: ignore[arg-type]


class MemoryLog:
    """A LOG in memory that can be held back or made to fail."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.failure: Exception | None = None
        self.batches = 0
        self.partitions = 1
        self._open = asyncio.Event()
        self._open.set()

    def hold(self) -> None:
        self._open.clear()

    def let_go(self) -> None:
        self._open.set()

    async def append_many(self, records: Sequence[Keyed]) -> Mapping[int, Position]:
        await self._open.wait()
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        self.batches += 1
        self.records.extend(record for _, record in records)
        return {0: len(self.records)}

    async def aclose(self) -> None:
        return None

    def read(self) -> list[Record]:
        found = [one for entry in self.records for one in decode_entry(entry)]
        return [one.reading() if isinstance(one, Numbers) else one for one in found]

    def readings(self) -> list[Reading]:
        return [r for r in self.read() if isinstance(r, Reading) and r.observations[0].quantity != "connection"]

    def undecoded(self) -> list[Undecoded]:
        return [r for r in self.read() if isinstance(r, Undecoded)]

    def connections(self, device_id: str = "dev-1") -> list[tuple[str, object]]:
        events = [r.observations[0] for r in self.read() if isinstance(r, Reading) and r.device_id == device_id]
        return [(e.state, e.attributes["reason"]) for e in events if e.quantity == "connection"]  # type: ignore[union-attr]


@dataclass
class MemoryDirectory:
    devices: dict[str, DeviceEntry] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    lookups: int = 0
    down: bool = False

    def put(self, changed: DeviceEntry) -> None:
        self.devices[changed.device_id] = changed
        self.changes.append(changed.device_id)

    def remove(self, device_id: str) -> None:
        del self.devices[device_id]
        self.changes.append(device_id)

    def find_all(self, device_ids: Sequence[str]) -> Mapping[str, DeviceEntry]:
        self.lookups += len(device_ids)
        if self.down:
            raise OSError("the database is down")
        return {one: self.devices[one] for one in device_ids if one in self.devices}

    def present_version(self) -> int:
        return len(self.changes)

    def changed_since(self, version: int) -> tuple[int, Sequence[str]]:
        return len(self.changes), tuple(self.changes[version:])


@dataclass
class MemoryCommands:
    waiting: list[tuple[str, Command]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    down: bool = False

    def pending(self, device_ids: Sequence[str]) -> Sequence[tuple[str, Command]]:
        self._answer()
        return [(d, c) for d, c in self.waiting if d in device_ids and c.command_id not in self.done]

    def delivered(self, command_id: str, at_ms: int) -> None:  # noqa: ARG002 - the port's signature
        self._answer()
        self.done.append(command_id)

    def failed(self, command_id: str, why: str, at_ms: int) -> None:  # noqa: ARG002 - the port's signature
        self.refused[command_id] = why

    def _answer(self) -> None:
        if self.down:
            raise OSError("the database is down")


@dataclass
class MemoryNotes:
    rows: list[DoorNote] = field(default_factory=list)
    down: bool = False

    def add(self, notes: Sequence[DoorNote]) -> None:
        if self.down:
            raise OSError("the database is down")
        self.rows.extend(notes)

    def of(self, device_id: str) -> list[tuple[str, int, str]]:
        return [(one.kind, one.times, one.last) for one in self.rows if one.device_id == device_id]


@dataclass
class Door:
    """A running front door; its event loop runs in a thread of its own, so blocking clients can be used."""

    loop: asyncio.AbstractEventLoop
    server: MqttServer
    log: MemoryLog
    directory: MemoryDirectory
    commands: MemoryCommands
    notes: MemoryNotes
    intake: Intake

    @property
    def port(self) -> int:
        return self.server.ports[0]

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Await something on the loop."""
        asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    def call(self, function: Callable[[], _T]) -> _T:
        """Run a function on the loop."""

        async def run() -> _T:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(10)
