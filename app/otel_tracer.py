"""OpenTelemetry's side of tracing: steps become spans, sent in batches by a thread of their own.

A collector that is away costs spans and nothing else: what waits is bounded, each attempt is, and so is the end. Known
trouble that this holds off: an exporter that goes on trying while its process is to end (opentelemetry-python #3309,
#4043), and one that writes its whole traceback at each attempt (#4712).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags, set_span_in_context

from anhu import __version__
from anhu.contract.tracing import PARENTS, Step, span_of

_NS = 1_000_000
_HEX = 16
_WHOLE = 1 << 32
_EXPORT_S = 5.0
_MOST_WAITING, _MOST_AT_ONCE, _EVERY_MS = 4_096, 512, 1_000
_LAST_WORDS_S = 3.0


class OtelTracer:
    """Writes steps down as spans.

    Parameters
    ----------
    url : str
        Of the collector: OTLP over HTTP.
    share : float
        Of the messages that are no calls, how many are followed. [0 to 1]
    process, instance : str
        Who writes.

    Attributes
    ----------
    spans : int
        Written down since the start.
    """

    def __init__(self, url: str, share: float, *, process: str, instance: str) -> None:
        for chatty in ("opentelemetry", "urllib3"):
            logging.getLogger(chatty).setLevel(logging.CRITICAL)
        about = {"service.name": f"anhu-{process}", "service.instance.id": instance, "service.version": __version__}
        self._names = _Named()
        self._provider = TracerProvider(resource=Resource(about), id_generator=self._names, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=url, timeout=_EXPORT_S)
        self._provider.add_span_processor(
            BatchSpanProcessor(
                exporter,
                max_queue_size=_MOST_WAITING,
                max_export_batch_size=_MOST_AT_ONCE,
                schedule_delay_millis=_EVERY_MS,
            )
        )
        self._tracer = self._provider.get_tracer("anhu")
        self._share = round(share * _WHOLE)
        self._lock = threading.Lock()
        self.spans = 0

    def wants(self, trace: str, *, is_call: bool) -> bool:
        """Tell whether a message is followed; every process decides alike."""
        return is_call or int(trace[:8], _HEX) < self._share

    def note(
        self, trace: str, step: Step, begun_ms: int, ended_ms: int, *, number: int = 0, **about: str | int
    ) -> None:
        """Write a step down. [ms]."""
        parent = PARENTS.get(step)
        context = None
        if parent is not None:
            before = SpanContext(
                int(trace, _HEX), int(span_of(trace, parent), _HEX), is_remote=True, trace_flags=TraceFlags(1)
            )
            context = set_span_in_context(NonRecordingSpan(before))
        with self._lock:
            self._names.next = int(trace, _HEX), int(span_of(trace, step, number), _HEX)
            span = self._tracer.start_span(
                f"anhu.{step}", context=context, start_time=begun_ms * _NS, attributes=_attributes(about)
            )
            self.spans += 1
        if error := about.get("error"):
            span.set_status(Status(StatusCode.ERROR, str(error)))
        span.end(end_time=max(begun_ms, ended_ms) * _NS)

    def close(self) -> None:
        """Send what waits, for some seconds at most."""
        ending = threading.Thread(target=self._provider.shutdown, daemon=True, name="last spans")
        ending.start()
        ending.join(_LAST_WORDS_S)


class _Named(IdGenerator):
    """Gives the names that were chosen for the next span."""

    def __init__(self) -> None:
        self.next = (1, 1)

    def generate_trace_id(self) -> int:
        return self.next[0]

    def generate_span_id(self) -> int:
        return self.next[1]


def _attributes(about: Mapping[str, str | int]) -> dict[str, str | int]:
    return {f"anhu.{name}": value for name, value in about.items() if name != "error" and value != ""}
