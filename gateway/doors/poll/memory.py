"""What a cloud told last, of each device: so that an old answer is nothing new, also over an end of ours."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.doors.poll.port import PollState

_KNOWN, _MOST_KNOWN = 4, 64
"""Two servers of one cloud may be a few answers apart; a history tells many messages again at once."""


class Memory:
    """States of products (device ``""``) and of devices, and which of them are not written yet."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, str], PollState] = {}
        self._unwritten: dict[tuple[str, str], None] = {}

    def restore(self, states: Iterable[PollState]) -> None:
        """Take what was written before."""
        self._states = {(one.product_id, one.device_id): one for one in states}

    def of(self, product_id: str, device_id: str = "") -> PollState:
        """Return what is known."""
        return self._states.get((product_id, device_id)) or PollState(product_id, device_id)

    def products(self) -> list[PollState]:
        """Return the states of clouds as a whole."""
        return [one for (_, device_id), one in self._states.items() if not device_id]

    def since_ms(self, product_id: str, device_ids: Iterable[str]) -> int:
        """Return when the oldest of their last answers came; 0 when one has none. [ms]."""
        return min((self.of(product_id, one).answered_at_ms for one in device_ids), default=0)

    def answered(self, product_id: str, device_id: str, at_ms: int, marks: Iterable[str] = ()) -> None:
        """Take that an answer is on disk. [ms]."""
        seen = tuple(dict.fromkeys(filter(None, marks)))
        older = tuple(one for one in self.of(product_id, device_id).known if one not in seen)
        known = (*older, *seen)[-min(max(_KNOWN, len(seen)), _MOST_KNOWN) :]
        self._put(PollState(product_id, device_id, answered_at_ms=at_ms, known=known))

    def failed(self, product_id: str, device_id: str, at_ms: int, failure: str) -> None:
        """Take that a question came to nothing; it fails since the first of them. [ms]."""
        was = self.of(product_id, device_id)
        self._put(was._replace(failing_since_ms=was.failing_since_ms or at_ms, failure=failure))

    def keep_only(self, product_ids: Iterable[str]) -> None:
        """Forget products that are not asked about any more."""
        wanted = set(product_ids)
        for key in [key for key in self._states if key[0] not in wanted]:
            del self._states[key]
            self._unwritten.pop(key, None)

    def take(self) -> list[PollState]:
        """Return what is to be written."""
        keys, self._unwritten = self._unwritten, {}
        return [self._states[key] for key in keys]

    def give_back(self, states: Iterable[PollState]) -> None:
        """Take back what could not be written; what is newer stays."""
        for one in states:
            self._unwritten.setdefault((one.product_id, one.device_id))

    def _put(self, state: PollState) -> None:
        key = (state.product_id, state.device_id)
        self._states[key] = state
        self._unwritten[key] = None
