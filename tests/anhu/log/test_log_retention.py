"""What goes first when the log is old or full: never an unread event."""

from __future__ import annotations

from pathlib import Path

from anhu.contract.clock import DAY_MS, ManualClock
from anhu.contract.observation import Event, Scalar
from anhu.contract.record import Undecoded, bundled, encode_record
from anhu.log.embedded.retention import holds_event
from anhu.log.embedded.segments import segments
from tests.anhu.log.logs import NOW_MS, RECORD, append, everything, reading, reading_of, run, writing


def test_age_drops_only_what_everybody_has_read(tmp_path: Path) -> None:
    clock = ManualClock(NOW_MS)

    async def test() -> None:
        async with writing(tmp_path, segment_bytes=300, max_age_s=86_400, clock=clock) as writer:
            with reading(tmp_path) as reader, reading(tmp_path, "alerts") as slow:
                for _ in range(9):
                    await append(writer, RECORD)
                clock.forward(2 * DAY_MS)
                reader.commit(900)
                await append(writer, RECORD)
                assert [s.base for s in segments(tmp_path)] == [0, 300, 600, 900]
                slow.commit(600)
                clock.forward(DAY_MS)
                await append(writer, RECORD)
                assert [s.base for s in segments(tmp_path)] == [600, 900, 1000]
                assert len(everything(slow)) == 5

    run(test)


def test_a_bundle_of_numbers_may_go_unread_and_what_nobody_can_read_may_not() -> None:
    number = reading_of(Scalar("heart_rate", 70.0, NOW_MS))
    (bundle,) = bundled([number] * 5)
    assert not holds_event(bundle)
    assert holds_event(reading_of(Event("fall", NOW_MS)))
    assert holds_event(b"\xc1")


def test_bytes_drop_read_segments_first_then_unread_numbers_never_events(tmp_path: Path) -> None:
    number = reading_of(Scalar("heart_rate", 70.0, NOW_MS))
    event = reading_of(Scalar("heart_rate", 70.0, NOW_MS), Event("fall", NOW_MS))
    raw = encode_record(Undecoded("dev", "r-1", NOW_MS, "t", b"?", "open_json", "payload: ..."))

    async def test() -> None:
        async with writing(tmp_path, segment_bytes=2_000, max_bytes=20_000) as writer:
            with reading(tmp_path) as reader, reading(tmp_path, "alerts") as alerts:
                for _ in range(100):
                    await append(writer, number)
                reader.commit(writer.end)
                alerts.commit(writer.end)
                read_to = writer.end
                kept = []
                for i in range(600):
                    await append(writer, record := (event if i % 40 == 0 else raw if i % 40 == 1 else number))
                    kept += [record] * (record is not number)
                assert segments(tmp_path)[0].base >= read_to - 2_000
                assert writer.stored_bytes <= 20_000
                assert writer.dropped_unread > 0
                got = everything(alerts)
                assert [r for r in got if r != number] == kept
                assert len(got) + writer.dropped_unread == 600

    run(test)
