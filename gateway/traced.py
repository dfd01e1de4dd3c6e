"""A message's steps at the door, written down once it is in the LOG; only where tracing is on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anhu.contract.clock import Clock
from anhu.contract.meaning import CALLS
from anhu.contract.tracing import Step, Tracer, trace_of
from anhu.log.port import Keyed
from gateway.codec import Frame
from gateway.group_commit import Done

_CALLS = tuple(call.encode() for call in CALLS)


def traced(
    tracer: Tracer, clock: Clock, frame: Frame, records: Sequence[Keyed], *, begun_ms: int, codec: str, done: Done
) -> Done:
    """Return ``done``, which also writes the steps down where the message is followed. [ms]."""
    trace = trace_of(frame.device_id, frame.received_at_ms)
    is_call = any(call in record for _, record in records for call in _CALLS)
    if not tracer.wants(trace, is_call=is_call):
        return done
    decoded_ms = clock.now_ms()

    def told(token: Any, error: Exception | None) -> None:  # noqa: ANN401 - the caller's own
        now_ms = clock.now_ms()
        failed = type(error).__name__ if error else ""
        about: dict[str, str | int] = {"door": str(frame.door), "family": codec, "bytes": len(frame.payload)}
        tracer.note(trace, Step.DECODE, begun_ms, decoded_ms, family=codec)
        tracer.note(trace, Step.APPEND, decoded_ms, now_ms, error=failed)
        tracer.note(trace, Step.RECEIVE, frame.received_at_ms, now_ms, number=0, error=failed, **about)
        done(token, error)

    return told
