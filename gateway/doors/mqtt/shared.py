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
from gateway.doors.mqtt.session_file import SessionFile
from gateway.doors.mqtt.settings import MqttSettings
from gateway.doors.set_aside import SetAside
from gateway.doors.turns import FlushTurn, FullLog
from gateway.intake import Intake
from gateway.mqtt.handshake import Limits


@dataclass(frozen=True, slots=True)
class Shared:
    """Where connections leave what comes, and what they keep to.

    Attributes
    ----------
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
    kept_sessions: SessionFile
    now_s: Callable[[], float] = time.monotonic

    @classmethod
    def made(cls, settings: MqttSettings, intake: Intake, clock: Clock, sessions: Path | None) -> Shared:
        """Return it for a door that begins."""
        limits = Limits(
            max_packet_bytes=settings.max_packet_bytes,
            receive_maximum=settings.receive_maximum,
            topic_alias_maximum=settings.topic_alias_maximum,
        )
        full_log = FullLog(intake, settings.max_pending_bytes)
        counters, kept = MqttCounters(), SessionFile(sessions, clock)
        return cls(settings, intake, clock, counters, limits, FlushTurn(kept.write_now), full_log, SetAside(), kept)

    def codec_of(self, device: DeviceEntry) -> Codec | None:
        """Return a device's codec."""
        return self.intake.codecs.get(device.codec)
