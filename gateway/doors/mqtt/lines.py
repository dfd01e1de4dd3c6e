"""The sessions of clients that may come to another door next time: claimed when they connect, kept in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from anhu.contract.clock import DAY_MS, SECOND_MS, Clock
from gateway.directory import DeviceEntry
from gateway.doors.mqtt import kept_session
from gateway.doors.mqtt.kept_session import expiry_s, from_another_door, is_worth_it
from gateway.doors.mqtt.session import Key, Session
from gateway.doors.switchboard import Switchboard, Then
from gateway.lines import MQTT, Held, Line


class KeptSessions(Protocol):
    """Where it is kept what there is to remember of clients."""

    failed_writes: int

    @property
    def is_behind(self) -> bool:
        """Whether nobody may be answered before something is written."""
        ...

    def open(self, now_s: float) -> Sequence[Session]:
        """Return those of an earlier run of ours; their clients are absent. [s]."""
        ...

    def changed(self, session: Session) -> None:
        """Take that a session is not what it was."""
        ...

    def ended(self, session: Session) -> None:
        """Take that a session is over."""
        ...

    def write_now(self) -> None:
        """Write what changed before somebody is answered."""
        ...

    def close(self) -> None:
        """Write what is left and close."""
        ...


def line_of(key: Key) -> Line:
    """Return the line of a client."""
    return Line.of(key[0], MQTT, key[1])


class MqttLines:
    """Lines of MQTT clients; as `KeptSessions` it writes a moment later than the answer.

    So what is found at another door may be a fifth of a second old: `from_another_door` says why that loses nothing.

    Attributes
    ----------
    board : Switchboard
        Of this process.
    """

    is_behind = False

    def __init__(self, board: Switchboard, clock: Clock, now_s: Callable[[], float]) -> None:
        self.board, self._clock, self._now_s = board, clock, now_s
        self.failed_writes = 0

    async def claim(self, device: DeviceEntry, client_id: str, *, clean: bool) -> Held:
        """Take the line of a client that is about to be let in, and learn what its device announced elsewhere."""
        held = await self.board.claim(line_of((device.device_id, client_id)), clean=clean)
        if self.board.announced is not None:
            await self.board.announced.fetch(device)
        return held

    def stands(self, held: Held) -> bool:
        """Tell whether no other door has taken it since."""
        return self.board.holds(held)

    def give_back(self, held: Held) -> None:
        """Let go a line whose client was not let in after all."""
        self.board.leave(held.line, held.epoch, None, self._clock.now_ms() + _while(held.kept), broke=False)

    def is_ours(self, held: Held) -> bool:
        """Tell whether what this door remembers of the session is the newest there is."""
        return not held.epoch or held.kept_by == self.board.door

    def session_of(self, held: Held, key: Key) -> Session | None:
        """Return the session that another door, or an earlier run of this one, kept."""
        return from_another_door(key, held.kept, self._now_s(), self._clock.now_ms()) if held.kept else None

    def left(self, session: Session, epoch: int, *, broke: bool, then: Then) -> None:
        """Take that a client went."""
        kept = self.encoded(session)
        self.board.leave(line_of(session.key), epoch, kept, self._clock.now_ms() + _while(kept), broke=broke, then=then)

    def open(self, now_s: float) -> Sequence[Session]:  # noqa: ARG002 - each is fetched when its client comes
        """Return none: each is fetched when its client comes."""
        return ()

    def changed(self, session: Session) -> None:
        """Take that a session is not what it was."""
        self.board.keep(line_of(session.key), self.encoded(session))

    def ended(self, session: Session) -> None:
        """Take that a session is over: what is written expires by itself, or was replaced."""

    def write_now(self) -> None:
        """Write nothing now."""

    def close(self) -> None:
        """Leave the rest to the switchboard."""

    def encoded(self, session: Session) -> bytes:
        """Return what is to be kept of a session; empty for nothing."""
        return kept_session.encoded(session, self._now_s(), self._clock.now_ms()) if is_worth_it(session) else b""


def _while(kept: bytes) -> int:
    return expiry_s(kept) * SECOND_MS if kept else DAY_MS
