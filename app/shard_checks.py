"""What `anhu doctor` says of the partitions of a city's LOG: who reads them, and who lost one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from anhu.contract.clock import Clock
from anhu.registry.database import close_sessions, open_sessions, reading
from anhu.registry.shard_leases import database_now_ms
from anhu.registry.shard_watch import ShardFault, ShardFlaw, fenced_lately, lines, shard_flaws
from app import wiring
from app.check_result import CheckResult, CheckVerdict
from app.settings import Settings

_CONSUMERS = ("alerts", "ingest")


def shards(settings: Settings, _clock: Clock) -> Iterator[CheckResult]:
    """Look whether every partition has somebody who reads it, and keeps up."""
    if not wiring.log_is_shared(settings):
        return
    partitions = wiring.log_partitions(settings)
    sessions = open_sessions(settings.database)
    try:
        for consumer in _CONSUMERS:
            with reading(sessions)() as session:
                yield from _of(session, consumer, partitions)
    except (SQLAlchemyError, OSError):
        return  # what the database lacks is said by its own check
    finally:
        close_sessions(sessions)


def _of(session: Session, consumer: str, partitions: int) -> Iterator[CheckResult]:
    now_ms, name = database_now_ms(session), f"partitions of {consumer}"
    flaws = shard_flaws(session, consumer, partitions, now_ms)
    for line in lines(flaws):
        yield CheckResult(
            _verdict(consumer, flaws), name, line, f"start another `anhu run {consumer}`; look at its log"
        )
    if not flaws:
        yield CheckResult(CheckVerdict.OK, name, f"each of {partitions} is read by one process, to its end")
    if fenced := fenced_lately(session, consumer, now_ms):
        detail = f"{fenced} were taken within an hour from processes that believed to have them; nothing was told twice"
        advice = "a machine that stands still, or a process that is short of a core: look at its log lines"
        yield CheckResult(CheckVerdict.WARNING, name, detail, advice)


def _verdict(consumer: str, flaws: Sequence[ShardFlaw]) -> CheckVerdict:
    is_silence = consumer == "alerts" and any(one.fault is ShardFault.NOBODY for one in flaws)
    return CheckVerdict.FAILED if is_silence else CheckVerdict.WARNING
