"""What `anhu doctor` says of people: who can be told of nothing, now or ever."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from alerts.episodes.nobodys_calls import open_calls
from alerts.episodes.untold import untold_count
from alerts.tables import Alert
from anhu.contract.clock import Clock
from anhu.contract.words import text
from anhu.registry.contact_form import contact_flaw
from anhu.registry.database import close_sessions, open_sessions, reading
from anhu.registry.gaps import Gap, gaps
from anhu.registry.heartbeat import lives
from anhu.registry.tables import Resident
from app import status
from app.check_result import CheckResult, CheckVerdict
from app.hints import command
from app.settings import Settings
from app.status_board import said_by_all
from notify.channels import contact_forms

_NAMED = 5
_STUCK = "stuck_"


def registry_gaps(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    """Look for what would end in silence."""
    forms = contact_forms(settings.channels)
    sessions = open_sessions(settings.database)
    try:
        with reading(sessions)() as session:
            now_ms = clock.now_ms()
            found = gaps(session, lambda channel, address: contact_flaw(forms, channel, address), now_ms=now_ms)
            is_empty = session.scalar(select(Resident.id).where(Resident.active, lives()).limit(1)) is None
    except (SQLAlchemyError, OSError):
        return  # what the database lacks is said by its own check
    finally:
        close_sessions(sessions)
    if is_empty:
        advice = command(settings, "admin create-resident --help")
        yield CheckResult(CheckVerdict.WARNING, "silence", "nobody lives here yet: there is no resident", advice)
    elif not found:
        yield CheckResult(CheckVerdict.OK, "silence", "everybody is seen by a desk and told to somebody")
    for gap in found:
        verdict = CheckVerdict.FAILED if gap.silent else CheckVerdict.WARNING
        yield CheckResult(
            verdict, "silence", _said(gap), f"set them up; try one with: {command(settings, 'doctor --alarm')}"
        )


def untold_now(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    """Count the open alerts that nobody can be told of, and say why."""
    sessions = open_sessions(settings.database)
    try:
        with reading(sessions)() as session:
            count = untold_count(session)
            newest = select(Alert).where(Alert.untold_again_ms.is_not(None)).order_by(Alert.untold_since_ms.desc())
            alert = session.scalar(newest.limit(1))
            calls = [row.device_id for row, _ in open_calls(session, clock.now_ms())]
    except (SQLAlchemyError, OSError):
        return
    finally:
        close_sessions(sessions)
    if alert is not None:
        why = "; ".join(f"{one['channel']}: {one['reason']}" for one in alert.untold_why or ()) or "there is no contact"
        detail = f"of {count} open alerts nobody can be told; the newest: {why}"
        yield CheckResult(CheckVerdict.FAILED, "untold", detail, "mend the channel or the contacts; it is tried on")
    yield from _nobodys(calls)
    yield from _stuck(settings, clock)


def _nobodys(calls: Sequence[str]) -> Iterator[CheckResult]:
    if calls:
        detail = f"devices of nobody called for help: {', '.join(calls[:_NAMED])}"
        yield CheckResult(CheckVerdict.FAILED, "calls", detail, "find out who uses them; give them to a resident")


def _stuck(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    for one in said_by_all(settings, clock):
        kinds = [name.removeprefix(_STUCK) for name, value in one.counters.items() if name.startswith(_STUCK) and value]
        if kinds and clock.now_ms() - one.at_ms < status.FRESH_MS:
            detail = f"what is due of {', '.join(kinds)} is not done: it breaks each time"
            yield CheckResult(CheckVerdict.FAILED, one.process, detail, "look at its log lines")


def _said(gap: Gap) -> str:
    named = ", ".join(f"{one.id} {one.name}".strip() for one in gap.first[:_NAMED])
    more = f", {text('gap.more', 'en', count=gap.total - _NAMED)}" if gap.total > _NAMED else ""
    return f"{text(f'gap.{gap.kind}', 'en')}: {gap.total} ({named}{more})"
