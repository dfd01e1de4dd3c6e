"""A front door on a free port with everything real but what stands behind it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from anhu.contract.clock import SystemClock
from gateway import codecs as discovered
from gateway.codec import Codec
from gateway.codecs.zigbee2mqtt import CODEC
from gateway.doors.mqtt.server import Listener, MqttServer
from gateway.doors.mqtt.settings import MqttSettings
from gateway.intake import Intake
from gateway.mapping.loading import load_mapping
from tests.gateway.doors.mqtt.doors import (
    Door,
    MemoryCommands,
    MemoryDirectory,
    MemoryLog,
    MemoryNotes,
    device,
    open_codec,
    shared_codec,
)

DESCRIBED = load_mapping(Path(discovered.__file__).with_name("mr60fda2.yaml")).codec


@pytest.fixture
def settings() -> MqttSettings:
    return MqttSettings(command_poll_s=0.05, directory_poll_s=0.05, slow_login_s=0.2)


@pytest.fixture
def listeners() -> tuple[Listener, ...]:
    return (Listener(port=0),)


@pytest.fixture
def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    return asyncio.new_event_loop


@pytest.fixture
def codecs() -> Mapping[str, Codec]:
    return {"open": open_codec(), "shared": shared_codec(), "zigbee2mqtt": CODEC, "mr60fda2": DESCRIBED}


@pytest.fixture
def door(
    settings: MqttSettings,
    listeners: tuple[Listener, ...],
    loop_factory: Callable[[], asyncio.AbstractEventLoop],
    codecs: Mapping[str, Codec],
) -> Iterator[Door]:
    loop = loop_factory()
    thread = threading.Thread(target=loop.run_forever, name="front door")
    thread.start()

    async def start() -> Door:
        log, directory, commands, clock = MemoryLog(), MemoryDirectory(), MemoryCommands(), SystemClock()
        notes = MemoryNotes()
        directory.put(device())
        directory.put(device("dev-2"))
        directory.put(device("watch-1", codec="shared"))
        directory.put(device("home-1", codec="zigbee2mqtt"))
        directory.put(device("radar-1", codec="mr60fda2"))
        intake = Intake(codecs, log, clock)
        server = MqttServer(
            intake=intake,
            directory=directory,
            commands=commands,
            notes=notes,
            clock=clock,
            listeners=listeners,
            settings=settings,
        )
        await server.start()
        return Door(loop, server, log, directory, commands, notes, intake)

    made = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield made
    finally:
        made.loop.call_soon_threadsafe(made.log.let_go)
        asyncio.run_coroutine_threadsafe(made.server.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
