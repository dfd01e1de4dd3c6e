"""The keys of devices that come by TLS with pre-shared keys: all in memory, and as new as the register."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Executor

from gateway.directory import Directory
from gateway.doors import psk

_logger = logging.getLogger(__name__)
_AT_ONCE = 500


class PskKeys:
    """Follows the register; a device that is revoked has no key.

    Parameters
    ----------
    directory : Directory
        Its calls may block and are made in `executor`.

    Attributes
    ----------
    is_whole : bool
        Whether all were read once: before that an unknown identity may well be somebody's.
    """

    def __init__(self, directory: Directory, executor: Executor) -> None:
        self._directory, self._executor = directory, executor
        self._keys: dict[str, bytes] = {}
        self._version = 0
        self._stale: set[str] = set()
        self.is_whole = False

    def __len__(self) -> int:
        return len(self._keys)

    def key_of(self, identity: str) -> bytes:
        """Return the key of a device that may come in; empty for anybody else."""
        return self._keys.get(identity, b"")

    async def run(self, every_s: float) -> None:
        """Read all keys, then those that change."""
        while True:
            try:
                await self._follow()
            except Exception:
                _logger.exception("pre-shared keys could not be read; those that were known stay")
            await asyncio.sleep(every_s)

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        version, changed = await loop.run_in_executor(self._executor, self._directory.changed_since, self._version)
        self._stale.update(changed)
        self._version = version
        while some := list(self._stale)[:_AT_ONCE]:
            found = await loop.run_in_executor(self._executor, self._directory.find_all, some)
            for one in some:
                device = found.get(one)
                key = psk.key_of(device.signing_secret) if device is not None and device.enabled else b""
                if key:
                    self._keys[one] = key
                else:
                    self._keys.pop(one, None)
            self._stale.difference_update(some)
        self.is_whole = True
