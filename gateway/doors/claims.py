"""Claims of lines in batches: after an outage fifty thousand devices connect at once, and a batch is one question."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from gateway.lines import Claim, Held, Line

_AT_ONCE = 500


class Claims:
    """Those asked for while a question is under way share the next one.

    Parameters
    ----------
    take : callable
        Asks for many.
    taken : callable
        Told of each line before whoever asked for it.
    """

    def __init__(
        self, take: Callable[[Sequence[Claim]], Awaitable[Sequence[Held]]], taken: Callable[[Held], None]
    ) -> None:
        self._take, self._taken = take, taken
        self._wanted: dict[Line, tuple[Claim, asyncio.Future[Held]]] = {}
        self._asking: asyncio.Task[None] | None = None

    def of(self, claim: Claim) -> asyncio.Future[Held]:
        """Return the future of a claim; two connections of one client share it."""
        loop = asyncio.get_running_loop()
        known = self._wanted.get(claim.line)
        future: asyncio.Future[Held] = known[1] if known is not None else loop.create_future()
        self._wanted[claim.line] = (claim, future)
        if self._asking is None:
            self._asking = loop.create_task(self._ask_for_all(), name="lines claimed")
        return future

    async def _ask_for_all(self) -> None:
        try:
            while self._wanted:
                some = [self._wanted.pop(line) for line in list(self._wanted)[:_AT_ONCE]]
                try:
                    held = await self._take([claim for claim, _ in some])
                except Exception as error:  # noqa: BLE001 - whoever asked is told
                    for _, future in some:
                        future.set_exception(error)
                        future.exception()
                else:
                    for one, (_, future) in zip(held, some, strict=True):
                        self._taken(one)
                        future.set_result(one)
        finally:
            self._asking = None
