"""The poller: knows whom to ask, keeps the clouds going, and writes down what came of it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TypeVar

from anhu.contract.clock import Clock
from anhu.contract.polling import TOLD_AFTER_MS
from gateway.directory import Directory, NoteBook
from gateway.doors.device_cache import DeviceCache
from gateway.doors.note_writer import NoteWriter
from gateway.doors.poll.cloud import Cloud
from gateway.doors.poll.counters import PollCounters
from gateway.doors.poll.memory import Memory
from gateway.doors.poll.pace import Dice
from gateway.doors.poll.port import Getter, PolledProduct, PollRegister, PollState
from gateway.doors.poll.questions import Questions
from gateway.doors.poll.settings import PollSettings
from gateway.doors.poll.taking import Shared
from gateway.doors.set_aside import SetAside
from gateway.intake import Intake
from gateway.poll_spec import PollSpec
from gateway.quarantine import Quarantine

_logger = logging.getLogger(__name__)
_T = TypeVar("_T")
_THREADS = 2
_CLOSING_S = 2.0


class Poller:
    """Asks the clouds of all products that say how.

    Parameters
    ----------
    register : PollRegister
        Whom to ask; its calls may block.
    getter : Getter
        Reaches the outside; closed with the poller.
    dice : callable
        Spreads questions over time.
    """

    def __init__(
        self,
        *,
        intake: Intake,
        directory: Directory,
        register: PollRegister,
        quarantine: Quarantine,
        notes: NoteBook,
        getter: Getter,
        clock: Clock,
        settings: PollSettings | None = None,
        dice: Dice = random.random,
    ) -> None:
        self._register, self._dice = register, dice
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="poll-lookup")
        self._shared = Shared(
            settings=settings or PollSettings(),
            intake=intake,
            quarantine=quarantine,
            devices=DeviceCache(directory, self._executor),
            getter=getter,
            clock=clock,
            memory=Memory(),
            aside=SetAside(),
            counters=PollCounters(),
        )
        self._specs = {name: codec.poll for name, codec in intake.codecs.items() if codec.poll is not None}
        self._notes = NoteWriter(self._shared.aside, notes, self._executor, clock)
        self._clouds: dict[str, Cloud] = {}
        self._devices: Mapping[str, Sequence[str]] = {}
        self._working: list[asyncio.Task[None]] = []
        self._asking: set[asyncio.Task[None]] = set()
        self._unread = self._unwritten = 0

    async def start(self) -> None:
        """Remember what was told last, and begin."""
        await self._shared.devices.start()
        self._shared.memory.restore(await self._call(self._register.states))
        await self._look_up()
        for work in (self._ask_for_ever(), self._follow_for_ever(), self._write_for_ever(), self._notes.run()):
            self._working.append(asyncio.get_running_loop().create_task(work, name="poller"))

    def health(self) -> dict[str, int]:
        """Return counts since the start, and how many clouds there are, fail, and are silent for long, by name."""
        now_ms = self._shared.clock.now_ms()
        since_ms = [one.failing_since_ms for one in self._shared.memory.products() if one.failing_since_ms]
        now = {
            "clouds": len(self._clouds),
            "clouds_failing": len(since_ms),
            "clouds_silent": sum(now_ms - one >= TOLD_AFTER_MS for one in since_ms),
            "devices": sum(len(one) for one in self._devices.values()),
            "under_way": len(self._asking),
            "unread": self._unread,
            "unwritten": self._unwritten + self._notes.failed_writes,
        }
        return asdict(self._shared.counters) | now

    async def close(self) -> None:
        """Ask no more; what was answered is on disk and remembered, unless it takes too long."""
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)
        if self._asking:
            await asyncio.wait(self._asking, timeout=_CLOSING_S)
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        await self._write()
        await self._notes.write()
        await self._shared.getter.close()
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _ask_for_ever(self) -> None:
        loop, settings = asyncio.get_running_loop(), self._shared.settings
        while True:
            clouds = list(self._clouds.values())
            random.shuffle(clouds)  # where there is not room for all, none comes last every time
            for cloud in clouds:
                while len(self._asking) < settings.at_once and (one := cloud.questions.take(loop.time())) is not None:
                    task = loop.create_task(cloud.ask(one), name="poll")
                    self._asking.add(task)
                    task.add_done_callback(self._asking.discard)
            await asyncio.sleep(settings.tick_s if clouds else settings.follow_s)

    async def _follow_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._shared.settings.follow_s)
            try:
                await self._look_up()
            except Exception:
                self._unread += 1
                _logger.exception("it could not be read whom to ask; those who were known are asked")

    async def _look_up(self) -> None:
        """Follow what changed of products and devices."""
        changed = await self._shared.devices.refresh()
        products = await self._call(self._register.products, tuple(self._specs))
        known = {product_id: cloud.product for product_id, cloud in self._clouds.items()}
        if products == known and not changed:
            return
        devices = await self._call(self._register.devices, tuple(products))
        self._clouds = {one: self._cloud(product) for one, product in products.items()}
        self._devices = devices
        self._shared.memory.keep_only(products)
        now_s = asyncio.get_running_loop().time()
        for product_id, cloud in self._clouds.items():
            cloud.want(devices.get(product_id, ()), now_s)

    def _cloud(self, product: PolledProduct) -> Cloud:
        """Return the one that is known, or another where anything of the product is new: it is tried at once."""
        known = self._clouds.get(product.product_id)
        if known is not None and known.product == product:
            return known
        spec: PollSpec = self._specs[product.codec]
        questions = Questions(product.period_s or spec.period_s, self._shared.settings, self._dice)
        return Cloud(product, spec, questions, self._shared)

    async def _write_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._shared.settings.write_s)
            await self._write()

    async def _write(self) -> None:
        states: list[PollState] = self._shared.memory.take()
        if not states:
            return
        try:
            await self._call(self._register.write, states)
        except Exception:
            self._unwritten += 1
            self._shared.memory.give_back(states)
            _logger.exception("what clouds told last could not be written down; it is tried again")

    async def _call(self, function: Callable[..., _T], *arguments: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)
