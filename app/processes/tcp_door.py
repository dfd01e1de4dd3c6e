"""The TCP door of an installation, where one is set."""

from __future__ import annotations

from dataclasses import replace

from anhu.contract.clock import Clock
from anhu.contract.proxies import trusted_networks
from app.settings import Settings
from gateway.directory import CommandQueue, Directory, NoteBook
from gateway.doors.switchboard import Switchboard
from gateway.doors.tcp.server import TcpServer
from gateway.doors.tcp.settings import TcpSettings
from gateway.doors.tcp.unknown import Hearing
from gateway.intake import Intake
from gateway.quarantine import Quarantine


def tcp_door(
    settings: Settings,
    intake: Intake,
    directory: Directory,
    commands: CommandQueue,
    *,
    notes: NoteBook,
    clock: Clock,
    files: int,
    quarantine: Quarantine,
    board: Switchboard | None = None,
) -> TcpServer | None:
    """Return the door for families with a protocol of their own; None where it is closed."""
    if not settings.tcp_port:
        return None
    limits = TcpSettings()
    return TcpServer(
        intake=intake,
        directory=directory,
        commands=commands,
        notes=notes,
        clock=clock,
        host=settings.listen_host,
        port=settings.tcp_port,
        settings=replace(limits, max_strangers=max(16, min(limits.max_strangers, files // 8))),
        present=None if board is not None else settings.data / "connected-tcp.devices",
        board=board,
        trusted=trusted_networks(settings.trusted_proxies),
        hearing=Hearing(quarantine),
    )
