"""A dead-man's switch: somebody outside is told every minute that all is well, and calls when nobody tells him.

The heartbeat cannot say that the whole machine is gone. Any health-check address does: an address that is asked.
"""

from __future__ import annotations

import logging
from collections import Counter

import httpx

_logger = logging.getLogger(__name__)
_LIMIT_S = 10.0


class DeadMan:
    """Asks the address while calls arrive, and is silent while they do not.

    Parameters
    ----------
    url : str
        Secret: who knows it can say that all is well. Empty: nobody outside watches.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.AsyncClient(timeout=_LIMIT_S, follow_redirects=True)
        self.counters: Counter[str] = Counter()

    async def tell(self) -> None:
        """Say that all is well; that it could not be said is counted, and the address is in no log line."""
        if not self._url:
            return
        try:
            answer = await self._client.get(self._url, headers={"User-Agent": "anhu-heartbeat/1"})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._note(type(error).__name__)
            return
        if answer.is_success:
            self.counters["deadman_told"] += 1
            self.counters["deadman_failing"] = 0
        else:
            self._note(f"HTTP {answer.status_code}")

    def _note(self, why: str) -> None:
        self.counters["deadman_failed"] += 1
        self.counters["deadman_failing"] += 1
        _logger.warning("the health check outside could not be told that all is well: %s", why)

    async def close(self) -> None:
        """Close what is open."""
        await self._client.aclose()
