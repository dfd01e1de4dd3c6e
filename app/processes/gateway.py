"""The gateway: the MQTT front door, and the subscriber for a broker that is already there, before one LOG."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from anhu.contract.clock import Clock
from anhu.contract.errors import SettingsError
from anhu.contract.proxies import trusted_networks
from anhu.registry.database import open_sessions
from app import wiring
from app.processes.process import Context, allow_many_files
from app.settings import Settings
from gateway.device_register import DatabaseCommandQueue, DatabaseDirectory
from gateway.door_notes import DatabaseNoteBook
from gateway.doors.broker.routes import Binding
from gateway.doors.broker.settings import BrokerSettings
from gateway.doors.broker.subscriber import BrokerSubscriber
from gateway.doors.mqtt.server import Listener, MqttServer
from gateway.doors.mqtt.settings import MqttSettings
from gateway.intake import Intake
from gateway.quarantine import Quarantine
from gateway.quarantine_register import DatabaseStrangerRegister
from gateway.replay import Replay


async def body(context: Context) -> None:
    """Listen until the end; what was read is on disk and answered before the doors close."""
    most_files = allow_many_files()
    settings, clock = context.settings, context.clock
    sessions = open_sessions(settings.database)
    log = wiring.log_writer(settings)
    intake = Intake(wiring.known_codecs(settings), log, clock)
    directory, commands = DatabaseDirectory(sessions), DatabaseCommandQueue(sessions, clock)
    strangers = DatabaseStrangerRegister(sessions)
    quarantine, replay = Quarantine(intake, strangers, clock), Replay(intake, strangers, directory)
    server = MqttServer(
        intake=intake,
        directory=directory,
        commands=commands,
        clock=clock,
        listeners=_listeners(settings),
        settings=_within_files(MqttSettings(), most_files),
        notes=DatabaseNoteBook(sessions),
        unknown_login=quarantine.note_login,
        present=settings.data / "connected.devices",
        sessions=settings.data / "sessions.db",
        trusted=trusted_networks(settings.trusted_proxies),
    )
    subscriber = _subscriber(
        settings, clock, intake=intake, directory=directory, commands=commands, quarantine=quarantine
    )

    def counters() -> Mapping[str, float]:
        intake_counts = {f"intake_{k}": v for k, v in intake.counters().items()}
        now = {"port": settings.mqtt_port, **server.health(), **intake_counts}
        now |= {f"strangers_{k}": v for k, v in {**quarantine.counters(), **replay.counters()}.items()}
        now |= {"log_bytes": log.stored_bytes, "log_dropped_unread": log.dropped_unread}
        if subscriber is not None:
            now |= {f"broker_{k}": v for k, v in subscriber.health().items()}
        return {k: float(v) for k, v in now.items()}

    await server.start()
    if subscriber is not None:
        await subscriber.start()
    reporting = asyncio.create_task(context.report(counters), name="status")
    upkeep = asyncio.gather(quarantine.run(), replay.run(), intake.answers.run(commands))
    await context.stop.wait()
    upkeep.cancel()
    replay.close()
    if subscriber is not None:
        await subscriber.close()
    await server.close()
    await intake.aclose()
    await quarantine.aclose()
    await log.aclose()
    await reporting


def _subscriber(
    settings: Settings,
    clock: Clock,
    *,
    intake: Intake,
    directory: DatabaseDirectory,
    commands: DatabaseCommandQueue,
    quarantine: Quarantine,
) -> BrokerSubscriber | None:
    """Return who reads along at a broker that is already there; None without one."""
    if not settings.broker_url:
        return None
    return BrokerSubscriber(
        settings=broker_settings(settings),
        intake=intake,
        directory=directory,
        quarantine=quarantine,
        commands=commands,
        clock=clock,
    )


def _within_files(settings: MqttSettings, most_files: int) -> MqttSettings:
    """Leave three of four files that we may open to devices: strangers cannot use them up."""
    return replace(settings, max_strangers=max(16, min(settings.max_strangers, most_files // 4)))


def _listeners(settings: Settings) -> tuple[Listener, ...]:
    plain = (Listener(host=settings.listen_host, port=settings.mqtt_port),) if settings.mqtt_port else ()
    if not settings.mqtt_tls_port:
        return plain
    tls = wiring.tls_context(settings)
    return (*plain, Listener(host=settings.listen_host, port=settings.mqtt_tls_port, tls=tls))


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
    )


def _bindings(text: str) -> Iterator[Binding]:
    for part in filter(None, (p.strip() for p in text.split(","))):
        topic_filter, equals, device_id = part.rpartition("=")
        if not (equals and topic_filter and device_id):
            raise SettingsError("ANHU_BROKER_BINDINGS", part, "a topic filter, = and a device: zigbee2mqtt/#=home-1")
        yield Binding(topic_filter=topic_filter, device_id=device_id)
