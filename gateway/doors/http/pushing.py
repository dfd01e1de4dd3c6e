"""From a whole request to the intake, and its answer back once the LOG has all of it on disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from anhu.contract.clock import Clock
from anhu.contract.errors import FieldError
from anhu.contract.proxies import address_group
from gateway.codec import Codec, Frame
from gateway.directory import DeviceEntry, ProductEntry
from gateway.door_specs import PUSH, Disposition, DoorKind, HttpMessage, HttpReply, HttpRequest, HttpSpec
from gateway.doors.device_cache import DeviceCache
from gateway.doors.http import answers
from gateway.doors.http.counters import HttpCounters
from gateway.doors.http.product_cache import ProductCache
from gateway.doors.http.repeats import Repeats
from gateway.doors.http.settings import HttpSettings
from gateway.doors.http.strangers import Strangers
from gateway.doors.http.turnstile import Turnstile
from gateway.doors.login_guard import LoginGuard
from gateway.intake import Intake
from gateway.quarantine import Quarantine

_logger = logging.getLogger(__name__)
Answer = Callable[[HttpReply], None]


@dataclass(slots=True)
class _Push:
    """One push on its way.

    Attributes
    ----------
    waits_for : int
        Messages that are not on disk yet, and one more while messages are still being offered.
    """

    request: HttpRequest
    product: ProductEntry
    spec: HttpSpec
    answer: Answer
    waits_for: int = 1
    kept: int = 0
    strangers: int = 0
    failed: bool = False
    refusal: HttpReply | None = None
    """What it is answered where it is refused; None: what the family says."""

    def outcome(self) -> Disposition:
        """Return what became of it, once all of it is on disk or could not be kept."""
        if self.failed:
            return Disposition.RELEASED
        return Disposition.REJECTED if self.strangers and not self.kept else Disposition.ACCEPTED


class Pushing:
    """Takes requests: whose they are, whether they are genuine, what they bring."""

    def __init__(
        self,
        settings: HttpSettings,
        intake: Intake,
        products: ProductCache,
        devices: DeviceCache,
        clock: Clock,
        *,
        quarantine: Quarantine,
    ) -> None:
        self._settings, self._intake, self._clock = settings, intake, clock
        self._products, self._devices = products, devices
        self.counters = counters = HttpCounters()
        self._guard = LoginGuard(failed_logins=settings.failed_keys, window_s=settings.failed_keys_window_s)
        self._strangers = Strangers(counters, quarantine)
        self._turnstile = Turnstile(settings, intake, counters)
        self._repeats = Repeats()
        self._lookups: set[asyncio.Task[None]] = set()

    def family(self, target: str) -> tuple[ProductEntry, HttpSpec] | None:
        """Return the product that an address is of, and how its family pushes; None where there is none."""
        product = self._products.known.get(target.partition("?")[0].removeprefix(PUSH).partition("/")[0])
        codec: Codec | None = self._intake.codecs.get(product.codec) if product is not None else None
        if product is None or codec is None or codec.http is None or not target.startswith(PUSH):
            self.counters.unknown_products += 1
            return None
        return product, codec.http

    def knows(self, target: str) -> bool:
        """Tell whether an address is a product's."""
        return self.family(target) is not None

    def take(self, request: HttpRequest, caller: str, answer: Answer) -> bool:
        """Take a request; ``answer`` is called once, now or later. False when only a wrong key is answered late."""
        self.counters.requests += 1
        found = self.family(request.target)
        if found is None or answers.is_no_push(found[1], request):
            self.counters.bad_requests += found is not None
            answer(answers.NOT_SO if found else answers.NO_PRODUCT)
            return True
        push = _Push(request, *found, answer)
        if push.product.key_unreadable:
            self._tell(push, Disposition.RELEASED)
        elif not _is_genuine(push):
            return self._refuse(push, caller)
        elif self._turnstile.lets_in(push.product.product_id):
            self._take_apart(push)
        else:
            self._tell(push, Disposition.RELEASED)
        return True

    def _refuse(self, push: _Push, caller: str) -> bool:
        self.counters.wrong_keys += 1
        push.refusal = answers.not_genuine(push.spec, push.request)
        loop = asyncio.get_running_loop()
        if self._guard.failed(address_group(caller), push.product.product_id, loop.time()):
            self.counters.slowed += 1
            loop.call_later(self._settings.slow_answer_s, self._tell, push, Disposition.REJECTED)
            return False
        self._tell(push, Disposition.REJECTED)
        return True

    def _take_apart(self, push: _Push) -> None:
        messages = _read(push, self._settings.max_messages)
        if isinstance(messages, str):
            self._keep_unreadable(push, messages)
            return
        if self._turnstile.is_too_much(messages, push.request.received_at_ms):
            self._answered(push, Disposition.RELEASED)
            return
        known = self._devices.known
        devices = [known(message.device_id) for message in messages]
        if None in devices:
            task = asyncio.get_running_loop().create_task(self._look_up(push, messages), name="push lookup")
            self._lookups.add(task)
            task.add_done_callback(self._lookups.discard)
        else:
            self._offer_all(push, messages, devices)

    async def _look_up(self, push: _Push, messages: tuple[HttpMessage, ...]) -> None:
        find = self._devices.find
        asked = {message.device_id for message in messages} - {""}
        try:
            found = dict(zip(asked, await asyncio.gather(*map(find, asked)), strict=True))
        except Exception:
            _logger.exception("the directory did not answer")
            self._answered(push, Disposition.RELEASED)
            return
        self._offer_all(push, messages, [found.get(message.device_id) for message in messages])

    def _offer_all(self, push: _Push, messages: tuple[HttpMessage, ...], devices: list[DeviceEntry | None]) -> None:
        product = push.product
        for message, device in zip(messages, devices, strict=True):
            frame = _frame(push.request, message)
            if device is None or not device.enabled or device.product_id != product.product_id:
                push.strangers += 1
                push.waits_for += 1
                push.refusal = push.refusal or answers.no_device(push.spec, product, frame.device_id)
                self._strangers.take(frame, product, device, self._on_disk, (push, 0))
            else:
                self._offer(push, frame, device)
        self._on_disk((push, 0), None)

    def _offer(self, push: _Push, frame: Frame, device: DeviceEntry) -> None:
        push.kept += 1
        within_s, mark = push.spec.repeats_s, 0
        if within_s:
            mark = hash((frame.device_id, frame.route, frame.payload)) or 1
            if self._repeats.is_one(mark, within_s, frame.received_at_ms):
                self.counters.repeated += 1
                return
        self.counters.messages += 1
        push.waits_for += 1
        self._intake.offer(frame, device, self._on_disk, (push, mark))

    def _keep_unreadable(self, push: _Push, reason: str) -> None:
        """Keep all of a push raw: who sent it has the key. One that reads like a call for help is told as well."""
        self.counters.unreadable += 1
        request = push.request
        whole = request.body or request.target.partition("?")[2].encode()
        frame = _frame(request, HttpMessage(device_id="", payload=whole))
        push.refusal = answers.unreadable(push.spec, reason)
        push.kept, push.strangers = (0, 1) if push.refusal else (1, 0)
        push.waits_for += 1  # before it is asked: it may answer at once
        if not self._strangers.tells(frame, push.product, self._on_disk, (push, 0)):
            push.waits_for -= 1
        self._intake.keep_undecoded(frame, reason, self._on_disk, (push, 0))

    def _on_disk(self, token: tuple[_Push, int], error: Exception | None) -> None:
        push, mark = token
        push.waits_for -= 1
        if error is not None:
            push.failed = True
        elif mark:
            self._repeats.kept(mark, push.request.received_at_ms)
        if not push.waits_for:
            self._answered(push, push.outcome())

    def _answered(self, push: _Push, disposition: Disposition) -> None:
        self._turnstile.left(push.product.product_id)
        self._tell(push, disposition)

    def _tell(self, push: _Push, disposition: Disposition) -> None:
        self.counters.count(disposition.value)
        refusal = push.refusal if disposition is Disposition.REJECTED else None
        push.answer(refusal or answers.in_vendors_words(push.spec, push.request, disposition))


def _frame(request: HttpRequest, message: HttpMessage) -> Frame:
    return Frame(
        door=DoorKind.HTTP,
        route=request.path,
        payload=message.payload,
        device_id=message.device_id,
        received_at_ms=request.received_at_ms,
    )


def _read(push: _Push, most: int) -> tuple[HttpMessage, ...] | str:
    """Return what a push brings, or why it cannot be read."""
    try:
        return _messages(push, most)
    except FieldError as error:
        return str(error)
    except Exception as error:
        _logger.exception("codec %s failed on a push of product %s", push.product.codec, push.product.product_id)
        return f"codec {push.product.codec} failed: {type(error).__name__}: {error}"


def _messages(push: _Push, most: int) -> tuple[HttpMessage, ...]:
    messages = push.spec.messages(push.request)
    if len(messages) > most:
        raise FieldError("messages", len(messages), f"at most {most} in one push", zh=f"一次推送最多 {most} 条")
    return messages


def _is_genuine(push: _Push) -> bool:
    """Ask the codec. Without a key nobody is: an empty one would be everybody's."""
    if not push.product.push_key:
        return False
    try:
        return push.spec.is_genuine(push.request, push.product.push_key)
    except Exception:
        _logger.warning("codec %s could not check a signature", push.product.codec, exc_info=True)
        return False
