"""Line protocol, byte for byte: dashboards and other people's queries rely on these names."""

from __future__ import annotations

import numpy as np

from anhu.contract.clock import HOUR_MS
from anhu.contract.observation import Event, Observation, Scalar, TimeQuality, waveform_from_array
from ingest.store.influxdb.line_protocol import CHUNK_BYTES, lines, newest_line, platform_line
from ingest.store.port import PlatformRow, StoredReading

NOW_MS = 1_795_300_000_000
HEAD = "reading,resident=r-1,device=gw:hall"


def reading(*observations: Observation, resident: str = "r-1") -> StoredReading:
    return StoredReading(resident, "gw:hall", NOW_MS, observations)


def test_numbers_of_one_time_share_a_line() -> None:
    seen = (
        Scalar("heart_rate", 72.0, NOW_MS),
        Scalar("glucose", 5.5, NOW_MS + 1, quality=17, context='after "lunch"'),
        Scalar("spo2", 97.5, NOW_MS),
    )
    assert lines(reading(*seen)).decode().splitlines() == [
        f"{HEAD} heart_rate=72.0,spo2=97.5 {NOW_MS}",
        f'{HEAD} glucose=5.5,glucose_quality=17i,glucose_context="after \\"lunch\\"" {NOW_MS + 1}',
    ]


def test_nobody_has_no_tag() -> None:
    line = lines(reading(Scalar("heart_rate", 72.0, NOW_MS), resident=""))
    assert line == f"reading,device=gw:hall heart_rate=72.0 {NOW_MS}\n".encode()


def test_an_event_is_one_line() -> None:
    event = Event("fall", NOW_MS, "off", {"room": "厨房"}, TimeQuality.RECEIVED, 16)
    assert lines(reading(event)).decode() == (
        "event,resident=r-1,device=gw:hall,kind=fall"
        f' state=0i,attributes="{{\\"room\\":\\"厨房\\"}}",quality=16i,time_quality=2i {NOW_MS}\n'
    )


def test_no_text_field_is_longer_than_influxdb_takes() -> None:
    wave = waveform_from_array(
        "ecg",
        np.zeros((CHUNK_BYTES // 2, 1)),
        observed_at_ms=NOW_MS,
        sampling_rate_hz=250,
        channels=("II",),
        position="chest",
    )
    line = lines(reading(wave)).decode()
    assert line.startswith(
        "waveform,resident=r-1,device=gw:hall,quantity=ecg"
        ' sampling_rate_hz=250.0,channels="[\\"II\\"]",position="chest",duration_ms=72000i,'
        'quality=0i,time_quality=0i,samples="'
    )
    pieces = [text for text in line.split('"') if len(text) > 1_000]
    assert [len(p) for p in pieces] == [48_000, 48_000]
    assert ',samples_1="' in line


def test_a_health_row_and_the_mark_of_the_newest() -> None:
    row = PlatformRow("alerts_open", NOW_MS, {"centre": "东湖 1", "priority": "high", "none": ""}, {"open": 3})
    assert platform_line(row).decode() == f"alerts_open,centre=东湖\\ 1,priority=high open=3.0 {NOW_MS}\n"
    newest = reading(Scalar("heart_rate", 72.0, NOW_MS))
    assert newest_line([newest, newest._replace(received_at_ms=5)]) == (
        f"store newest_received_ms={NOW_MS}i {NOW_MS - NOW_MS % HOUR_MS}\n".encode()
    )


def test_attributes_with_a_newline_stay_on_one_line() -> None:
    line = lines(reading(Event("fall", NOW_MS, attributes={"note": "a\nb"}))).decode()
    assert 'attributes="{\\"note\\":\\"a\\\\nb\\"}"' in line
    assert line.count("\n") == 1
