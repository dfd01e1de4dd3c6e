"""Products, as they were read last: known without asking, and at most a moment old."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import Executor

from gateway.directory import ProductEntry, Products

_logger = logging.getLogger(__name__)


class ProductCache:
    """All enabled products; while the database does not answer, those that were known stay.

    Parameters
    ----------
    products : Products
        Its calls may block and are made in `executor`.

    Attributes
    ----------
    known : mapping
        Identity -> product.
    failed_reads : int
        How often the database did not answer, since the start.
    """

    def __init__(self, products: Products, executor: Executor, every_s: float) -> None:
        self._products, self._executor, self._every_s = products, executor, every_s
        self.known: Mapping[str, ProductEntry] = {}
        self.failed_reads = 0

    async def start(self) -> None:
        """Read them for the first time."""
        await self._read()

    async def run(self) -> None:
        """Read them again and again."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self._read()
            except Exception:
                self.failed_reads += 1
                _logger.exception("products could not be read; those that were known stay")

    async def _read(self) -> None:
        self.known = await asyncio.get_running_loop().run_in_executor(self._executor, self._products.all_enabled)
