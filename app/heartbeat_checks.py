"""What `anhu doctor` says of the calls that the platform makes of itself, whichever machine makes them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from anhu.contract.clock import MINUTE_MS, SECOND_MS, Clock
from anhu.registry.database import close_sessions, open_sessions
from app.check_result import CheckResult, CheckVerdict
from app.heartbeat.beat import Beats
from app.heartbeat.beat_table import beat_store
from app.settings import Settings

_NAME = "heartbeat"
_LATE_MS = 2 * MINUTE_MS
"""Beyond the period: a call that does not arrive takes its time. [ms]"""


def calls_of_itself(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    """Look whether the last calls arrived, in every partition; nothing before the first."""
    if not settings.watcher.heartbeat_s or not (settings.database_url or settings.data.is_dir()):
        return
    sessions = open_sessions(settings.database)
    try:
        beats = Beats(beat_store(settings, sessions))
    except (SQLAlchemyError, OSError):
        return  # what the database lacks is said by its own check
    finally:
        close_sessions(sessions)
    if not beats.all:
        return
    age_ms = clock.now_ms() - beats.all[-1].at_ms
    if age_ms > settings.watcher.heartbeat_s * SECOND_MS + _LATE_MS:
        detail = f"the last call was made {age_ms // SECOND_MS} s ago"
        yield CheckResult(CheckVerdict.WARNING, _NAME, detail, "is the watcher running?")
    elif failing := beats.failing:
        for_s = (clock.now_ms() - beats.failing_since_ms) // SECOND_MS
        ends = ", ".join(sorted(beats.ends()))
        which = ", ".join(map(str, sorted(failing)))
        detail = f"calls for help end before: {ends}; for {for_s} s, in partitions {which}"
        yield CheckResult(CheckVerdict.FAILED, _NAME, detail, "look at the processes above, and at the watcher's log")
    else:
        took_ms = max((one.phone_ms or 0 for one in beats.all[-10:]), default=0)
        yield CheckResult(CheckVerdict.OK, _NAME, f"the last calls arrived, within {took_ms} ms")
