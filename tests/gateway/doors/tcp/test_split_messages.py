"""Messages of JT/T 808 in parts: each is on disk before it is answered, and what they say together is read."""

from __future__ import annotations

from anhu.contract.observation import Event
from gateway.codecs.jtt808 import CODEC
from gateway.codecs.jtt808.framing import Message, made, opened
from gateway.door_specs import Disposition
from tests.gateway.doors.mqtt.doors import device
from tests.gateway.doors.tcp.tcp_rig import QUICK, Rig, behind, heard

PHONE = "13800138000"
POSITION = next(one for one in CODEC.examples if one.name == "positions that were kept: history")


def parts(count: int, *, serial: int = 100) -> list[bytes]:
    """Cut a batch of positions into parts, as a terminal does that may send short frames only."""
    whole = opened(POSITION.payload)
    size = -(-len(whole.body) // count)
    bodies = [whole.body[at : at + size] for at in range(0, len(whole.body), size)]
    found = []
    for number, body in enumerate(bodies, 1):
        like = Message(whole.kind, 0, b"", whole.phone, serial + number - 1, number, count, b"")
        found.append(made(whole.kind, like, body, part=count.to_bytes(2, "big") + number.to_bytes(2, "big")))
    return found


def yes(packet: bytes) -> bytes:
    assert CODEC.tcp is not None
    return CODEC.tcp.reply(packet, Disposition.ACCEPTED)


def positions(rig: Rig) -> list[int]:
    found = [one for reading in rig.log.readings() for one in reading.observations if isinstance(one, Event)]
    return [one.observed_at_ms for one in found if one.kind == "position"]


def test_parts_are_answered_one_by_one_and_read_together() -> None:
    async def work(rig: Rig) -> None:
        first, second, third = parts(3)
        reader, writer = await rig.call(first)
        await heard(reader, yes(first))
        [kept] = rig.log.undecoded()
        assert (kept.payload, kept.reason) == (first, "part 1 of 3 of a message: kept until all have come")
        writer.write(third + second)  # in whatever order
        await heard(reader, yes(third), yes(second))
        assert positions(rig) == [one.observed_at_ms for one in POSITION.observations or ()]
        assert rig.counts["parts"] == 3
        assert rig.counts["parts_given_up"] == 0

    behind(work, device(PHONE, codec="jtt808"))


def test_a_message_whose_parts_never_all_come_is_told() -> None:
    async def work(rig: Rig) -> None:
        reader, writer = await rig.call(parts(3)[0])
        await heard(reader, yes(parts(3)[0]))
        writer.close()
        await rig.until(lambda: rig.counts["connected"] == 0)
        assert rig.counts["parts_given_up"] == 1
        await rig.door._notes.write()
        assert rig.notes.of(PHONE)[0][0] == "parts"

    behind(work, device(PHONE, codec="jtt808"))


def test_parts_without_end_do_not_fill_the_memory() -> None:
    async def work(rig: Rig) -> None:
        sent = [parts(3, serial=10 * n)[0] for n in range(1, 40)]
        reader, _ = await rig.call(b"".join(sent))
        await heard(reader, *map(yes, sent))
        assert rig.counts["parts_given_up"] >= 30

    behind(work, device(PHONE, codec="jtt808"), settings=QUICK)
