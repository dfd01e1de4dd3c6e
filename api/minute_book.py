"""What happens too often for a row each: refusals and uses of tokens are counted, and written once a minute.

A stranger who tries names or identities at random thus makes a few rows a minute, and what he typed is not kept: it may
have been a password.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError

from api.dependencies import Dependencies
from api.services.minute import Refusal, write_minute

_EVERY_S = 60.0
_MOST_KINDS = 500
_MOST_TOKENS = 10_000
_THE_REST = Refusal("", "access.refused.many", "", "")
_logger = logging.getLogger(__name__)


class Minute(NamedTuple):
    """What was counted since the last writing."""

    refusals: Counter[Refusal]
    uses: dict[bytes, int]


class MinuteBook:
    """Counts, and writes every minute; beyond 500 kinds of refusal the rest is one sum.

    Parameters
    ----------
    deps : Dependencies
        Whose database and clock.
    """

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self._minute = Minute(Counter(), {})
        self._seen: set[str] = set()

    def is_first(self, address: str) -> bool:
        """Tell whether this is the first failed login of an address within the minute."""
        first = address not in self._seen and len(self._seen) < _MOST_KINDS
        if first:
            self._seen.add(address)
        return first

    def refused(self, refusal: Refusal) -> None:
        """Count a refusal."""
        counts = self._minute.refusals
        counts[refusal if refusal in counts or len(counts) < _MOST_KINDS else _THE_REST] += 1

    def used(self, digest: bytes) -> None:
        """Note that an API token was used now."""
        if digest in self._minute.uses or len(self._minute.uses) < _MOST_TOKENS:
            self._minute.uses[digest] = self._deps.clock.now_ms()

    def write(self) -> None:
        """Write what was counted; what cannot be written now is written later."""
        counted, self._minute = self._minute, Minute(Counter(), {})
        self._seen = set()
        if not any(counted):
            return
        try:
            write_minute(self._deps, *counted)
        except (SQLAlchemyError, OSError) as error:
            _logger.warning("refusals wait for the database: %s", type(error).__name__)
            self._keep(counted.refusals)

    def _keep(self, refusals: Mapping[Refusal, int]) -> None:
        for refusal, count in refusals.items():
            counts = self._minute.refusals
            counts[refusal if refusal in counts or len(counts) < _MOST_KINDS else _THE_REST] += count

    async def run(self) -> None:
        """Write every minute until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_S)
            await to_thread.run_sync(self.write)
