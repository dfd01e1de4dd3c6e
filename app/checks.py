"""What `anhu doctor` looks at: each check is a function of the settings that says what it found and what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from anhu.contract.clock import Clock
from anhu.outbox.tables import UNDECIDED, Outbox
from anhu.registry.database import close_sessions, open_sessions, reading
from anhu.registry.migrations import revisions
from anhu.registry.tables import Device, User
from app import identity_key, secret_key, status, wiring
from app.backup_checks import backups
from app.check_result import CheckResult, CheckVerdict
from app.clear_text import in_the_clear
from app.data_folder import open_to_others
from app.door_checks import broker, certificate, channel_servers, listening
from app.hints import command
from app.oidc_checks import logins_by_provider
from app.poll_checks import polls
from app.push_checks import pushes
from app.settings import Settings
from app.silence_checks import registry_gaps, untold_now
from ingest.store.port import StoreUnavailableError
from notify.subjects import subjects

_LOW_DISK_BYTES = 2 * 1024**3
_STUCK_S = 60.0
_BACKLOG_BYTES = 64 * 1024**2
_UNWRITTEN = {
    "sessions_unwritten": "the sessions of devices (commands wait until they subscribe anew)",
    "notes_unwritten": "what devices say in vain",
    "intake_announcements_unwritten": "what devices announced that their messages mean",
    "poll_unwritten": "what vendors' clouds told last (after an end it may come twice)",
}
_PROCESSES = ("gateway", "ingest", "alerts", "dispatcher", "api", "watcher")


Check = Callable[[Settings, Clock], Iterator[CheckResult]]


def data_folder(settings: Settings, _clock: Clock) -> Iterator[CheckResult]:
    """Is there a folder that we may write, with room in it?."""
    folder = settings.data
    if not folder.is_dir():
        yield CheckResult(
            CheckVerdict.FAILED, "data folder", f"{folder} does not exist", "start `anhu up` once, or pass --data"
        )
        return
    if not os.access(folder, os.W_OK):
        yield CheckResult(
            CheckVerdict.FAILED, "data folder", f"{folder} is not writable", "give it to the user that runs Anhu"
        )
        return
    free = shutil.disk_usage(folder).free
    short = free < _LOW_DISK_BYTES
    advice = "free some space: without it the front door stops acknowledging" if short else ""
    yield CheckResult(
        CheckVerdict.WARNING if short else CheckVerdict.OK, "data folder", f"{folder}, {free >> 20} MiB free", advice
    )


def private_files(settings: Settings, _clock: Clock) -> Iterator[CheckResult]:
    """Look whether other users of the machine may read what is stored about residents."""
    if not settings.data.is_dir():
        return
    shown = next(open_to_others(settings.data), None)
    if shown is None:
        yield CheckResult(CheckVerdict.OK, "private files", "nobody else reads the data folder")
    else:
        advice = "start `anhu up` once, or chmod -R go= the data folder"
        yield CheckResult(CheckVerdict.WARNING, "private files", f"other users of the machine may read {shown}", advice)


def clear_text(settings: Settings, _clock: Clock) -> Iterator[CheckResult]:
    """Look for what crosses a network unencrypted."""
    for found in in_the_clear(settings):
        yield CheckResult(CheckVerdict.WARNING, found.what, found.detail, found.advice)


def proxies(settings: Settings, _clock: Clock) -> Iterator[CheckResult]:
    """Look whether the addresses of callers are known behind the proxy that there must be."""
    if settings.is_https and not settings.trusted_proxies:
        detail = "everybody has the TLS proxy's address: one who guesses passwords slows the others down"
        yield CheckResult(CheckVerdict.WARNING, "proxy", detail, "set ANHU_TRUSTED_PROXIES to the proxy's address")


def database(settings: Settings, _clock: Clock) -> Iterator[CheckResult]:
    """Ask the database for its form, and for somebody who may log in."""
    if not settings.database_url and not settings.data.is_dir():
        return  # said by the check of the folder
    try:
        present, newest = revisions(settings.database)
    except (SQLAlchemyError, OSError) as error:
        yield CheckResult(
            CheckVerdict.FAILED, "database", type(error).__name__, "check ANHU_DATABASE_URL and that it runs"
        )
        return
    if present != newest:
        yield CheckResult(
            CheckVerdict.FAILED, "database", f"revision {present or 'none'}", "start `anhu up`: it migrates"
        )
        return
    yield CheckResult(CheckVerdict.OK, "database", f"revision {present}")
    yield from _people(settings)


def _people(settings: Settings) -> Iterator[CheckResult]:
    sessions = open_sessions(settings.database)
    with reading(sessions)() as session:
        users = session.scalar(select(func.count()).select_from(User).where(User.enabled)) or 0
        devices = session.scalar(select(func.count()).select_from(Device)) or 0
    close_sessions(sessions)
    if users:
        yield CheckResult(CheckVerdict.OK, "users", f"{users} may log in, {devices} devices enrolled")
    else:
        advice = command(settings, "admin create-user --role admin --login NAME")
        yield CheckResult(CheckVerdict.FAILED, "users", "nobody may log in", advice)


def store(settings: Settings, _clock: Clock) -> Iterator[CheckResult]:
    """Ask the time-series store for its name."""
    query = wiring.store_query(settings)
    try:
        yield CheckResult(CheckVerdict.OK, "store", query.ping())
    except StoreUnavailableError as error:
        advice = "check ANHU_INFLUXDB_URL, its token and bucket" if settings.store == "influxdb" else "start `anhu up`"
        yield CheckResult(CheckVerdict.FAILED, "store", str(error), advice)
    finally:
        query.close()


def processes(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    """Read what the processes last said: alive, and keeping up."""
    said = {s.process: s for s in status.read_all(settings.data / "status")}
    for name in _PROCESSES:
        found = said.get(name)
        if found is None or clock.now_ms() - found.at_ms > status.FRESH_MS:
            when = "never" if found is None else f"{(clock.now_ms() - found.at_ms) // 1_000} s ago"
            yield CheckResult(CheckVerdict.FAILED, f"process {name}", f"last heard of {when}", "is `anhu up` running?")
            continue
        stuck_s = max((s for name, s in found.counters.items() if name.endswith("stuck_s")), default=0.0)
        if stuck_s > _STUCK_S:
            detail = f"pid {found.pid}, the store has refused what it is given for {stuck_s:.0f} s: nothing is stored"
            advice = "its log line says why: no room on the store's disk, or a shard that it cannot open"
            yield CheckResult(CheckVerdict.FAILED, f"process {name}", detail, advice)
            continue
        if restless := found.counters.get("restless", 0.0):
            detail = f"{restless:.0f} devices break off all the time, or share a credential"
            yield CheckResult(CheckVerdict.WARNING, f"process {name}", detail, "the desk shows them as sensor faults")
        unwritten = [what for counter, what in _UNWRITTEN.items() if found.counters.get(counter, 0.0)]
        if unwritten:
            detail = f"pid {found.pid} cannot write down {' and '.join(unwritten)}"
            advice = "its log line says why: a full disk, a broken file, or a database that does not answer"
            yield CheckResult(CheckVerdict.WARNING, f"process {name}", detail, advice)
        if found.counters.get("present_unwritten", 0.0):
            detail = f"pid {found.pid} cannot write down which devices are connected"
            yield CheckResult(CheckVerdict.FAILED, f"process {name}", detail, "free some space in the data folder")
            continue
        if (wait_s := found.counters.get("looks_wait_s", 0.0)) > _STUCK_S:
            detail = f"who looked at whose data waits for the database since {wait_s:.0f} s; it refuses soon"
            yield CheckResult(CheckVerdict.FAILED, f"process {name}", detail, "its log line says why")
            continue
        if found.counters.get("unreadable_snapshots", 0.0) or found.counters.get("unreadable_rests", 0.0):
            what = "began without its memory: the snapshot could not be read"
            advice = "rules begin anew; what was open stays open until a device says so again, or a person closes it"
            yield CheckResult(CheckVerdict.WARNING, f"process {name}", what, advice)
        backlog = found.counters.get("backlog_bytes", 0.0)
        behind = backlog > _BACKLOG_BYTES
        advice = "it does not keep up: look at its log lines" if behind else ""
        verdict = CheckVerdict.WARNING if behind else CheckVerdict.OK
        yield CheckResult(verdict, f"process {name}", f"pid {found.pid}, {backlog:.0f} bytes behind", advice)


def outbox(settings: Settings, _clock: Clock) -> Iterator[CheckResult]:
    """Count what waits to be sent, and what nobody here can put into words."""
    sessions = open_sessions(settings.database)
    waiting = select(Outbox.subject_kind, func.count().label("waiting")).where(Outbox.state.in_(UNDECIDED))
    waiting = waiting.group_by(Outbox.subject_kind)
    try:
        with reading(sessions)() as session:
            by_kind = {row.subject_kind: row.waiting for row in session.execute(waiting)}
    except (SQLAlchemyError, OSError):
        return  # what the database lacks is said by its own check
    finally:
        close_sessions(sessions)
    known = subjects()
    yield CheckResult(CheckVerdict.OK, "outbox", f"{sum(n for k, n in by_kind.items() if k in known)} wait")
    for kind in sorted(by_kind.keys() - known.keys()):
        detail = f"{by_kind[kind]} messages wait about a {kind}, which nobody here knows: they are not sent"
        yield CheckResult(CheckVerdict.FAILED, "outbox", detail, "run the version of Anhu that wrote them")


def dead_letters(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    """Count what waits for a better codec."""
    if not settings.data.is_dir():
        return
    letters = wiring.dead_letters(settings, clock)
    waiting = letters.count()
    letters.close()
    advice = command(settings, "deadletters list") if waiting else ""
    yield CheckResult(CheckVerdict.WARNING if waiting else CheckVerdict.OK, "dead letters", f"{waiting} wait", advice)


CHECKS: tuple[Check, ...] = (
    data_folder,
    private_files,
    database,
    identity_key.fits,
    secret_key.fits,
    store,
    processes,
    listening,
    broker,
    certificate,
    clear_text,
    proxies,
    logins_by_provider,
    backups,
    registry_gaps,
    untold_now,
    pushes,
    polls,
    channel_servers,
    outbox,
    dead_letters,
)
