"""Scenes for the pictures of the device pages: with nothing, with one of everything, and with many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import delete

from anhu.contract.clock import HOUR_MS, MINUTE_MS, SystemClock
from anhu.registry.device_tables import DeviceSeen
from anhu.registry.product_tables import Product
from anhu.registry.tables import Device
from ingest.deadletters import DeadLetters
from ingest.delivered import Deliveries
from ingest.deliveries import DeliveryBook
from ingest.letter import DeadLetter, Stage
from tests.api.web.administrators import add_admin, add_nobodys
from tests.api.web.scene import Scene, make_scene
from tests.api.web.serving import served

AMOUNTS = ("nothing", "one", "many")
_MANY = 240
_REASONS = (
    "values.heart_rate.unit: got 'kPa', expected one of /min",
    "needs mapping: alarm_state=preparing, charging=1",
    'payload: got b\'{"v":1,"values":{"spo2":97\', expected a message of format v1 (Input data was truncated)',
)


@contextmanager
def scene_with(amount: str, folder: Path) -> Iterator[str]:
    """Serve a scene with nothing, one, or many of the vendor Kati's devices, and give its address."""
    now_ms = SystemClock().now_ms()
    scene = make_scene(folder, now_ms)
    add_admin(scene)
    letters, book = DeadLetters(folder / "letters.db", SystemClock()), DeliveryBook(folder / "deliveries.db")
    ids = _devices(scene, amount, now_ms)
    if amount != "nothing":
        add_nobodys(scene)
        _traffic(letters, book, ids, now_ms)
    with served(scene, letters=letters, deliveries=book) as address:
        yield address
    letters.close()
    book.close()
    scene.close()


def _devices(scene: Scene, amount: str, now_ms: int) -> list[str]:
    with scene.sessions.begin() as session:
        if amount == "nothing":
            session.execute(delete(Device))
            return []
        count = 1 if amount == "one" else 30
        for n in range(count):
            name = f"Kati S{n + 4} 4G 健康手表" if n % 2 else f"S{n + 4}"
            session.add(Product(id=f"kati-s{n + 4}", name=name, vendor="Kati", codec="open_json", created_at_ms=now_ms))
        session.flush()
        if amount == "one":
            session.execute(delete(Device).where(Device.id != "watch-1"))
            session.get_one(Device, "watch-1").product_id = "kati-s4"
            return ["watch-1"]
        ids = [f"86000000000{n:04}" for n in range(_MANY)]
        session.add_all(_device(one, n, now_ms) for n, one in enumerate(ids))
        session.flush()
        session.add_all(
            DeviceSeen(
                device_id=one, seen_ms=now_ms - n * 7 * MINUTE_MS, battery_percent=n % 101, signal_dbm=-60 - n % 50
            )
            for n, one in enumerate(ids)
            if n % 9
        )
    return ["watch-1", *ids]


def _device(device_id: str, n: int, now_ms: int) -> Device:
    return Device(
        id=device_id,
        codec="open_json",
        model="Kati S4 4G 健康手表（长者版）" if n % 3 else "S5",
        vendor="Kati",
        product_id=f"kati-s{n % 30 + 4}",
        firmware=f"2.{n % 7}.11-release",
        report_period_s=300,
        enrolled_at_ms=now_ms - 20 * HOUR_MS,
        version=100 + n,
    )


def _traffic(letters: DeadLetters, book: DeliveryBook, ids: list[str], now_ms: int) -> None:
    hour_ms = now_ms - now_ms % HOUR_MS
    rows = [
        Deliveries(one, hour_ms - hour * HOUR_MS, 12 + n % 5, (n + hour) % 11 == 0, 3 * ((n + hour) % 17 == 0))
        for n, one in enumerate(ids)
        for hour in range(24 if len(ids) > 1 else 3)
    ]
    book.add(rows, now_ms)
    letters.put(
        [
            DeadLetter(
                stage=Stage.DECODE,
                device_id=one,
                resident_id="",
                received_at_ms=now_ms - n * MINUTE_MS,
                reason=_REASONS[n % 3],
                payload=b'{"v":1,"values":{"heart_rate":{"value":72,"unit":"kPa"}}}',
                door="mqtt",
                route=f"anhu/v1/{one}/up",
                codec="open_json",
            )
            for n, one in enumerate(ids[:120])
        ]
    )
