"""Whether single messages are followed, and by whom: OpenTelemetry is loaded only where it is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from anhu.contract.errors import SettingsError
from anhu.contract.tracing import Tracer
from app.instance import instance_of
from app.settings import Settings


@contextmanager
def tracing(settings: Settings, process: str) -> Iterator[Tracer | None]:
    """Give what follows messages; None where nobody does.

    Raises
    ------
    SettingsError
        If it is wanted and not installed.
    """
    if not settings.tracing_url:
        yield None
        return
    try:
        from app.otel_tracer import OtelTracer  # noqa: PLC0415 - an optional extra
    except ImportError:
        expected = "nothing, or the extra: pip install 'anhu[tracing]'"
        raise SettingsError("ANHU_TRACING_URL", settings.tracing_url, expected) from None
    tracer = OtelTracer(settings.tracing_url, settings.tracing_share, process=process, instance=instance_of(settings))
    try:
        yield tracer
    finally:
        tracer.close()
