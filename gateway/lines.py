"""Which of several front doors holds a device's connection: the port through which doors know of each other.

A line is one client of one device. Whoever connects takes the line, and its epoch grows: what an earlier connection
says of it, at another door or late, is not believed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

MQTT, TCP = "mqtt", "tcp"
_MOST_CHARS = 64


class Line(NamedTuple):
    """One client of a device, at the doors of one kind (``mqtt``, ``tcp``)."""

    device_id: str
    way: str
    client_id: str

    @classmethod
    def of(cls, device_id: str, way: str, client_id: str = "") -> Line:
        """Return it; a client's name that is too long for a key goes by its digest."""
        if len(client_id) > _MOST_CHARS or "\0" in client_id:
            client_id = hashlib.sha256(client_id.encode("utf-8", "surrogatepass")).hexdigest()
        return cls(device_id, way, client_id)


class Claim(NamedTuple):
    """A connection that takes its line.

    Attributes
    ----------
    since_ms : int
        When it was made. [ms]
    clean : bool
        Its session begins anew.
    is_late : bool
        It could not be said when it was made: a younger connection elsewhere goes before it.
    """

    line: Line
    since_ms: int
    clean: bool = False
    is_late: bool = False


class Held(NamedTuple):
    """A line that a door holds from now on.

    Attributes
    ----------
    epoch : int
        0: it does not hold it, a younger connection elsewhere does.
    from_door : str
        The door at which the client was connected a moment ago; empty when at none but perhaps this one.
    kept_by : str
        The door that wrote what is kept.
    kept : bytes
        What that door kept of the client's session; empty for nothing.
    moves : int
        How often it was taken over from another door in the last minutes.
    """

    line: Line
    epoch: int
    from_door: str = ""
    kept_by: str = ""
    kept: bytes = b""
    moves: int = 0


class Left(NamedTuple):
    """A connection that ended.

    Attributes
    ----------
    epoch : int
        Under which it held its line.
    kept : bytes or None
        What is kept of its session; empty: it is over; None: what stands there.
    expires_at_ms : int
        Until when. [ms]
    broke : bool
        It ended without a goodbye.
    """

    line: Line
    epoch: int
    kept: bytes | None
    expires_at_ms: int
    broke: bool


class Gone(NamedTuple):
    """What came of a connection's end.

    Attributes
    ----------
    was_ours : bool
        The line was this door's until then.
    is_elsewhere : bool
        The device has a connection at another door.
    breaks : int
        How often it broke off in the last minutes, at all doors.
    """

    was_ours: bool
    is_elsewhere: bool
    breaks: int


class Ousted(NamedTuple):
    """A line that another connection took, under this epoch; `clean`: its session began anew there."""

    line: Line
    epoch: int
    clean: bool


class DoorRow(NamedTuple):
    """A run of a front door, as it stands written."""

    door: str
    beat: int
    ended: bool


class LineBook(Protocol):
    """Where the doors write who holds what. Calls may block."""

    def beat(self, door: str, *, is_first: bool = False) -> bool:
        """Say that a door is alive; False when the others have given it up."""
        ...

    def ended(self, door: str) -> None:
        """Say that a door ends."""
        ...

    def doors(self) -> Sequence[DoorRow]:
        """Return all doors."""
        ...

    def claim(self, door: str, claims: Sequence[Claim], now_ms: int) -> Sequence[Held]:
        """Take lines, each once, and return what became of each. [ms]."""
        ...

    def leave(self, door: str, left: Sequence[Left], now_ms: int) -> Sequence[Gone]:
        """Give lines back, unless another connection has taken them. [ms]."""
        ...

    def keep(self, door: str, kept: Sequence[tuple[Line, int, bytes]]) -> None:
        """Write what is kept of sessions whose lines this door holds under these epochs."""
        ...

    def ousted(self, door: str, limit: int) -> Sequence[Ousted]:
        """Return the lines that others took from a door and it has not let go."""
        ...

    def let_go(self, door: str, lines: Sequence[tuple[Ousted, bytes | None]]) -> None:
        """Let lines go, with what is kept of their sessions at last; None leaves what stands there."""
        ...

    def still_held(self, lines: Collection[Line]) -> Mapping[Line, bytes | None]:
        """Return for each line None while another door has not let go of it, then what is kept of it."""
        ...

    def adopt(self, door: str, dead: Sequence[str], limit: int) -> Sequence[tuple[Line, int, bytes]]:
        """Take the connected lines of doors that are dead; return each with its new epoch and what is kept."""
        ...

    def duties(self, door: str, names: Sequence[str], dead: Collection[str]) -> Collection[str]:
        """Take duties that are nobody's, or a dead door's; return those that this door has."""
        ...

    def sweep(self, now_ms: int, forgotten: Sequence[str]) -> None:
        """Drop what is over: sessions that expired, and doors that are to be forgotten. [ms]."""
        ...
