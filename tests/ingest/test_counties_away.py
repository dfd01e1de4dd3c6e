"""Two real InfluxDB, one a county: one killed or frozen delays only its own county, loses nothing, and is named."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from anhu.contract.clock import SystemClock
from anhu.contract.observation import TimeQuality
from anhu.contract.record import Numbers, encode_record
from anhu.contract.settings import Secret
from anhu.log.embedded.reader import EmbeddedLogReader
from anhu.log.embedded.writer import EmbeddedLogWriter
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.devices import create_device
from anhu.registry.migrations import upgrade
from anhu.registry.organisations import create_centre
from anhu.registry.residents import create_resident, update_resident
from app import series_wiring, wiring
from app.settings import Settings
from ingest import upkeep
from ingest.lanes import Lanes
from ingest.newest_values import NewestValues
from ingest.store.port import Range, StoreUnavailableError
from ingest.worker import IngestWorker
from tests.services.influxdb import Influxd

EVER = Range(0, 4_000_000_000_000)
_PATIENCE_S = 60.0


@pytest.fixture
def servers() -> Iterator[tuple[Influxd, Influxd]]:
    with ExitStack() as stack:
        made = []
        for _ in range(2):
            server = Influxd(Path(stack.enter_context(TemporaryDirectory(prefix="anhu-county-"))))
            stack.callback(server.process.stop)
            server.start()
            made.append(server)
        yield made[0], made[1]


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, servers: tuple[Influxd, Influxd], tmp_path: Path) -> Settings:
    east, west = servers
    database = ""
    if request.param == "postgresql":
        copy: Callable[[Callable[[str], None]], str] = request.getfixturevalue("postgres_copy")
        database = copy(upgrade)
    (tmp_path / "west.token").write_text(west.token, "utf-8")
    file = tmp_path / "counties.toml"
    file.write_text(
        f'[west]\nurl = "{west.url}"\ntoken_file = "{tmp_path / "west.token"}"\norg = "{west.org}"\n'
        f'bucket = "{west.new_bucket()}"\ncounties = ["330106"]\n',
        "utf-8",
    )
    return Settings(
        data=tmp_path,
        database_url=Secret(database),
        store="influxdb",
        influxdb_url=east.url,
        influxdb_token=Secret(east.token),
        influxdb_org=east.org,
        influxdb_bucket=east.new_bucket(),
        influxdb_file=str(file),
    )


class Town:
    """A LOG, ingest as the process builds it, and what pages ask; residents r-east and r-west."""

    def __init__(self, settings: Settings) -> None:
        upgrade(settings.database)
        self.clock = clock = SystemClock()
        self.sessions = open_sessions(settings.database)
        with self.sessions.begin() as session:
            create_centre(session, name="w", centre_id="c-west", region_code="330106")
            create_centre(session, name="e", centre_id="c-east", region_code="330110")
            for name in ("west", "east"):
                resident = {"resident_id": f"r-{name}", "centre_id": f"c-{name}"}
                create_resident(session, name="x", now_ms=1, **resident)
                create_device(session, device_id=f"w-{name}", codec="open_json", resident_id=f"r-{name}", now_ms=1)
        self.log = EmbeddedLogWriter(settings.log_folder, max_bytes=2**30, max_age_s=3_600.0)
        self.letters = series_wiring.dead_letters(settings, clock)
        stores = series_wiring.county_stores(settings, clock)
        assert stores is not None
        self.stores = stores
        another = lambda: wiring.log_reader(settings, "ingest")  # noqa: E731 - it never commits
        self.lanes = Lanes(stores, another, self.letters, series_wiring.store_progress(settings), clock)
        table = series_wiring.newest_book(settings)
        assert table is not None
        self.table = table
        self.reader = EmbeddedLogReader(settings.log_folder, "ingest")
        self.worker = IngestWorker(
            self.reader,
            stores,
            self.letters,
            clock,
            gather_s=0.05,
            newest=NewestValues(table, clock, every_s=0.2),
            lanes=self.lanes,
        )
        self.query = series_wiring.store_query(settings, clock)
        self.stop = asyncio.Event()
        self.sent = 0

    async def run(self, story: Callable[[Town], object]) -> None:
        running = [
            asyncio.create_task(self.worker.run(self.stop)),
            asyncio.create_task(self.lanes.follow(self.stop)),
            asyncio.create_task(upkeep.hear_of_moves(self.stores.directory, self.stop)),
        ]
        try:
            await story(self)  # type: ignore[misc]
        finally:
            self.stop.set()
            await asyncio.gather(*running)
            await self.log.aclose()
            for one in (self.reader, self.letters, self.stores, self.query, self.table):
                one.close()
            close_sessions(self.sessions)

    async def send(self, rounds: int = 20) -> None:
        """Let both residents be measured so many times."""
        for _ in range(rounds):
            self.sent += 1
            now_ms = self.clock.now_ms()
            for name in ("east", "west"):
                values = {"steps": float(self.sent)}
                record = encode_record(Numbers(f"w-{name}", f"r-{name}", now_ms, now_ms, TimeQuality.DEVICE, values))
                await self.log.append_many([("key", record)])
            await asyncio.sleep(0.01)

    async def stored(self, name: str) -> list[float]:
        found = await asyncio.to_thread(self.query.points, f"r-{name}", "steps", EVER)
        return [point.value for point in found]

    async def until(self, condition: Callable[[], object]) -> float:
        """Wait until something is so, and return how long it took. [s]."""
        began_s = time.monotonic()
        while time.monotonic() - began_s < _PATIENCE_S:
            outcome = condition()
            if (await outcome) if asyncio.iscoroutine(outcome) else outcome:
                return time.monotonic() - began_s
            await asyncio.sleep(0.05)
        raise AssertionError("it does not come to that")

    def expected(self) -> list[float]:
        return [float(n + 1) for n in range(self.sent)]


@pytest.mark.parametrize("fault", ["killed", "frozen"])
def test_a_county_away_delays_only_itself_and_loses_nothing(
    settings: Settings, servers: tuple[Influxd, Influxd], fault: str
) -> None:
    _, west = servers
    town = Town(settings)

    async def both_are_level() -> bool:
        return await town.stored("east") == town.expected() == await town.stored("west")

    async def story(town: Town) -> None:
        await town.send()
        await town.until(both_are_level)
        west.process.kill() if fault == "killed" else west.process.pause()
        await town.send(40)

        async def east_is_level() -> bool:
            return await town.stored("east") == town.expected()

        delay_s = await town.until(east_is_level)
        assert delay_s < 30, "seconds: a frozen store is waited for once, two seconds, on a busy machine"
        assert "store_west_behind_s" in town.lanes.counters()
        with pytest.raises(StoreUnavailableError, match="west") as told:
            await town.stored("west")
        assert told.value.away_since_ms > 0
        await town.until(lambda: town.query.latest(["r-west"])["r-west"]["steps"].value == float(town.sent))
        assert town.reader.committed < town.reader.position
        west.process.start() if fault == "killed" else west.process.go_on()
        await town.send(10)

        async def west_is_level() -> bool:
            try:
                return await both_are_level()
            except StoreUnavailableError:
                return False

        await town.until(west_is_level)
        await town.until(lambda: not town.lanes.counters())
        await town.until(lambda: town.reader.committed == town.reader.position)

    asyncio.run(town.run(story))


def test_who_moves_keeps_a_whole_chart(settings: Settings) -> None:
    town = Town(settings)

    async def story(town: Town) -> None:
        await town.send(10)

        async def is_level() -> bool:
            return await town.stored("west") == town.expected()

        await town.until(is_level)
        with town.sessions.begin() as session:
            update_resident(session, "r-west", {"centre_id": "c-east"})
        await asyncio.to_thread(town.stores.directory.refresh)
        await town.send(10)
        await town.until(is_level)
        homes = series_wiring.homes(settings).known(["r-west"])["r-west"]
        assert [store for _, store in homes] == ["west", "default"]
        buckets = await asyncio.to_thread(town.query.buckets, "r-west", "steps", EVER, bucket_ms=86_400_000)
        assert sum(one.samples for one in buckets) == town.sent
        assert town.query.latest(["r-west"])["r-west"]["steps"].value == float(town.sent)

    asyncio.run(town.run(story))
