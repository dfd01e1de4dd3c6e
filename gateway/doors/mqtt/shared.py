"""What all connections of the MQTT front door have in common."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from anhu.contract.clock import Clock
from gateway.codec import Codec
from gateway.directory import DeviceEntry
from gateway.doors.mqtt.counters import MqttCounters
from gateway.doors.mqtt.lines import KeptSessions, MqttLines
from gateway.doors.mqtt.session_file import SessionFile
from gateway.doors.mqtt.settings import MqttSettings
from gateway.doors.set_aside import SetAside
from gateway.doors.switchboard import Switchboard
from gateway.doors.turns import FlushTurn, FullLog
from gateway.intake import Intake
from gateway.mqtt.handshake import Limits


@dataclass(frozen=True, slots=True)
class Shared:
    """Where connections leave what comes, and what they keep to.

    Attributes
    ----------
    lines : MqttLines or None
        Of a door among several; None where it is the only one.
    now_s : callable
        A time that only ever grows. [s]
    """

    settings: MqttSettings
    intake: Intake
    clock: Clock
    counters: MqttCounters
    limits: Limits
    flush_turn: FlushTurn
    full_log: FullLog
    aside: SetAside
    kept_sessions: KeptSessions
    lines: MqttLines | None = None
    now_s: Callable[[], float] = time.monotonic

    @classmethod
    def made(
        cls,
        settings: MqttSettings,
        intake: Intake,
        clock: Clock,
        sessions: Path | None,
        board: Switchboard | None = None,
    ) -> Shared:
        """Return it for a door that begins; sessions are kept in the file, or among several doors by the board."""
        limits = Limits(
            max_packet_bytes=settings.max_packet_bytes,
            receive_maximum=settings.receive_maximum,
            topic_alias_maximum=settings.topic_alias_maximum,
        )
        full_log = FullLog(intake, settings.max_pending_bytes)
        lines = MqttLines(board, clock, time.monotonic) if board is not None else None
        kept: KeptSessions = lines or SessionFile(sessions, clock)
        return cls(
            settings=settings,
            intake=intake,
            clock=clock,
            counters=MqttCounters(),
            limits=limits,
            flush_turn=FlushTurn(kept.write_now),
            full_log=full_log,
            aside=SetAside(),
            kept_sessions=kept,
            lines=lines,
        )

    def codec_of(self, device: DeviceEntry) -> Codec | None:
        """Return a device's codec."""
        return self.intake.codecs.get(device.codec)
