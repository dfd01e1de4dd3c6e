"""Which records share an entry: never those that may be parted."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from anhu.contract.observation import Event, TimeQuality
from anhu.contract.record import LogRecord, Numbers, Reading, Undecoded, bundled, decode_entry, encode_record
from anhu.log.bundles import entries_of
from anhu.log.partition import partition_of
from anhu.log.port import Keyed
from tests.anhu.log.logs import NOW_MS

people = st.integers(0, 30).map(lambda n: (f"c-{n % 7}", f"w-{n}"))
kinds = st.sampled_from(["numbers", "numbers", "numbers", "event", "raw"])


def record_of(device_id: str, n: int, kind: str) -> LogRecord:
    if kind == "numbers":
        return Numbers(device_id, "r", NOW_MS + n, NOW_MS, TimeQuality.DEVICE, {"heart_rate": float(n)})
    if kind == "event":
        return Reading(device_id, "r", NOW_MS + n, (Event("sos", NOW_MS),))
    return Undecoded(device_id, "r", NOW_MS + n, "t", b"?", "open_json", "no")


@given(st.lists(st.tuples(people, kinds), max_size=80), st.sampled_from([1, 2, 4, 16]))
def test_an_entry_never_mixes_keys_that_are_parted(
    sent: Sequence[tuple[tuple[str, str], str]], partitions: int
) -> None:
    keyed: list[Keyed] = [
        (key, encode_record(record_of(device_id, n, kind))) for n, ((key, device_id), kind) in enumerate(sent)
    ]
    part_of = {device_id: partition_of(key, partitions) for (key, device_id), _ in sent}
    read: dict[int, list[int]] = {}
    for key, entry in entries_of(keyed, partitions):
        for one in decode_entry(entry):
            assert part_of[one.device_id] == partition_of(key, partitions)
            read.setdefault(part_of[one.device_id], []).append(one.received_at_ms - NOW_MS)
    for partition, order in read.items():
        assert order == [n for n, ((key, _), _) in enumerate(sent) if partition_of(key, partitions) == partition]
    assert sum(map(len, read.values())) == len(sent)


def test_where_there_is_one_partition_all_keys_share_their_entries() -> None:
    records = [encode_record(record_of(f"w-{n}", n, "numbers")) for n in range(40)]
    assert entries_of([(f"c-{n}", record) for n, record in enumerate(records)], 1) == [("c-0", bundled(records)[0])]
