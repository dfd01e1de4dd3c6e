"""From a good answer to the LOG: what is new of it is kept, and what the cloud told before is left out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from anhu.contract.clock import Clock
from gateway.codec import Frame
from gateway.directory import DeviceEntry
from gateway.door_specs import DoorKind, HttpMessage
from gateway.doors.device_cache import DeviceCache
from gateway.doors.poll.asking import Answer, mark_of
from gateway.doors.poll.counters import PollCounters
from gateway.doors.poll.memory import Memory
from gateway.doors.poll.port import Getter, PolledProduct
from gateway.doors.poll.settings import PollSettings
from gateway.doors.set_aside import KEPT_BYTES, SetAside
from gateway.intake import Intake
from gateway.poll_spec import PollSpec
from gateway.quarantine import Quarantine, QuarantineRefusedError
from gateway.stranger import Stranger


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all clouds have in common."""

    settings: PollSettings
    intake: Intake
    quarantine: Quarantine
    devices: DeviceCache
    getter: Getter
    clock: Clock
    memory: Memory
    aside: SetAside
    counters: PollCounters


async def device_of(device_id: str, product: PolledProduct, shared: Shared) -> DeviceEntry | None:
    """Return a device if it is this product's, and may speak. Raises what the directory does."""
    device = await shared.devices.find(device_id) if device_id else None
    if device is None or not device.enabled or device.product_id != product.product_id:
        return None
    return device


async def take_answer(
    answer: Answer, asked: Sequence[str], product: PolledProduct, spec: PollSpec, shared: Shared
) -> bool:
    """Keep what is new; return whether all of it is on disk now, and the answer need not be asked for again.

    Nobody of those `asked` about: an answer about somebody else alone, which counts for none.
    """
    at_ms, product_id = shared.clock.now_ms(), product.product_id
    marks: dict[str, list[str]] = {device_id: [] for device_id in asked}
    waiting: list[asyncio.Future[Exception | None]] = []
    for message in answer.messages:
        frame = _frame(message, answer.path, at_ms)
        device = await device_of(message.device_id, product, shared)
        if device is None:  # of whom nothing is remembered: a cloud may bring as many as it likes
            waiting.append(_offer_stranger(frame, product, shared))
            continue
        mark, seen = mark_of(spec.position(message.payload)), marks.setdefault(device.device_id, [])
        if mark and (mark in seen or mark in shared.memory.of(product_id, device.device_id).known):
            shared.counters.unchanged += 1
        else:
            waiting.append(_offer(frame, device, shared))
        seen.append(mark)
    errors = [await one for one in waiting]
    if any(error is not None for error in errors):
        return False
    if asked:
        shared.memory.answered(product_id, "", at_ms)
    for device_id, seen in marks.items():
        shared.memory.answered(product_id, device_id, at_ms, seen)
    return True


def _frame(message: HttpMessage, path: str, at_ms: int) -> Frame:
    return Frame(
        door=DoorKind.POLL,
        route=path,
        payload=message.payload,
        device_id=message.device_id,
        received_at_ms=at_ms,
    )


def _offer(frame: Frame, device: DeviceEntry, shared: Shared) -> asyncio.Future[Exception | None]:
    """Hand a message on; the future says once it is on disk, or why it is not."""
    done: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
    shared.counters.messages += 1
    shared.intake.offer(frame, device, _on_disk, done)
    return done


def _offer_stranger(frame: Frame, product: PolledProduct, shared: Shared) -> asyncio.Future[Exception | None]:
    """Hand on what a cloud says of a device that is not its product's."""
    done: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
    shared.counters.strangers += 1
    stranger = Stranger(said=frame.device_id, codec=product.codec, product_id=product.product_id)
    shared.quarantine.take(frame, stranger, _on_disk, done)
    return done


def keep_unreadable(
    body: bytes, reason: str, devices: Sequence[DeviceEntry], product: PolledProduct, shared: Shared
) -> None:
    """Keep an answer raw that cannot be read; about one device, a call that it reads like is heard as that one's."""
    frame = Frame(
        door=DoorKind.POLL,
        route=product.product_id,
        payload=body[:KEPT_BYTES],
        device_id=devices[0].device_id if len(devices) == 1 else "",
        received_at_ms=shared.clock.now_ms(),
    )
    if len(devices) == 1:
        shared.intake.set_aside(frame, reason, devices[0], _whatever)
    else:
        shared.intake.keep_undecoded(frame, reason, _whatever)


def _whatever(token: object, error: Exception | None) -> None:
    """Do nothing: it is asked for again."""


def _on_disk(done: asyncio.Future[Exception | None], error: Exception | None) -> None:
    if not done.done():
        done.set_result(None if isinstance(error, QuarantineRefusedError) else error)
