"""What became of commands is written down, whatever fails on the way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from anhu.contract.clock import ManualClock
from anhu.contract.errors import FieldError
from gateway.codec import Command
from gateway.doors.command_book import CommandBook
from tests.gateway.doors.mqtt.doors import MemoryCommands


def with_book(work: Callable[[CommandBook, MemoryCommands], Awaitable[None]]) -> None:
    async def run() -> None:
        queue = MemoryCommands([("dev-1", Command(name="find", command_id=f"c-{at}")) for at in range(3)])
        with ThreadPoolExecutor(1) as executor:
            await work(CommandBook(queue, executor, ManualClock(1)), queue)

    asyncio.run(run())


def test_what_is_settled_does_not_wait_any_more_before_it_is_written_down(caplog: pytest.LogCaptureFixture) -> None:
    async def work(book: CommandBook, queue: MemoryCommands) -> None:
        book.delivered("c-0")
        book.refuse("c-1", "it cannot")
        assert [one.command_id for _, one in await book.waiting(("dev-1",))] == ["c-2"]
        assert (queue.done, queue.refused) == ([], {})
        await book.write_down()
        assert (queue.done, queue.refused) == (["c-0"], {"c-1": "it cannot"})
        assert book.counters == {"commands_delivered": 1, "commands_refused": 1}

    caplog.set_level(logging.CRITICAL)
    with_book(work)


def test_what_could_not_be_written_down_is_tried_again() -> None:
    async def work(book: CommandBook, queue: MemoryCommands) -> None:
        queue.down = True
        book.delivered("c-0")
        with pytest.raises(OSError, match="down"):
            await book.write_down()
        queue.down = False
        await book.write_down()
        assert queue.done == ["c-0"]

    with_book(work)


def test_a_codec_that_fails_on_a_command_costs_that_command(caplog: pytest.LogCaptureFixture) -> None:
    async def work(book: CommandBook, queue: MemoryCommands) -> None:
        commands = {one.command_id: one for _, one in queue.waiting}
        assert book.in_words(commands["c-0"], lambda _: 1 // 0) is None
        assert book.in_words(commands["c-1"], unknown) is None
        assert book.in_words(commands["c-2"], lambda one: one.name) == "find"
        await book.write_down()
        assert queue.refused == {
            "c-0": "the codec failed: ZeroDivisionError",
            "c-1": "command: got 'find', expected text",
        }

    def unknown(command: Command) -> bytes:
        raise FieldError("command", command.name, "text")

    caplog.set_level(logging.CRITICAL)
    with_book(work)
