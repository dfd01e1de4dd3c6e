"""What is kept of a client's session over the end of its connection, and of ours."""

from __future__ import annotations

from itertools import islice

import msgspec

from anhu.contract.clock import MINUTE_MS, SECOND_MS
from gateway.doors.mqtt.session import FOR_EVER, Key, Session

_MOST_KEPT = 256
"""Of a session's QoS 2 messages: whoever never releases one does not make each further one dearer."""
_SAME_MS = 10 * MINUTE_MS
"""A message marked as sent again is one that came so short a time ago. [ms]"""


class _Kept(msgspec.Struct, array_like=True):
    """`expires_at_ms` is 0 while its client is connected."""

    expiry_s: int
    expires_at_ms: int
    subscriptions: dict[str, int]
    incoming: dict[int, tuple[int, bool]]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Kept)


def is_worth_it(session: Session) -> bool:
    """Tell whether there is something to remember: commands it asked for, or QoS 2 messages not yet released."""
    return bool(session.expiry_s and (session.subscriptions or session.incoming))


def encoded(session: Session, now_s: float, now_ms: int) -> bytes:
    """Return what is kept of a session. [s, ms]."""
    left_s = session.expires_at_s - now_s
    expires_at_ms = 0 if session.expires_at_s == FOR_EVER else now_ms + int(left_s * SECOND_MS)
    newest = islice(reversed(session.incoming.items()), _MOST_KEPT)
    incoming = {one: (session.came_ms.get(one, 0), on_disk) for one, on_disk in newest}
    return _encoder.encode(_Kept(session.expiry_s, expires_at_ms, session.subscriptions, incoming))


def decoded(key: Key, kept: bytes, now_s: float, now_ms: int) -> Session:
    """Return a session of which this was kept. [s, ms]."""
    read = _decoder.decode(kept)
    session = Session(key)
    left_s = (read.expires_at_ms - now_ms) / SECOND_MS if read.expires_at_ms else read.expiry_s
    session.expiry_s, session.expires_at_s = read.expiry_s, now_s + left_s
    session.subscriptions = read.subscriptions
    session.incoming = {one: True for one, (_, on_disk) in read.incoming.items() if on_disk}
    session.came_ms = {one: at_ms for one, (at_ms, _) in read.incoming.items() if at_ms}
    return session


def from_another_door(key: Key, kept: bytes, now_s: float, now_ms: int) -> Session:
    """Return a session that another door kept; it may be a moment older than the truth.

    So no message is taken for one that is on disk already: sent again it is kept again, with the time at which it came
    first, which is the same reading once more. Were it left out, a new message under an old number would be lost.
    """
    session = decoded(key, kept, now_s, now_ms)
    session.incoming.clear()
    session.came_ms = {one: at_ms for one, at_ms in session.came_ms.items() if 0 <= now_ms - at_ms < _SAME_MS}
    session.expires_at_s = FOR_EVER
    return session


def expiry_s(kept: bytes) -> int:
    """Return how long a session outlives its connection. [s]."""
    return _decoder.decode(kept).expiry_s if kept else 0
