"""Every family that speaks over TCP, at the real door: however the network cuts its packets."""

from __future__ import annotations

import asyncio

import pytest

from anhu.contract.record import Reading
from gateway.codec import Codec, Example
from gateway.door_specs import Disposition, DoorKind, TcpSpec
from tests.gateway.doors import toy_tcp
from tests.gateway.doors.mqtt.doors import device
from tests.gateway.doors.tcp.tcp_rig import CODECS, Rig, behind

FAMILIES = [pytest.param(one, one.tcp, id=name) for name, one in sorted(CODECS.items()) if one.tcp is not None]


def good(codec: Codec) -> list[Example]:
    return [one for one in codec.examples if one.door is DoorKind.TCP and one.error is None]


def conversations(codec: Codec) -> dict[str, list[Example]]:
    """Return the examples by the device that they are of, the log-in first where the family has one."""
    found: dict[str, list[Example]] = {}
    for one in good(codec):
        found.setdefault(one.device_id, []).append(one)
    return found


def entry(codec: Codec, device_id: str) -> object:
    return device(device_id, secret=toy_tcp.SECRET, codec=codec.name)


def said(rig: Rig) -> list[tuple[str, str]]:
    found = [one for one in rig.log.read() if isinstance(one, Reading)]
    return [
        (seen.quantity, getattr(seen, "state", ""))
        for one in found
        for seen in one.observations
        if seen.quantity != "connection"
    ]


def expected(examples: list[Example]) -> list[tuple[str, str]]:
    return [(seen.quantity, getattr(seen, "state", "")) for one in examples for seen in one.observations or ()]


CUTS = {
    "byte by byte": lambda stream: [stream[at : at + 1] for at in range(len(stream))],
    "in one segment": lambda stream: [stream],
    "in halves": lambda stream: [stream[: len(stream) // 2], stream[len(stream) // 2 :]],
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(("codec", "spec"), FAMILIES)
def test_packets_are_found_kept_and_answered_however_they_come(codec: Codec, spec: TcpSpec, cut: str) -> None:
    talks = conversations(codec)

    async def work(rig: Rig) -> None:
        for talk in talks.values():
            answers = b"".join(spec.reply(one.payload, Disposition.ACCEPTED) for one in talk)
            before = len(said(rig))
            reader, writer = await rig.call(*CUTS[cut](b"".join(one.payload for one in talk)))
            heard = await asyncio.wait_for(reader.readexactly(len(answers)), 10)
            assert heard == answers
            await rig.until(lambda n=before, t=talk: len(said(rig)) >= n + len(expected(t)))  # type: ignore[misc]
            assert sorted(said(rig)[before:]) == sorted(expected(talk))
            writer.close()
        assert rig.counts["garbage_bytes"] == rig.counts["malformed"] == rig.counts["broken_packets"] == 0

    behind(work, *(entry(codec, one) for one in talks))  # type: ignore[arg-type]


@pytest.mark.parametrize(("codec", "spec"), [one for one in FAMILIES if one.values[1].resynchronises])  # type: ignore[union-attr]
def test_garbage_between_packets_is_passed_over_and_told(codec: Codec, spec: TcpSpec) -> None:
    who, talk = next(iter(conversations(codec).items()))
    packet = talk[0].payload

    async def work(rig: Rig) -> None:
        answer = spec.reply(packet, Disposition.ACCEPTED)
        reader, _ = await rig.call(packet, b"+CSQ: 17,99\r\n", packet, b"\r\n\0", packet)
        assert await asyncio.wait_for(reader.readexactly(3 * len(answer)), 5) == 3 * answer
        assert rig.counts["garbage_bytes"] == len(b"+CSQ: 17,99")
        await rig.door._notes.write()
        [(kind, times, last)] = rig.notes.of(who)
        assert (kind, times) == ("garbage", 1)
        assert "11 bytes" in last

    behind(work, entry(codec, who))  # type: ignore[arg-type]


@pytest.mark.parametrize(("codec", "spec"), FAMILIES)
def test_an_answer_waits_for_the_disk_and_what_is_not_kept_is_not_answered_as_kept(codec: Codec, spec: TcpSpec) -> None:
    who, talk = next(iter(conversations(codec).items()))
    packet = talk[0].payload
    kept, lost = spec.reply(packet, Disposition.ACCEPTED), spec.reply(packet, Disposition.RELEASED)
    assert kept, "the first example of a family is one that is answered"

    async def work(rig: Rig) -> None:
        rig.log.hold()
        reader, _ = await rig.call(packet)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.1)
        rig.log.failure = OSError("disk")
        rig.log.let_go()
        # a packet that says nothing needs no disk: it is answered whatever the LOG says
        silent = not talk[0].observations and codec.name != "toy_tcp"
        heard = await asyncio.wait_for(reader.read(len(kept) if silent else -1), 5)
        assert heard == (kept if silent else lost) or heard == kept == lost

    behind(work, entry(codec, who))  # type: ignore[arg-type]


@pytest.mark.parametrize(("codec", "spec"), FAMILIES)
def test_a_registered_device_of_another_family_is_refused(codec: Codec, spec: TcpSpec) -> None:
    who, talk = next(iter(conversations(codec).items()))

    async def work(rig: Rig) -> None:
        reader, _ = await rig.call(talk[0].payload)
        refused = spec.reply(talk[0].payload, Disposition.REJECTED)
        assert await asyncio.wait_for(reader.read(), 5) == refused
        assert rig.log.records == []
        await rig.door._notes.write()
        assert rig.notes.of(who)[0][0] == "protocol"
        assert "registered as open_json" in rig.notes.of(who)[0][2]

    behind(work, device(who, codec="open_json"))
