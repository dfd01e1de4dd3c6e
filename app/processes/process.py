"""What all processes share: logging, signals, the parent's end, the status file, the probes, and the event loop."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from anhu.contract.clock import Clock, SystemClock
from anhu.contract.tracing import Tracer
from app.probes.loop_lag import LoopLag
from app.probes.numbers import Counters, Families, Numbers
from app.probes.pages import pages
from app.probes.readiness import Readiness
from app.probes.server import ProbeServer
from app.probes.surroundings import disk
from app.settings import Settings
from app.status_board import StatusBoard
from app.tracing import tracing

log = logging.getLogger(__name__)

STATUS_S = 5.0
_GC_THRESHOLD = 20_000
_NO_LIMIT_FILES = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a process is given: settings, a clock, the event that ends it; and whom it tells how it is.

    Attributes
    ----------
    ready : Readiness
        Told when the process may be given work, and what must be so.
    tracer : Tracer or None
        Follows single messages, where tracing is on.
    numbers : Numbers
        What ``/metrics`` and the status say; `report` tells it where to ask.
    """

    name: str
    settings: Settings
    clock: Clock
    stop: asyncio.Event
    tracer: Tracer | None = None
    ready: Readiness = field(init=False)
    numbers: Numbers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ready", Readiness(self.stop))
        object.__setattr__(self, "numbers", Numbers(self.name))

    async def report(self, counters: Counters, families: Families | None = None) -> None:
        """Say how it is: write the status every few seconds until the end, and let the probes ask."""
        self.numbers.ask(counters, families)
        board = StatusBoard(self.settings, self.name, self.clock)
        while not self.stop.is_set():
            board.write(counters(), self.numbers.families())
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), STATUS_S)
        await board.leave()


Body = Callable[[Context], Awaitable[None]]


def run_process(name: str, settings: Settings, body: Body, *, follow_stdin: bool) -> None:
    """Run one process until SIGTERM, SIGINT, or (as somebody's child) until its standard input closes."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format=f"%(asctime)s %(levelname).1s {name:<10} %(message)s"
    )
    for chatty in ("httpx", "httpcore", "alembic", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    gc.freeze()  # modules live for ever; looking through them again and again costs a tenth of a busy process
    gc.set_threshold(_GC_THRESHOLD)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_main(name, settings, body, follow_stdin=follow_stdin))


def allow_many_files() -> int:
    """Raise the limit of open files as far as we may, a shell's usual 1,024 being few; return it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return _NO_LIMIT_FILES if hard == resource.RLIM_INFINITY else hard


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


async def _main(name: str, settings: Settings, body: Body, *, follow_stdin: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    if follow_stdin:
        threading.Thread(target=_wait_for_end_of_input, args=(loop, stop), daemon=True, name="parent").start()
    with tracing(settings, name) as tracer:
        context = Context(name=name, settings=settings, clock=SystemClock(), stop=stop, tracer=tracer)
        async with _probed(context):
            await body(context)


@asynccontextmanager
async def _probed(context: Context) -> AsyncIterator[None]:
    """Answer an orchestrator while a process runs, from before its start until after its end."""
    lag = LoopLag()
    context.numbers.add(lag.families)
    context.numbers.add(disk(context.settings.data))
    measuring = asyncio.create_task(lag.run(), name="loop lag")
    server: ProbeServer | None = None
    if context.settings.health_port:
        host = context.settings.health_host
        server = ProbeServer("" if host == "::" else host, context.settings.health_port, pages(context))
        await server.start()
    try:
        yield
    finally:
        measuring.cancel()
        if server is not None:
            await server.close()


def _wait_for_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), 1):  # not through the buffer: its lock would be held at the interpreter's end
        pass
    log.warning("the parent process has gone: stopping")
    loop.call_soon_threadsafe(stop.set)
