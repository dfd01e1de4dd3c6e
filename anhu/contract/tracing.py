"""One message followed from a door to a phone: its trace is named after it, so that nothing need be carried along.

Whoever knows which device sent it and when it came can name the trace; the name tells neither.
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import blake2b
from typing import Protocol

_TRACE_BYTES, _SPAN_BYTES = 16, 8
_SENDER_CHARS = 31  # as much of a gateway as the identity of each of its sensors holds


class Step(StrEnum):
    """What was done with it."""

    RECEIVE = "receive"
    """At a door: whole, to durable in the LOG and acknowledged."""
    DECODE = "decode"
    APPEND = "append"
    ALERT = "alert"
    """Found by the engine, to committed with whom it is to be told."""
    SEND = "send"
    """One attempt at one contact."""
    RECEIPT = "receipt"
    """Taken by the provider, to said to have arrived."""


PARENTS = {
    Step.DECODE: Step.RECEIVE,
    Step.APPEND: Step.RECEIVE,
    Step.ALERT: Step.RECEIVE,
    Step.SEND: Step.ALERT,
    Step.RECEIPT: Step.ALERT,
}
"""What each step follows from."""


class Tracer(Protocol):
    """Writes steps down; never waits and never raises."""

    def wants(self, trace: str, *, is_call: bool) -> bool:
        """Tell whether a message is followed: every call for help, of the others the share that was chosen."""
        ...

    def note(
        self, trace: str, step: Step, begun_ms: int, ended_ms: int, *, number: int = 0, **about: str | int
    ) -> None:
        """Write a step down; `number` tells those of one kind in one trace apart. [ms].

        What is said about it names nobody: no resident, no device, no address.
        """
        ...


def trace_of(device_id: str, received_ms: int) -> str:
    """Return the name of a message's trace: 32 hexadecimal digits; a gateway's sensors go by the gateway. [ms]."""
    sender = device_id.partition(":")[0][:_SENDER_CHARS]
    return blake2b(f"{sender} {received_ms}".encode(), digest_size=_TRACE_BYTES, person=b"anhu trace").hexdigest()


def span_of(trace: str, step: Step, number: int = 0) -> str:
    """Return the name of a step of a trace: 16 hexadecimal digits."""
    return blake2b(f"{trace} {step} {number}".encode(), digest_size=_SPAN_BYTES).hexdigest()
