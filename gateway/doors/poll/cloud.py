"""One product's cloud: asked in turn, its answers handed on, its troubles noted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from gateway.directory import DeviceEntry
from gateway.doors.poll.asking import ask_cloud, strayed
from gateway.doors.poll.port import OF_ONE_QUESTION, PolledProduct, PollError, Trouble
from gateway.doors.poll.questions import Question, Questions
from gateway.doors.poll.taking import Shared, device_of, keep_unreadable, take_answer
from gateway.doors.set_aside import Aside
from gateway.poll_spec import PollSpec

_logger = logging.getLogger(__name__)


class Cloud:
    """Asks.

    Attributes
    ----------
    product : PolledProduct
        Whose cloud it is.
    questions : Questions
        What is to be asked, and when.
    """

    def __init__(self, product: PolledProduct, spec: PollSpec, questions: Questions, shared: Shared) -> None:
        self.product, self.questions = product, questions
        self._spec, self._shared = spec, shared

    def want(self, device_ids: Sequence[str], now_s: float) -> None:
        """Ask about these devices from now on. [s]."""
        product_id, most = self.product.product_id, self._shared.settings.most_devices
        if len(device_ids) > most:
            _logger.error("product %s has over %d devices: the others are not asked about", product_id, most)
        self.questions.want(sorted(device_ids)[:most], self._spec.at_once, now_s)

    async def ask(self, question: Question) -> None:
        """Put one question, and see to its answer; whatever fails, it is put again."""
        loop, counters = asyncio.get_running_loop(), self._shared.counters
        try:
            devices = await self._devices(question)
            if not devices:
                self.questions.drop(question, loop.time())
                return
            counters.asked += 1
            is_kept = await self._ask_about(devices)
        except PollError as error:
            counters.failed += 1
            self._failed(question, devices, error)
        except Exception:
            counters.not_kept += 1
            _logger.exception("an answer of the cloud of product %s could not be taken", self.product.product_id)
            self.questions.soon(question, loop.time())
        else:
            if is_kept:
                counters.answered += 1
                self.questions.answered(question, loop.time())
            else:
                counters.not_kept += 1
                self.questions.soon(question, loop.time())

    async def _devices(self, question: Question) -> Mapping[str, DeviceEntry]:
        """Return those of a question that are still this product's."""
        found = {one: await device_of(one, self.product, self._shared) for one in question.device_ids}
        return {device_id: device for device_id, device in found.items() if device is not None}

    async def _ask_about(self, devices: Mapping[str, DeviceEntry]) -> bool:
        shared, product, asked = self._shared, self.product, tuple(devices)
        answer = await ask_cloud(
            product,
            self._spec,
            asked,
            getter=shared.getter,
            settings=shared.settings,
            at_ms=shared.clock.now_ms(),
            since_ms=shared.memory.since_ms(product.product_id, asked),
        )
        stray = strayed(answer, asked, self._spec)
        is_kept = await take_answer(answer, () if stray else asked, product, self._spec, shared)
        if stray:
            raise PollError(Trouble.NONSENSE, f"asked about {asked[0]}, answered about {stray}")
        return is_kept

    def _failed(self, question: Question, devices: Mapping[str, DeviceEntry], error: PollError) -> None:
        """Leave the cloud, or only this question, in peace for a while, and note it where people look."""
        shared, product_id, said = self._shared, self.product.product_id, str(error)
        now_ms, now_s = shared.clock.now_ms(), asyncio.get_running_loop().time()
        of_cloud = error.trouble not in OF_ONE_QUESTION
        pause_s = self.questions.failed(question, now_s, wait_s=error.wait_s, of_cloud=of_cloud)
        if said != shared.memory.of(product_id).failure:
            _logger.warning("the cloud of product %s: %s; asked again in %.0f s", product_id, said, pause_s)
        shared.memory.failed(product_id, "", now_ms, said)
        is_new = False
        for device_id, device in devices.items():
            shared.memory.failed(product_id, device_id, now_ms, said)
            is_new |= shared.aside.note(device, Aside.POLL, said, now_ms)
        if error.body and is_new:
            keep_unreadable(error.body, said, tuple(devices.values()), self.product, shared)
