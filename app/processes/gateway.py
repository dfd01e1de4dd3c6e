"""The gateway: the doors for devices, and the subscriber for a broker that is already there, before one LOG."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import Clock
from anhu.contract.errors import SettingsError
from anhu.contract.proxies import trusted_networks
from anhu.registry.database import open_sessions, reading
from app import wiring
from app.probes.surroundings import certificate, pool
from app.processes.cloud_poller import cloud_poller
from app.processes.process import Context, allow_many_files
from app.processes.push_door import push_door
from app.processes.shared_doors import Beside, drain, is_ours, on_duty, shared_doors
from app.processes.tcp_door import tcp_door
from app.secret_key import payload_vault, secret_vault
from app.settings import Settings
from gateway.announcements import Announcements
from gateway.command_queue import DatabaseCommandQueue
from gateway.device_register import DatabaseDirectory
from gateway.door_notes import DatabaseNoteBook
from gateway.doors.broker.routes import Binding
from gateway.doors.broker.settings import BrokerSettings
from gateway.doors.broker.subscriber import BrokerSubscriber
from gateway.doors.mqtt.server import Listener, MqttServer
from gateway.doors.mqtt.settings import MqttSettings
from gateway.doors.poll.poller import Poller
from gateway.doors.switchboard import Switchboard
from gateway.intake import Intake
from gateway.quarantine import Quarantine
from gateway.quarantine_register import DatabaseStrangerRegister
from gateway.replay import Replay

_OF_ALL_DOORS = ("restless", "present_unwritten", "notes_unwritten")
"""What `anhu doctor` asks of the gateway, whichever door it is of."""


async def body(context: Context) -> None:
    """Listen until the end; what was read is on disk and answered before the doors close."""
    settings, clock = context.settings, context.clock
    sessions = open_sessions(settings.database, settings.database_limits(context.name))
    for one in (pool(sessions), certificate(settings.tls_certificate)):
        context.numbers.add(one)
    log, announcements = wiring.log_writer(settings), Announcements(settings.data / "announced.db")
    intake = Intake(wiring.known_codecs(settings), log, clock, announcements)
    board = shared_doors(settings, sessions, intake, announcements)
    directory = _directory(settings, sessions)
    commands = DatabaseCommandQueue(sessions, clock, board.door if board is not None else "")
    with reading(sessions)() as session:
        strangers = DatabaseStrangerRegister(sessions, payload_vault(settings, session))
    quarantine = Quarantine(intake, strangers, clock, DatabaseNoteBook(sessions))
    replay = Replay(intake, strangers, directory, is_ours(board, "replay"))
    doors = _doors(context, sessions, _Behind(intake, directory, commands, quarantine), board)
    beside = Beside(board, sessions, directory=directory, intake=intake, clock=clock)

    def counters() -> Mapping[str, float]:
        now: dict[str, float] = {"port": settings.mqtt_port, **{f"log_{k}": v for k, v in log.counters().items()}}
        now |= {f"intake_{k}": v for k, v in intake.counters().items()}
        now |= {f"strangers_{k}": v for k, v in {**quarantine.counters(), **replay.counters()}.items()}
        return {k: float(v) for k, v in {**now, **_health(doors), **beside.health()}.items()}

    await _open(beside, doors, context.stop)
    context.ready.require("LOG", intake.commit.flaw)
    intake.commit.delays.tracer = context.tracer
    context.ready.opened()
    reporting = asyncio.create_task(context.report(counters, intake.commit.delays.families), name="status")
    upkeep = asyncio.gather(quarantine.run(), replay.run(), intake.answers.run(commands))
    await drain(context.stop, doors.values(), settings.drain_s)
    upkeep.cancel()
    replay.close()
    for door in reversed(doors.values()):
        await door.close()
    await beside.close()
    await intake.aclose()
    announcements.close()
    await quarantine.aclose()
    await log.aclose()
    await reporting


async def _open(beside: Beside, doors: Mapping[str, _Door], stop: asyncio.Event) -> None:
    await beside.start(stop)
    for door in doors.values():
        await door.start()


class _Door(Protocol):
    async def start(self) -> None: ...
    async def close(self) -> None: ...
    def health(self) -> Mapping[str, int]: ...


class _Behind(NamedTuple):
    """What every door hands on to, and asks."""

    intake: Intake
    directory: DatabaseDirectory
    commands: DatabaseCommandQueue
    quarantine: Quarantine


def _doors(
    context: Context, sessions: sessionmaker[Session], behind: _Behind, board: Switchboard | None
) -> dict[str, _Door]:
    """Return the doors that are open here, by the name under which they are counted."""
    most_files, settings, clock = allow_many_files(), context.settings, context.clock
    intake, directory, commands, quarantine = behind
    notes = DatabaseNoteBook(sessions)
    server = MqttServer(
        intake=intake,
        directory=directory,
        commands=commands,
        clock=clock,
        listeners=_listeners(settings),
        settings=_within_files(MqttSettings(), most_files),
        notes=notes,
        unknown_login=quarantine.note_login,
        present=None if board is not None else settings.data / "connected.devices",
        sessions=settings.data / "sessions.db",
        trusted=trusted_networks(settings.trusted_proxies),
        board=board,
    )
    of_tcp = (settings, intake, directory, commands)
    tcp = tcp_door(*of_tcp, notes=notes, clock=clock, files=most_files, quarantine=quarantine, board=board)
    pushed = push_door(settings, intake, directory, sessions, clock, quarantine=quarantine)

    def poller() -> Poller:
        return cloud_poller(settings, intake, directory, sessions, clock, notes=notes, quarantine=quarantine)

    subscriber = on_duty(board, "broker", lambda: _subscriber(settings, clock, behind)) if settings.broker_url else None
    polled = on_duty(board, "poll", poller)
    named = {"": server, "push": pushed, "broker": subscriber, "tcp": tcp, "poll": polled}
    return {name: door for name, door in named.items() if door is not None}


def _health(doors: Mapping[str, _Door]) -> dict[str, int]:
    """Return what the doors count: the MQTT door's names stand alone, the others' behind their door's."""
    counted = {name: door.health() for name, door in doors.items()}
    now = dict(counted[""])
    for name in ("push", "broker", "tcp", "poll"):
        now |= {f"{name}_{k}": v for k, v in counted.get(name, {}).items()}
    return now | {name: now[name] + counted.get("tcp", {}).get(name, 0) for name in _OF_ALL_DOORS}


def _directory(settings: Settings, sessions: sessionmaker[Session]) -> DatabaseDirectory:
    with reading(sessions)() as session:
        return DatabaseDirectory(sessions, secret_vault(settings, session))


def _subscriber(settings: Settings, clock: Clock, behind: _Behind) -> BrokerSubscriber:
    """Return who reads along at a broker that is already there."""
    return BrokerSubscriber(
        settings=broker_settings(settings),
        intake=behind.intake,
        directory=behind.directory,
        quarantine=behind.quarantine,
        commands=behind.commands,
        clock=clock,
    )


def _within_files(settings: MqttSettings, most_files: int) -> MqttSettings:
    """Leave three of four files that we may open to devices: strangers cannot use them up."""
    return replace(settings, max_strangers=max(16, min(settings.max_strangers, most_files // 4)))


def _listeners(settings: Settings) -> tuple[Listener, ...]:
    secure = wiring.tls_context(settings) if settings.mqtt_tls_port or settings.mqtt_wss_port else None
    old = wiring.old_tls_context(settings) if settings.mqtt_old_tls_port else None
    host = settings.listen_host
    keyed = (Listener(host=host, port=settings.mqtt_psk_port, by_psk=True),) if settings.mqtt_psk_port else ()
    wanted = (
        (settings.mqtt_port, None, False),
        (settings.mqtt_tls_port, secure, False),
        (settings.mqtt_ws_port, None, True),
        (settings.mqtt_wss_port, secure, True),
        (settings.mqtt_old_tls_port, old, False),
    )
    listeners = (Listener(host=host, port=port, tls=tls, is_websocket=ws) for port, tls, ws in wanted if port)
    return (*listeners, *keyed)


def broker_settings(settings: Settings) -> BrokerSettings:
    """Read ``mqtt://user:password@host:1883`` (``mqtts`` for TLS), and which topics belong to which device.

    Raises
    ------
    SettingsError
        If a topic or its device is missing.
    """
    parts = urlsplit(settings.broker_url)
    secure = parts.scheme == "mqtts"
    return BrokerSettings(
        host=parts.hostname or "",
        port=parts.port or (8883 if secure else 1883),
        client_id="anhu-gateway",
        user_name=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=ssl.create_default_context() if secure else None,
        bindings=tuple(_bindings(settings.broker_bindings)),
        shuts_out=settings.broker_shuts_out,
    )


def _bindings(text: str) -> Iterator[Binding]:
    for part in filter(None, (p.strip() for p in text.split(","))):
        topic_filter, equals, device_id = part.rpartition("=")
        if not (equals and topic_filter and device_id):
            raise SettingsError("ANHU_BROKER_BINDINGS", part, "a topic filter, = and a device: zigbee2mqtt/#=home-1")
        yield Binding(topic_filter=topic_filter, device_id=device_id)
