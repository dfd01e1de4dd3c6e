"""Devices looked up together, kept, forgotten, and a directory that does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import wraps

import pytest

from gateway.directory import DeviceEntry
from gateway.doors.device_cache import DeviceCache


class Directory:
    """Knows the devices that begin with a w, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.down = False

    def find_all(self, device_ids: Sequence[str]) -> Mapping[str, DeviceEntry]:
        self.asked.append(list(device_ids))
        if self.down:
            raise OSError("the database is down")
        return {
            one: DeviceEntry(device_id=one, secret_sha256=b"", codec="c", partition_key=one)
            for one in device_ids
            if one.startswith("w")
        }

    def present_version(self) -> int:
        return 1

    def changed_since(self, version: int) -> tuple[int, Sequence[str]]:
        return version + 1, ["w-1"] if version else []


def in_a_loop(
    test: Callable[[ThreadPoolExecutor], Coroutine[None, None, None]],
) -> Callable[[ThreadPoolExecutor], None]:
    @wraps(test)
    def run(executor: ThreadPoolExecutor) -> None:
        asyncio.run(test(executor))

    return run


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


@in_a_loop
async def test_all_that_come_at_once_are_looked_up_together_and_kept(executor: ThreadPoolExecutor) -> None:
    directory = Directory()
    cache = DeviceCache(directory, executor)
    names = [*(f"w-{n}" for n in range(1_200)), "x-1", "w-1"]
    found = await asyncio.gather(*(cache.find(name) for name in names))
    assert [d.device_id if d else None for d in found] == [n if n.startswith("w") else None for n in names]
    assert [len(asked) for asked in directory.asked] == [500, 500, 201]
    await cache.find("w-7")
    await cache.find("x-1")
    assert [len(asked) for asked in directory.asked[3:]] == [1]
    await cache.start()
    assert list(await cache.refresh()) == ["w-1"]
    await cache.find("w-1")
    assert directory.asked[4:] == [["w-1"]]


@in_a_loop
async def test_one_who_gives_up_takes_nothing_from_the_others(executor: ThreadPoolExecutor) -> None:
    cache = DeviceCache(Directory(), executor)
    impatient, patient = (asyncio.create_task(cache.find("w-1")) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient) is not None
    assert impatient.cancelled()


@in_a_loop
async def test_a_directory_that_is_down_is_told_to_everybody_who_asked(executor: ThreadPoolExecutor) -> None:
    directory = Directory()
    directory.down = True
    cache = DeviceCache(directory, executor)
    answers = await asyncio.gather(*(cache.find(f"w-{n}") for n in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [OSError] * 3
    directory.down = False
    assert (await cache.find("w-1")) is not None


@in_a_loop
async def test_many_that_changed_are_looked_up_together_and_not_one_after_the_other(
    executor: ThreadPoolExecutor,
) -> None:
    directory = Directory()
    cache = DeviceCache(directory, executor)
    names = [f"w-{n}" for n in range(1_200)] + ["x-1"]
    found = await cache.find_many(names)
    assert [one for one in names if found[one] is None] == ["x-1"]
    assert len(directory.asked) <= 6
    assert max(map(len, directory.asked)) <= 500
