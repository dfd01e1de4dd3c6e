"""What `anhu doctor` looks at: each check is a function of the settings that says what it found and what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from anhu.contract.clock import Clock
from anhu.outbox.tables import UNDECIDED, Outbox
from anhu.registry.database import close_sessions, open_engine, open_sessions, reading
from anhu.registry.migrations import revisions
from anhu.registry.tables import Device, User
from app import identity_key, secret_key, series_wiring
from app.backup_checks import backups
from app.check_result import CheckResult, CheckVerdict
from app.clear_text import in_the_clear
from app.data_folder import open_to_others
from app.database_checks import server
from app.door_checks import broker, certificate, channel_servers, listening
from app.heartbeat_checks import calls_of_itself
from app.hints import command
from app.log_checks import kafka_log
from app.oidc_checks import logins_by_provider
from app.poll_checks import polls
from app.process_checks import processes
from app.push_checks import pushes
from app.settings import Settings
from app.shard_checks import shards
from app.silence_checks import registry_gaps, untold_now
from ingest.shared.progress import StoreProgress
from ingest.store.port import StoreUnavailableError
from notify.subjects import subjects

_LOW_DISK_BYTES = 2 * 1024**3

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


def store(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    """Ask the time-series store for its name."""
    query = (
        series_wiring.store_itself(settings, clock)
        if settings.store == "influxdb"
        else series_wiring.store_query(settings, clock)
    )
    try:
        yield CheckResult(CheckVerdict.OK, "store", query.ping())
    except StoreUnavailableError as error:
        advice = "check ANHU_INFLUXDB_URL, its token and bucket" if settings.store == "influxdb" else "start `anhu up`"
        yield CheckResult(CheckVerdict.FAILED, "store", str(error), advice)
    finally:
        query.close()


def county_stores(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    """Name each county's store that is behind: its charts end there, and the LOG holds what it has not taken."""
    if not settings.influxdb_file:
        return
    engine = open_engine(settings.database)
    try:
        behind = StoreProgress(engine).behind()
    except SQLAlchemyError:
        return  # what the database lacks is said by its own check
    finally:
        engine.dispose()
    for one in behind:
        detail = f"has not taken everything for {(clock.now_ms() - one.since_ms) // 1_000} s: {one.reason}"
        advice = "the LOG keeps what it misses as long as there is room; bring it back before that"
        yield CheckResult(CheckVerdict.FAILED, f"store {one.store}", detail, advice)
    if not behind:
        yield CheckResult(CheckVerdict.OK, "county stores", "none is behind")


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
    letters = series_wiring.dead_letters(settings, clock)
    waiting = letters.count()
    letters.close()
    advice = command(settings, "deadletters list") if waiting else ""
    yield CheckResult(CheckVerdict.WARNING if waiting else CheckVerdict.OK, "dead letters", f"{waiting} wait", advice)


CHECKS: tuple[Check, ...] = (
    data_folder,
    private_files,
    database,
    server,
    identity_key.fits,
    secret_key.fits,
    store,
    kafka_log,
    county_stores,
    processes,
    shards,
    calls_of_itself,
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
