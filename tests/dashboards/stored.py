"""What the dashboards' InfluxDB holds in the tests: two residents, two centres and two processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from influxdb_client.client.flux_table import FluxRecord

from gateway.contract.observation import Quality
from gateway.contract.quantities import Kind, Quantity, of_kind

Ask: TypeAlias = Callable[..., list[FluxRecord]]


def typical(quantity: Quantity) -> tuple[float, float]:
    """Two plausible values of a quantity: what the watch reported first and last."""
    span = quantity.high - quantity.low
    return quantity.low + span * 0.25, quantity.low + span * 0.5


def lines(now_s: int) -> Iterator[str]:
    """Line protocol with times in seconds, all within the hour before `now_s`."""
    for q in of_kind(Kind.SCALAR):
        first, last = typical(q)
        yield f"reading,resident=r-1,device=watch.1 {q.code}={first} {now_s - 900}"
        yield f"reading,resident=r-1,device=watch.1 {q.code}={last} {now_s - 300}"
        yield (
            f"reading,resident=r-1,device=watch.1 {q.code}={q.high + 1},"
            f"{q.code}_quality={int(Quality.OUT_OF_RANGE)}i {now_s - 600}"
        )
        yield f"reading,resident=r-1,device=pad:2 {q.code}={last} {now_s - 1200}"
        yield f"reading,resident=r-2,device=watch.3 {q.code}={q.high} {now_s - 300}"
    for kind, state, ago_s in (("fall", 1, 700), ("contact", 1, 500), ("contact", 0, 400)):
        fields = f'state={state}i,attributes="{{\\"room\\":\\"卧室\\"}}",quality=0i'
        yield f"event,resident=r-1,device=watch.1,kind={kind} {fields} {now_s - ago_s}"
    yield f'waveform,resident=r-1,device=watch.1,quantity=ecg samples="AAAA",sampling_rate_hz=250.0 {now_s - 800}'
    for centre, priority, still_open, waiting, oldest_s in (
        ("north", "high", 2, 1, 90),
        ("north", "low", 5, 0, 400),
        ("south", "high", 1, 1, 30),
    ):
        fields = f"open={still_open}.0,unacknowledged={waiting}.0,oldest_s={oldest_s}.0"
        yield f"alerts_open,centre={centre},priority={priority} {fields} {now_s - 60}"
    for process, number in (("gateway", 10.0), ("ingest", 20.0)):
        counters = ("received_per_s", "connections", "backlog_bytes", "log_bytes", "rejected", "deadletters")
        fields = ",".join(f"{counter}={number + place}" for place, counter in enumerate(counters))
        yield f"process,process={process} {fields} {now_s - 20}"
