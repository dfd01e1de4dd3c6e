"""From a frame to the LOG: nothing that was acknowledged is ever lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import msgspec
import pytest

from anhu.contract.clock import ManualClock
from anhu.contract.errors import FieldError
from anhu.contract.identity import child_device_id
from anhu.contract.observation import Decoded, Event, Observation, PlainNumbers, Quality, Scalar, TimeQuality
from anhu.contract.record import Reading, Undecoded
from anhu.log.port import Keyed, LogFullError, Position
from gateway.codec import Codec, Frame
from gateway.codecs import discover
from gateway.directory import DeviceEntry, Owner
from gateway.door_specs import DoorKind, MqttSpec
from gateway.intake import Intake
from tests.gateway.doors.mqtt.doors import MemoryLog, device

NOW_MS = 1_795_400_000_000
FRAME = Frame(door=DoorKind.MQTT, route="t", payload=b"p", device_id="dev-1", received_at_ms=NOW_MS)


def codec(decode: Callable[[Frame], Decoded]) -> Codec:
    return Codec(name="open", title="t", data_sheet="d", mqtt=MqttSpec(publish=("t",)), decode=decode, examples=())


def scalar(source: str = "", value: float = 70.0) -> Scalar:
    return Scalar("heart_rate", value, NOW_MS, source=source)


def made(decode: Callable[[Frame], Decoded], log: MemoryLog) -> Intake:
    return Intake({"open": codec(decode)}, log, ManualClock(NOW_MS))


async def kept(intake: Intake, frame: Frame, sender: DeviceEntry) -> None:
    """Offer a frame and return once it is on disk; raises what the LOG said."""
    answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def done(_: object, error: Exception | None) -> None:
        answer.set_exception(error) if error else answer.set_result(None)

    intake.offer(frame, sender, done)
    await answer


def taken(decode: Callable[[Frame], Decoded], frame: Frame = FRAME, *, sender: DeviceEntry | None = None) -> MemoryLog:
    async def run() -> MemoryLog:
        log = MemoryLog()
        await kept(made(decode, log), frame, sender or device())
        return log

    return asyncio.run(run())


def test_a_reading_says_whose_it_is() -> None:
    assert taken(lambda _: (scalar(),)).read() == [Reading("dev-1", "r-dev-1", NOW_MS, (scalar(),))]


def test_sensors_behind_a_gateway_go_by_their_own_names() -> None:
    log = taken(
        lambda _: (scalar("hall"), scalar("客厅"), scalar(), scalar("dev-1"), scalar("hall")),
        sender=device(children={"hall": Owner("z-9", "r-9", "c-9")}),
    )
    assert log.read() == [
        Reading("z-9", "r-9", NOW_MS, (scalar(), scalar())),
        Reading(child_device_id("dev-1", "客厅"), "r-dev-1", NOW_MS, (scalar(),)),
        Reading("dev-1", "r-dev-1", NOW_MS, (scalar(), scalar())),
    ]


def test_each_record_goes_by_the_key_of_its_own_resident() -> None:
    keys: list[str] = []

    class Log(MemoryLog):
        async def append_many(self, records: Sequence[Keyed]) -> Mapping[int, Position]:
            keys.extend(key for key, _ in records)
            return await super().append_many(records)

    async def run() -> None:
        log = Log()
        log.partitions = 1_000
        intake = made(lambda _: (scalar("hall"), scalar("客厅"), scalar()), log)
        home = device(children={"hall": Owner("z-9", "r-9", "c-9")})
        await kept(intake, FRAME, home)
        await kept(intake, FRAME, device(codec="none"))
        intake.report_connection(home, "on", "connected")
        intake.keep_undecoded(msgspec.structs.replace(FRAME, device_id="nobody"), "unknown", lambda *_: None)
        await intake.aclose()

    asyncio.run(run())
    assert keys == ["c-9", "c-dev-1", "c-dev-1", "c-dev-1", "nobody"]


def test_a_retained_copy_is_flagged_and_keeps_its_other_flags() -> None:
    frame = Frame(door=DoorKind.MQTT, route="t", payload=b"p", device_id="dev-1", received_at_ms=NOW_MS, retained=True)
    poor = Event("sos", NOW_MS, quality=int(Quality.DEVICE_POOR))
    [reading] = taken(lambda _: (poor,), frame).readings()
    assert reading.observations[0].quality == Quality.DEVICE_POOR | Quality.RETAINED


def test_plain_numbers_are_kept_like_the_same_numbers_one_by_one() -> None:
    values = {"heart_rate": 70.0, "spo2": 97.0}
    apart = tuple(Scalar(code, value, NOW_MS - 5, TimeQuality.DEVICE) for code, value in values.items())
    together = PlainNumbers(NOW_MS - 5, TimeQuality.DEVICE, values)
    kept_apart, kept_together = taken(lambda _: apart), taken(lambda _: together)
    assert kept_together.records == kept_apart.records
    assert kept_together.read() == [Reading("dev-1", "r-dev-1", NOW_MS, apart)]


def test_a_retained_copy_of_plain_numbers_is_flagged_too() -> None:
    frame = Frame(door=DoorKind.MQTT, route="t", payload=b"p", device_id="dev-1", received_at_ms=NOW_MS, retained=True)
    [reading] = taken(lambda _: PlainNumbers(NOW_MS, TimeQuality.DEVICE, {"heart_rate": 70.0}), frame).readings()
    assert [one.quality for one in reading.observations] == [Quality.RETAINED]


def _refusing(_: Frame) -> tuple[Observation, ...]:
    raise FieldError("values.hr", "x", "a number")


def _broken(_: Frame) -> tuple[Observation, ...]:
    raise ZeroDivisionError("oh")


def _wrong_numbers(_: Frame) -> PlainNumbers:
    return PlainNumbers(NOW_MS, TimeQuality.DEVICE, {"heart_rate": "72"})  # type: ignore[dict-item]


def _wrong_types(_: Frame) -> tuple[Observation, ...]:
    return (Scalar("heart_rate", "72", NOW_MS),)  # type: ignore[arg-type]


def _no_observations(_: Frame) -> tuple[Observation, ...]:
    return 5  # type: ignore[return-value]


def _huge(_: Frame) -> tuple[Observation, ...]:
    return (Event("sos", NOW_MS, attributes={"text": "x" * 9_000_000}),)


@pytest.mark.parametrize(
    ("decode", "reason"),
    [
        (_refusing, "values.hr: got 'x', expected a number"),
        (_broken, "codec open failed: ZeroDivisionError: oh"),
        (_wrong_types, "codec open failed: ValidationError"),
        (_wrong_numbers, "codec open failed: ValidationError"),
        (_no_observations, "codec open failed: TypeError"),
        (_huge, "observations: got"),
    ],
)
def test_what_cannot_be_decoded_is_kept_whole(
    decode: Callable[[Frame], Decoded], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL")
    [raw] = taken(decode).undecoded()
    assert raw.reason.startswith(reason)
    assert (raw.device_id, raw.resident_id, raw.route, raw.payload, raw.codec) == (
        "dev-1",
        "r-dev-1",
        "t",
        b"p",
        "open",
    )


def test_a_device_of_an_unknown_family_is_kept_whole() -> None:
    [raw] = taken(lambda _: (scalar(),), sender=device(codec="nobody")).undecoded()
    assert raw.reason == "codec: got 'nobody', expected the name of an installed codec"


def test_a_heartbeat_says_nothing_and_is_acknowledged() -> None:
    assert taken(lambda _: ()).read() == []


@pytest.mark.parametrize("error", [OSError("disk"), LogFullError("full")])
def test_only_a_failing_log_leaves_a_message_unacknowledged(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")

    async def run() -> None:
        log = MemoryLog()
        intake = made(lambda _: (scalar(),), log)
        log.failure = error
        with pytest.raises(type(error)):
            await kept(intake, FRAME, device())
        assert intake.pending_bytes == 0
        log.failure = None
        await kept(intake, FRAME, device())
        assert len(log.records) == 1
        assert intake.counters() == {
            "decoded": 2,
            "undecoded": 0,
            "silent": 0,
            "announced": 0,
            "announcements_refused": 0,
            "announcements_forgotten": 0,
            "announcements_unwritten": 0,
            "repeats": 0,
            "over_limit": 0,
            "salvaged": 0,
            "refused_calls": 0,
            "refused_unseen": 0,
            "of_former": 0,
            "of_nobody": 0,
            "heard_let_go": 0,
            "log_failures": 1,
            "dropped": 0,
        }

    asyncio.run(run())


def test_frames_that_come_together_share_an_append_and_keep_their_order() -> None:
    async def run() -> None:
        log = MemoryLog()
        told: list[int] = []
        intake = made(lambda f: (scalar(value=float(f.payload)),) if f.payload != b"0" else (), log)
        log.hold()
        for i in range(100):
            frame = Frame(
                door=DoorKind.MQTT, route="t", payload=str(i % 10).encode(), device_id="dev-1", received_at_ms=NOW_MS
            )
            intake.offer(frame, device(), lambda token, _: told.append(token), i)
        await asyncio.sleep(0)
        assert told == []
        log.let_go()
        await intake.aclose()
        assert told == list(range(100))
        assert log.batches == 1
        values = [o.value for r in log.readings() for o in r.observations if isinstance(o, Scalar)]
        assert values == [float(i % 10) for i in range(100) if i % 10]

    asyncio.run(run())


def test_a_connection_event_is_owed_until_the_log_takes_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")

    async def run() -> None:
        log = MemoryLog()
        intake = made(lambda _: (scalar(),), log)
        log.failure = OSError("disk")
        intake.report_connection(device(), "off", "vanished")
        await intake.aclose()
        log.failure = None
        await kept(intake, FRAME, device())
        assert log.connections() == [("off", "vanished")]
        assert len(log.records) == 2

    asyncio.run(run())


def test_a_stranger_is_kept_with_the_reason() -> None:
    async def run() -> None:
        log = MemoryLog()
        intake = made(lambda _: (scalar(),), log)
        intake.keep_undecoded(FRAME, "who is this?", lambda *_: None)
        await intake.aclose()
        assert log.read() == [Undecoded("dev-1", "", NOW_MS, "t", b"p", "", "who is this?")]

    asyncio.run(run())


def test_every_codecs_examples_pass_through() -> None:
    async def run() -> None:
        codecs = discover()
        for known in codecs.values():
            for example in known.examples:
                log = MemoryLog()
                intake = Intake(codecs, log, ManualClock(NOW_MS))  # of its own: one fall is told in many of them
                await kept(intake, example.frame(), device(example.device_id, codec=known.name))
                assert bool(log.records) == (example.observations != ())

    asyncio.run(run())


def test_a_bunch_from_a_device_without_a_clock_keeps_its_order_and_its_numbers() -> None:
    def decode(frame: Frame) -> tuple[Observation, ...]:
        return (Scalar("glucose", float(frame.payload), frame.received_at_ms, time_quality=TimeQuality.RECEIVED),)

    async def run() -> MemoryLog:
        log = MemoryLog()
        intake = made(decode, log)
        for payload in (b"6.1", b"6.2", b"6.3"):
            intake.offer(msgspec.structs.replace(FRAME, payload=payload), device(), lambda *_: None)
        await intake.aclose()
        return log

    seen = [r.observations[0] for r in asyncio.run(run()).readings()]
    assert [(s.value, s.observed_at_ms - NOW_MS) for s in seen if isinstance(s, Scalar)] == [
        (6.1, 0),
        (6.2, 1),
        (6.3, 2),
    ]
