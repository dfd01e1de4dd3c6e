"""Messages of format v1, and what each says."""

from __future__ import annotations

import numpy as np

from anhu.contract.observation import Event, Quality, Scalar, TimeQuality, Waveform
from gateway.codec import Example
from gateway.door_specs import DoorKind

_UP = "anhu/v1/dev-1/up"
_URGENT = "anhu/v1/dev-1/urgent"
_AT_MS = 1_795_300_000_000  # 2026-11-21T22:26:40Z
_RECEIVED = TimeQuality.RECEIVED

EXAMPLES = (
    Example(
        name="an answer to a command measures nothing",
        route=_UP,
        payload=b'{"v":1,"answer":{"id":"k-4kq7","text":"will do"}}',
        observations=(),
    ),
    Example(
        name="numbers with a time of their own",
        route=_UP,
        payload=b'{"v":1,"time":"2026-11-22T06:26:40+08:00","values":{"heart_rate":72,"spo2":97}}',
        observations=(Scalar("heart_rate", 72.0, _AT_MS), Scalar("spo2", 97.0, _AT_MS)),
    ),
    Example(
        name="a device without a clock: the received time counts",
        route=_UP,
        payload=b'{"v":1,"values":{"battery":88}}',
        observations=(Scalar("battery", 88.0, _AT_MS, _RECEIVED),),
    ),
    Example(
        name="another unit is converted at the edge",
        route=_UP,
        payload=(
            b'{"v":1,"time":1795300000000,"values":{"glucose":{"value":108,"unit":"mg/dL","context":"fasting"},'
            b'"systolic_pressure":{"value":18.3,"unit":"kPa"}}}'
        ),
        observations=(
            Scalar("glucose", 108 / 18.0182, _AT_MS, context="fasting"),
            Scalar("systolic_pressure", 18.3 * 7.50062, _AT_MS),
        ),
    ),
    Example(
        name="a poor measurement says so",
        route=_UP,
        payload=b'{"v":1,"time":1795300000000,"values":{"spo2":{"value":71,"poor":true}}}',
        observations=(Scalar("spo2", 71.0, _AT_MS, quality=int(Quality.DEVICE_POOR)),),
    ),
    Example(
        name="SOS with a position",
        route=_UP,
        payload=(
            b'{"v":1,"time":1795300000000,"events":[{"kind":"sos",'
            b'"attributes":{"latitude_deg":37.45,"longitude_deg":116.31}}]}'
        ),
        observations=(Event("sos", _AT_MS, "on", {"latitude_deg": 37.45, "longitude_deg": 116.31}),),
    ),
    Example(
        name="SOS on the topic that waits behind nothing",
        route=_URGENT,
        payload=b'{"v":1,"events":[{"kind":"sos"}]}',
        observations=(Event("sos", _AT_MS, "on", {}, _RECEIVED),),
    ),
    Example(
        name="waveform as packed 16-bit integers",
        route=_UP,
        payload=(
            b'{"v":1,"time":1795300000000,"waveforms":[{"quantity":"acceleration","sampling_rate_hz":50,'
            b'"channels":["x","y","z"],"samples_int16":"AAAAAOgDAAAAAAAE","scale":0.001,"position":"waist"}]}'
        ),
        observations=(
            Waveform(
                "acceleration",
                _AT_MS,
                50.0,
                ("x", "y", "z"),
                np.array([[0, 0, 1], [0, 0, 1.024]], dtype="<f4").tobytes(),
                position="waist",
            ),
        ),
    ),
    Example(
        name="pushed over HTTP",
        door=DoorKind.HTTP,
        route="/push/my-watch",
        payload=b'{"v":1,"time":1795300000000,"values":{"heart_rate":72},"events":[{"kind":"sos"}]}',
        observations=(Scalar("heart_rate", 72.0, _AT_MS), Event("sos", _AT_MS)),
    ),
    Example(
        name="unknown quantity",
        route=_UP,
        payload=b'{"v":1,"values":{"hart_rate":72}}',
        error="values.hart_rate: got 'hart_rate', expected a scalar of the quantity table",
    ),
    Example(
        name="unit of another quantity",
        route=_UP,
        payload=b'{"v":1,"values":{"heart_rate":{"value":72,"unit":"kPa"}}}',
        error="values.heart_rate.unit: got 'kPa', expected one of /min",
    ),
    Example(
        name="time without a zone",
        route=_UP,
        payload=b'{"v":1,"time":"2026-11-22T06:26:40","values":{"heart_rate":72}}',
        error="expected a time zone at the end",
    ),
    Example(name="nothing said", route=_UP, payload=b'{"v":1}', error="at least one of values, events, waveforms"),
    Example(name="another version", route=_UP, payload=b'{"v":2,"values":{"spo2":97}}', error="format v1"),
)
