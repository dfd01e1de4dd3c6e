"""Steps of a message as a real exporter sends them, read with the official protobuf; and a collector that is away."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from anhu.contract.errors import SettingsError
from anhu.contract.tracing import Step, span_of, trace_of
from app.otel_tracer import OtelTracer
from app.settings import Settings
from app.tracing import tracing
from tests.services.collector import Collector

NOW_MS = 1_795_400_000_000
TRACE = trace_of("w-1", NOW_MS)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as listening:
        yield listening


def test_steps_are_spans_of_one_trace_each_below_what_it_follows_from(collector: Collector) -> None:
    tracer = OtelTracer(collector.url, 0.0, process="gateway", instance="node-1")
    tracer.note(TRACE, Step.APPEND, NOW_MS + 1, NOW_MS + 5)
    tracer.note(TRACE, Step.RECEIVE, NOW_MS, NOW_MS + 5, door="mqtt", error="")
    tracer.note(TRACE, Step.SEND, NOW_MS + 20, NOW_MS + 90, number=7, channel="sms", attempt=1, error="RetryableError")
    tracer.close()
    spans = collector.spans()
    assert {one.name for one in spans} == {"anhu.append", "anhu.receive", "anhu.send"}
    assert {one.trace for one in spans} == {TRACE}
    by_name = {one.name: one for one in spans}
    receive, append, send = (by_name[f"anhu.{step}"] for step in (Step.RECEIVE, Step.APPEND, Step.SEND))
    assert (receive.parent, append.parent, send.parent) == ("", receive.span, span_of(TRACE, Step.ALERT))
    assert (receive.begun_ms, receive.ended_ms) == (NOW_MS, NOW_MS + 5)
    assert receive.about == {"anhu.door": "mqtt"}
    assert (receive.is_error, send.is_error) == (False, True)
    assert {one.service for one in spans} == {"anhu-gateway"}


def test_calls_are_always_followed_and_others_by_share_alike_in_every_process(collector: Collector) -> None:
    few, none = (OtelTracer(collector.url, share, process="p", instance=str(share)) for share in (0.1, 0.0))
    again = OtelTracer(collector.url, 0.1, process="q", instance="other")
    traces = [trace_of(f"w-{number}", NOW_MS) for number in range(2_000)]
    assert all(none.wants(trace, is_call=True) for trace in traces)
    assert not any(none.wants(trace, is_call=False) for trace in traces)
    followed = [trace for trace in traces if few.wants(trace, is_call=False)]
    assert 120 < len(followed) < 280
    assert [trace for trace in traces if again.wants(trace, is_call=False)] == followed
    for tracer in (few, none, again):
        tracer.close()


def test_a_gateways_sensor_goes_by_its_gateway_and_a_name_tells_neither_device_nor_time() -> None:
    assert trace_of("home-1:bed", NOW_MS) == trace_of("home-1", NOW_MS) != trace_of("home-2", NOW_MS)
    assert len(TRACE) == 32
    assert len(span_of(TRACE, Step.SEND, 3)) == 16


def test_a_collector_that_is_away_holds_up_neither_the_work_nor_the_end() -> None:
    tracer = OtelTracer("http://127.0.0.1:1/v1/traces", 1.0, process="gateway", instance="node-1")
    for number in range(10_000):  # more than may wait
        tracer.note(TRACE, Step.SEND, NOW_MS, NOW_MS + 1, number=number)
    began_s = time.monotonic()
    tracer.close()
    assert time.monotonic() - began_s < 30.0, "bounded by three seconds; the rest is for a busy machine"


def test_where_it_is_off_nothing_follows_and_a_wrong_address_is_refused() -> None:
    with tracing(Settings(), "gateway") as tracer:
        assert tracer is None
    for wrong in ("collector:4318", "http://collector:4318", "ftp://collector/v1/traces"):
        with pytest.raises(SettingsError, match="ANHU_TRACING_URL"):
            Settings(tracing_url=wrong)
    with pytest.raises(SettingsError, match="ANHU_TRACING_SHARE"):
        Settings(tracing_share=1.5)
