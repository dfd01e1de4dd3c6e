"""What was written when every message came over MQTT is read as what it was: entries of the LOG, dead letters."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec

from anhu.contract.clock import ManualClock
from anhu.contract.record import Undecoded, decode_entry, encode_record
from ingest.deadletters import DeadLetters
from ingest.letter import DeadLetter, Stage, undecoded_letter

NOW_MS = 1_795_400_000_000
OLD_ENTRY = msgspec.msgpack.encode([1, "dev-1", "r-1", NOW_MS, "a/b", b"{", "open_json", "payload: no"])
OLD_TABLE = """
CREATE TABLE letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cause BLOB NOT NULL UNIQUE,
    stage TEXT NOT NULL,
    device_id TEXT NOT NULL,
    resident_id TEXT NOT NULL,
    received_at_ms INTEGER NOT NULL,
    topic TEXT NOT NULL,
    codec TEXT NOT NULL,
    reason TEXT NOT NULL,
    payload BLOB NOT NULL,
    kept_at_ms INTEGER NOT NULL,
    replayed_at_ms INTEGER
);
CREATE INDEX letter_device ON letter (device_id, id);
CREATE INDEX letter_order ON letter (replayed_at_ms IS NULL, id, length(payload));
"""
UNDECODED = Undecoded("dev-1", "r-1", NOW_MS, "a/b", b"{", "open_json", "payload: no", "mqtt", retained=False)


class _SevenFields(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """The record as it was before it said which door."""

    device_id: str
    resident_id: str
    received_at_ms: int
    topic: str
    payload: bytes
    codec: str
    reason: str


def an_old_file(path: Path) -> DeadLetter:
    """Write a file as it was, with a letter of each of two stages; return the undecoded one."""
    letter = undecoded_letter(UNDECODED)
    with sqlite3.connect(path) as connection:
        connection.executescript(OLD_TABLE)
        for cause, stage, topic in ((letter.cause, "decode", "a/b"), (b"2", "store", "")):
            connection.execute(
                "INSERT INTO letter (cause, stage, device_id, resident_id, received_at_ms, topic, codec, reason, "
                "payload, kept_at_ms) VALUES (?, ?, 'dev-1', 'r-1', ?, ?, 'open_json', 'payload: no', ?, ?)",
                (cause, stage, NOW_MS, topic, b"{", NOW_MS),
            )
    connection.close()
    return letter


def test_an_entry_without_a_door_came_over_mqtt() -> None:
    assert list(decode_entry(OLD_ENTRY)) == [UNDECODED]


def test_who_knows_no_doors_still_reads_what_is_written_now() -> None:
    raw = encode_record(msgspec.structs.replace(UNDECODED, door="tcp", retained=True))
    old = msgspec.msgpack.decode(raw, type=_SevenFields)
    assert (old.topic, old.payload, old.reason) == ("a/b", b"{", "payload: no")


def test_a_file_from_the_time_of_one_door_is_brought_up_to_date_once(tmp_path: Path) -> None:
    path = tmp_path / "letters.sqlite3"
    expected = an_old_file(path)
    for _ in range(2):
        letters = DeadLetters(path, ManualClock(NOW_MS))
        store, undecoded = letters.page()
        assert (undecoded.stage, undecoded.door, undecoded.route) == (Stage.DECODE, "mqtt", "a/b")
        assert (undecoded.payload, undecoded.retained, undecoded.codec) == (b"{", False, "open_json")
        assert (store.stage, store.door, store.route) == (Stage.STORE, "", "")
        letters.put([expected])
        assert letters.count() == 2, "the same cause is the same letter, in whichever form it was kept"
        letters.close()


def test_a_letter_says_by_which_door_and_route_it_came(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path / "letters.sqlite3", ManualClock(NOW_MS))
    letters.put([undecoded_letter(Undecoded("d", "", NOW_MS, "/push/x", b"?", "c", "no", "http", retained=True))])
    [kept] = letters.page()
    assert (kept.door, kept.route, kept.retained) == ("http", "/push/x", True)
    letters.close()
