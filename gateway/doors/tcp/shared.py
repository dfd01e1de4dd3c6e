"""What all connections of the TCP door have in common."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from anhu.contract.clock import Clock
from gateway.doors.set_aside import SetAside
from gateway.doors.tcp.counters import TcpCounters
from gateway.doors.tcp.cutting import Family, families
from gateway.doors.tcp.settings import TcpSettings
from gateway.doors.turns import FlushTurn, FullLog
from gateway.intake import Intake


@dataclass(frozen=True, slots=True)
class Shared:
    """Where connections leave what comes, and what they keep to.

    Attributes
    ----------
    now_s : callable
        A time that only ever grows. [s]
    """

    settings: TcpSettings
    intake: Intake
    clock: Clock
    families: tuple[Family, ...]
    counters: TcpCounters
    flush_turn: FlushTurn
    full_log: FullLog
    aside: SetAside
    now_s: Callable[[], float] = time.monotonic

    @classmethod
    def made(cls, settings: TcpSettings, intake: Intake, clock: Clock) -> Shared:
        """Return it for a door that begins."""
        full_log = FullLog(intake, settings.max_pending_bytes)
        known = families(intake.codecs.values())
        return cls(settings, intake, clock, known, TcpCounters(), FlushTurn(lambda: None), full_log, SetAside())
