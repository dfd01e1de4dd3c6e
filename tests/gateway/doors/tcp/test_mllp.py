"""HL7 kiosks at the real door: who is acknowledged how, and whose a measurement is."""

from __future__ import annotations

from dataclasses import replace

from gateway.codecs.hl7_pcd01 import CODEC
from gateway.codecs.hl7_pcd01.framing import BEGIN, END
from gateway.directory import Owner
from gateway.sources import NO_SLOT
from tests.gateway.doors.mqtt.doors import device
from tests.gateway.doors.tcp.tcp_rig import Rig, behind

KIOSK = "KIOSK-7"
HEADER = "MSH|^~\\&|KIOSK-7|HALL|ANHU|HOME|20261122062640+0800||ORU^R01^ORU_R01|{id}|P|2.6"


def message(*lines: str, control: str = "77") -> bytes:
    return BEGIN + "".join(f"{line}\r" for line in (HEADER.format(id=control), *lines)).encode() + END


def measured(user: str) -> bytes:
    return message(f"PID|||{user}", "OBR|1", "OBX|1|NM|8867-4^Heart rate^LN||72|/min|||||F|||20261122062640+0800")


async def answer(rig: Rig, sent: bytes) -> list[list[str]]:
    reader, _ = await rig.call(sent)
    heard = await reader.readuntil(END)
    assert heard.startswith(BEGIN)
    return [line.split("|") for line in heard[1 : -len(END)].decode().split("\r") if line]


def test_what_is_on_disk_is_accepted_and_both_ends_change_places() -> None:
    async def work(rig: Rig) -> None:
        msh, msa = await answer(rig, measured("U-17"))
        assert msa == ["MSA", "AA", "77"]
        assert msh[2:6] == ["ANHU", "HOME", "KIOSK-7", "HALL"]
        assert (msh[8], msh[11]) == ("ACK^R01^ACK", "2.6")

    behind(work, device(KIOSK, codec="hl7_pcd01"))


def test_what_cannot_be_read_is_kept_and_its_sender_is_told_what_is_wrong() -> None:
    async def work(rig: Rig) -> None:
        _, msa = await answer(rig, message("PID|1").replace(b"ORU^R01^ORU_R01", b"ADT^A01"))
        assert msa[:3] == ["MSA", "AE", "77"]
        assert "MSH-9" in msa[3]
        [kept] = rig.log.undecoded()
        assert b"ADT" in kept.payload

    behind(work, device(KIOSK, codec="hl7_pcd01"))


def test_a_stranger_is_rejected() -> None:
    async def work(rig: Rig) -> None:
        _, msa = await answer(rig, measured("U-17"))
        assert msa[:3] == ["MSA", "AR", "77"]
        assert rig.log.records == []

    behind(work, has_room=False)


def test_a_kiosks_measurement_is_of_the_user_it_names_and_never_of_the_kiosks_own_resident() -> None:
    known = {"user-U-17": Owner("wang", "r-wang", "c-wang")}
    kiosk = replace(device(KIOSK, codec="hl7_pcd01"), children=known)
    assert kiosk.resident_id

    async def work(rig: Rig) -> None:
        for user in ("U-17", "U-18", ""):
            _, msa = await answer(rig, measured(user))
            assert msa[1] == "AA"
        assert [one.resident_id for one in rig.log.readings()] == ["r-wang", "", ""]
        assert [one.device_id for one in rig.log.readings()] == ["wang", KIOSK, KIOSK]
        assert [one.observations[0].source for one in rig.log.readings()] == ["", "user-U-18", NO_SLOT]

    behind(work, kiosk)


def test_a_national_identity_number_goes_no_further_than_the_door() -> None:
    number = b"11010519491231002X"

    async def work(rig: Rig) -> None:
        await answer(rig, measured(number.decode()))
        assert all(number not in record for record in rig.log.records)

    behind(work, device(KIOSK, codec="hl7_pcd01"))


def test_a_message_that_does_not_end_does_not_swallow_the_next() -> None:
    async def work(rig: Rig) -> None:
        _, msa = await answer(rig, measured("U-17") + measured("U-18")[:-2])
        assert msa[1] == "AA"
        assert CODEC.tcp is not None
        _, msa = await answer(rig, measured("U-17")[:-2] + measured("U-19"))
        assert msa[:3] == ["MSA", "AA", "77"]
        assert rig.log.readings()[-1].observations[0].source == "user-U-19"

    behind(work, device(KIOSK, codec="hl7_pcd01"))
