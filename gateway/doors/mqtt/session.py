"""What the server remembers of a client between its connections (MQTT 5 §4.1)."""

from __future__ import annotations

import msgspec

from gateway.directory import DeviceEntry
from gateway.mqtt.packets import Will

_MAX_PACKET_ID = 65_535
FOR_EVER = float("inf")


Key = tuple[str, str]
"""Device and client id: nobody can take over another device's session by its client id."""


class Outgoing(msgspec.Struct, frozen=True):
    """A command on its way to the device."""

    command_id: str
    topic: str
    payload: bytes


class LateWill(msgspec.Struct, frozen=True):
    """A will that waits for its client to stay away until a time. [s]."""

    device: DeviceEntry
    will: Will
    at_s: float


class Session:
    """One client's state.

    Attributes
    ----------
    key : Key
        Whose it is.
    subscriptions : dict
        Topic filter -> granted QoS.
    outgoing : dict
        Packet identifier -> command that the device has not acknowledged.
    incoming : dict
        QoS 2 packet identifier that the client has not released -> whether its message is on disk.
    came_ms : dict
        Those identifiers -> when their messages came, if the session outlives its connection. [ms]
    expiry_s : int
        How long it outlives its connection. [s]
    expires_at_s : float
        When it ends; infinite while the client is connected. [s]
    late_will : LateWill or None
        What to say if the client stays away.
    """

    __slots__ = (
        "_last_id",
        "came_ms",
        "expires_at_s",
        "expiry_s",
        "incoming",
        "key",
        "late_will",
        "outgoing",
        "subscriptions",
    )

    def __init__(self, key: Key) -> None:
        self.key = key
        self.came_ms: dict[int, int] = {}
        self.subscriptions: dict[str, int] = {}
        self.outgoing: dict[int, Outgoing] = {}
        self.incoming: dict[int, bool] = {}
        self.expiry_s = 0
        self.expires_at_s = FOR_EVER
        self.late_will: LateWill | None = None
        self._last_id = 0

    def free_packet_id(self) -> int:
        """Return an identifier that no command on its way has. There must be fewer than 65,535 of them."""
        while True:
            self._last_id = self._last_id % _MAX_PACKET_ID + 1
            if self._last_id not in self.outgoing:
                return self._last_id

    def sends(self, command_id: str) -> bool:
        """Tell whether a command is on its way."""
        return any(o.command_id == command_id for o in self.outgoing.values())


class Sessions:
    """The sessions of all clients, connected and absent.

    Parameters
    ----------
    max_per_device : int
        Absent sessions one device may leave behind; one more ends its oldest.
    """

    def __init__(self, max_per_device: int) -> None:
        self._max_per_device = max_per_device
        self._sessions: dict[Key, Session] = {}
        self._absent: dict[Key, Session] = {}
        self._left_by: dict[str, dict[Key, None]] = {}

    def open(self, key: Key, *, clean: bool) -> tuple[Session, Session | None]:
        """Return the client's session, and the one it had before: the same, or one that ends here."""
        self._back(key)
        old = self._sessions.get(key)
        if old is not None and not clean:
            old.expires_at_s = FOR_EVER
            return old, old
        session = Session(key)
        self._sessions[key] = session
        return session, old

    def replace(self, key: Key, session: Session | None) -> None:
        """Take another door's session of a client in place of what is remembered here; None for none."""
        self.forget(key)
        if session is not None:
            self._sessions[key] = session

    def forget(self, key: Key) -> None:
        """Forget a client's session: it is another door's now."""
        self._back(key)
        self._sessions.pop(key, None)

    def keys_left_by(self, device_id: str) -> tuple[Key, ...]:
        """Return the absent clients of a device."""
        return tuple(self._left_by.get(device_id, ()))

    def leave(self, key: Key, session: Session, now_s: float) -> list[Session]:
        """Keep the session of a client that went, as long as it may live; return those that ended by it. [s]."""
        if self._sessions.get(key) is not session:
            return []
        session.expires_at_s = now_s + session.expiry_s
        if not session.expiry_s:
            return [self._end(key)]
        return self._put_away(key, session)

    def restore(self, session: Session) -> list[Session]:
        """Take the session of a client that is absent since an end of ours; return those that ended by it."""
        self._sessions[session.key] = session
        return self._put_away(session.key, session)

    def _put_away(self, key: Key, session: Session) -> list[Session]:
        self._absent[key] = session
        theirs = self._left_by.setdefault(key[0], {})
        theirs[key] = None
        return [self._end(k) for k in list(theirs)[: -self._max_per_device]]

    def expire(self, now_s: float) -> list[Session]:
        """End the sessions whose time is over and return them. [s]."""
        return [self._end(key) for key in [k for k, s in self._absent.items() if s.expires_at_s <= now_s]]

    def due_wills(self, now_s: float) -> list[LateWill]:
        """Return the late wills whose clients stayed away, each once. [s]."""
        due: list[LateWill] = []
        for session in self._absent.values():
            if session.late_will is not None and session.late_will.at_s <= now_s:
                due.append(session.late_will)
                session.late_will = None
        return due

    def _end(self, key: Key) -> Session:
        self._back(key)
        return self._sessions.pop(key)

    def _back(self, key: Key) -> None:
        """Count a session as absent no longer."""
        if self._absent.pop(key, None) is not None:
            theirs = self._left_by[key[0]]
            del theirs[key]
            if not theirs:
                del self._left_by[key[0]]

    def __len__(self) -> int:
        return len(self._sessions)
