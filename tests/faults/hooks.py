"""Inside a process of the platform: named points at which it can be made to die, a clock and a disk that can fail.

The harness asks through files in a folder (`tests.faults.arms` writes them). A point without its file costs one look.
"""

from __future__ import annotations

import asyncio
import errno
import functools
import os
import signal
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anhu.contract.clock import SystemClock

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

POINTS: dict[str, dict[str, tuple[str, ...]]] = {
    "gateway": {
        "log.append": ("anhu.log.embedded.storage:Storage.append",),
        "log.flush": ("anhu.log.embedded.disk:sync_data",),
        "puback": (
            "gateway.doors.mqtt.publishing:Publishing._on_disk",
            "gateway.doors.broker.subscriber:BrokerSubscriber._kept",
            "gateway.doors.http.pushing:Pushing._on_disk",
            "gateway.doors.tcp.speaking:Speaking._answer",
        ),
    },
    "ingest": {
        "store.write": (
            "ingest.store.embedded.writer:SqliteStoreWriter.write",
            "ingest.store.influxdb.writer:InfluxStoreWriter.write",
        ),
        "position.commit": ("anhu.log.embedded.reader:EmbeddedLogReader.commit",),
    },
    "alerts": {
        "alert.transaction": ("alerts.short_writes:ShortWrites._write",),
        "alert.findings": ("alerts.short_writes:apply_findings",),
    },
    "dispatcher": {
        "outbox.lease": ("notify.due_work:DueWork.lease",),
        "channel.send": ("notify.channels.webhook.sender:Webhook.send", "notify.channels.email.sender:Email.send"),
        "phone.send": ("notify.channels.sms.sender:Sms.send", "notify.channels.voice.sender:Voice.send"),
        "callback.apply": ("notify.callback_work:CallbackWork._apply",),
        "receipt": ("notify.attempts:Attempts._record",),
    },
    "api": {"callback.keep": ("api.services.callbacks:take",)},
}
"""Process -> durable step -> the functions that take it; each can be died before and after."""
CITY_POINTS: dict[str, dict[str, tuple[str, ...]]] = {
    "gateway": {"log.append": ("anhu.log.kafka.writer:KafkaLogWriter.append_many",)},
    "ingest": {
        "store.write": ("ingest.store.counties.stores:CountyStores.write_parts",),
        "position.commit": ("anhu.log.kafka.reader:KafkaLogReader.commit",),
    },
    "alerts": {"position.commit": ("anhu.log.kafka.reader:KafkaLogReader.commit",)},
}
"""What a city does elsewhere."""

_CLOCK_LOOK_S = 0.05


def crash_points() -> list[tuple[str, str]]:
    """Return every (process, point), a point being ``step.before`` or ``step.after``."""
    return [(p, f"{step}.{side}") for p, steps in POINTS.items() for step in steps for side in ("before", "after")]


def install(process: str) -> None:
    """Put the points of a process into it."""
    folder = Path(os.environ["FAULTS_FOLDER"])
    steps = [*POINTS.get(process, {}).items()]
    if os.environ.get("ANHU_LOG") == "kafka":
        steps += CITY_POINTS.get(process, {}).items()
    for step, targets in steps:
        for target in targets:
            _wrap(target, folder / "crash" / f"{process}@{step}")
    _wrap_clock(folder / "clock")
    _wrap_flush(folder / f"{process}.flush_fails")


def _wrap(target: str, trip: Path) -> None:
    module_name, _, path = target.partition(":")
    owner: Any = import_module(module_name)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    original = getattr(owner, name)
    before, after = _Tripwire(f"{trip}.before"), _Tripwire(f"{trip}.after")

    @functools.wraps(original)
    def plain(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the wrapped function takes
        before()
        result = original(*args, **kwargs)
        after()
        return result

    @functools.wraps(original)
    async def awaited(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the same
        before()
        result = await original(*args, **kwargs)
        after()
        return result

    setattr(owner, name, awaited if asyncio.iscoroutinefunction(original) else plain)


class _Tripwire:
    """Dies at the n-th pass after the harness has asked for it."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __call__(self) -> None:
        try:
            fd = os.open(self._path, os.O_RDWR)
        except FileNotFoundError:
            return
        left = int(os.pread(fd, 20, 0)) - 1
        if left > 0:
            os.pwrite(fd, b"%020d" % left, 0)
            os.close(fd)
            return
        Path(self._path).unlink()
        os.kill(os.getpid(), signal.SIGKILL)


def _wrap_clock(file: Path) -> None:
    """Let the wall clock be stepped: the file holds by how much. [ms]."""
    original = SystemClock.now_ms
    known = [0.0, 0.0]

    def now_ms(self: SystemClock) -> int:
        now_s = time.monotonic()
        if now_s - known[0] > _CLOCK_LOOK_S:
            known[0] = now_s
            known[1] = int(file.read_text("ascii") or 0) if file.exists() else 0
        return original(self) + int(known[1])

    SystemClock.now_ms = now_ms  # type: ignore[method-assign]


def _wrap_flush(file: Path) -> None:
    """Let the disk refuse to flush while a file is there."""
    original = os.fdatasync

    def fdatasync(fd: FileDescriptorLike) -> None:
        if file.exists():
            raise OSError(errno.EIO, "the harness makes the flush fail")
        original(fd)

    os.fdatasync = fdatasync
