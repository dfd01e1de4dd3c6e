"""What units in the field get wrong over TCP, and what must come of it all the same."""

from __future__ import annotations

import msgspec
import pytest

from anhu.contract.errors import FieldError
from anhu.contract.observation import Event, Observation, one_by_one
from gateway.codec import Codec, Frame
from gateway.codecs import jtt808, setracker
from gateway.codecs.jtt808.framing import Message, made, opened
from gateway.door_specs import Disposition, DoorKind
from gateway.doors.tcp.cutting import Cutter, families

NOW_MS = 1_795_300_000_000
ALARM = "AL,211126,222640,{where},0.00,0.0,0.0,0,60,46,206,0,{status},1,0,262,2,45192,1,1,{ssid},0:0:0:0:0:0,-60"


def alarm(*, where: str = "V,,,,", status: str = "00010000", ssid: str = "home", length: int | None = None) -> bytes:
    content = ALARM.format(where=where, status=status, ssid=ssid)
    return f"[3G*8904355190*{len(content.encode()) if length is None else length:04X}*{content}]".encode()


def decoded(codec: Codec, payload: bytes) -> tuple[Observation, ...]:
    frame = Frame(door=DoorKind.TCP, route="", payload=payload, device_id="dev-1", received_at_ms=NOW_MS)
    return one_by_one(codec.decode(frame))


def kinds(codec: Codec, payload: bytes) -> list[str]:
    return [one.quantity for one in decoded(codec, payload)]


def cut(codec: Codec, *pieces: bytes) -> list[bytes]:
    """Return the packets that a connection's pieces hold."""
    cutter, found = Cutter(families([codec])), []
    for piece in pieces:
        cutter.feed(piece)
        while packet := cutter.next():
            found.append(packet)
    return found


@pytest.mark.parametrize("length", [0, 1, 5, 200, 65_535])
def test_a_wrong_count_costs_no_alarm_and_not_the_next_packet_either(length: int) -> None:
    wrong, right = alarm(length=length), b"[3G*8904355190*0002*LK]"
    assert cut(setracker.CODEC, wrong, right, wrong + right) == [wrong, right, wrong, right]
    assert "sos" in kinds(setracker.CODEC, wrong)


def test_a_network_whose_name_holds_brackets_is_part_of_its_packet() -> None:
    packet = alarm(ssid="net[5] *guest*")
    assert cut(setracker.CODEC, packet + packet) == [packet, packet]
    assert "sos" in kinds(setracker.CODEC, packet)


def test_a_voice_message_may_hold_any_byte() -> None:
    sound = b"TK,#!AMR\n" + bytes(range(256))
    packet = b"[3G*8904355190*%04X*%b]" % (len(sound), sound)
    assert cut(setracker.CODEC, packet[:100], packet[100:] + alarm()) == [packet, alarm()]
    assert kinds(setracker.CODEC, packet) == ["unknown_vendor_event"]


@pytest.mark.parametrize("status", ["00010000", "0010000", "10000", "00010009"])
def test_an_sos_bit_is_found_however_many_digits_the_status_has(status: str) -> None:
    found = kinds(setracker.CODEC, alarm(status=status))
    assert ("sos" in found) == (int(status, 16) >> 16 & 1 == 1)


@pytest.mark.parametrize("status", ["", "xyz", "00000000", "80000000"])
def test_an_alarm_that_says_nothing_known_is_urgent(status: str) -> None:
    [unknown] = [one for one in decoded(setracker.CODEC, alarm(status=status)) if isinstance(one, Event)]
    assert unknown.kind == "unknown_vendor_event"
    assert unknown.attributes["urgent"] is True


def test_an_alarm_that_is_cut_short_is_one_all_the_same() -> None:
    packet = b"[3G*8904355190*0019*AL,211126,222640,A,36.5,N]"
    [unknown] = decoded(setracker.CODEC, packet)
    assert isinstance(unknown, Event)
    assert unknown.attributes["urgent"] is True


@pytest.mark.parametrize("kind", ["AL", "AL_LTE", "AL_WCDMA", "AL2"])
def test_every_alarm_is_answered_once_it_is_kept_and_not_before(kind: str) -> None:
    assert setracker.CODEC.tcp is not None
    reply = setracker.CODEC.tcp.reply
    packet = alarm().replace(b"*AL,", f"*{kind},".encode())
    assert reply(packet, Disposition.ACCEPTED) == b"[3G*8904355190*0002*AL]"
    assert reply(packet, Disposition.RELEASED) == reply(packet, Disposition.REJECTED) == b""


def test_an_answer_repeats_the_index() -> None:
    assert setracker.CODEC.tcp is not None
    answer = setracker.CODEC.tcp.reply(b"[ZJ*014111001332708*0075*0002*LK]", Disposition.ACCEPTED)
    assert answer == b"[ZJ*014111001332708*0075*0002*LK]"


def test_an_answer_to_a_command_is_not_answered() -> None:
    assert setracker.CODEC.tcp is not None
    assert setracker.CODEC.tcp.reply(b"[3G*8904355190*0002*CR]", Disposition.ACCEPTED) == b""
    assert decoded(setracker.CODEC, b"[3G*8904355190*0002*CR]") == ()


def sos(serial: int = 1, *, more: bytes = b"") -> bytes:
    body = (1).to_bytes(4, "big") + bytes(18) + bytes.fromhex("261122062640") + more
    return made(0x0200, Message(0, 0, b"", bytes.fromhex("013800138000"), serial, 1, 1, b""), body)


def test_a_lost_mark_costs_one_message_and_not_all_that_follow() -> None:
    one, two, three = sos(1), sos(2), sos(3)
    found = cut(jtt808.CODEC, one[:-1] + two + three)  # the first has lost its end
    assert found[-1] == three
    found = cut(jtt808.CODEC, one + two[1:] + three + one)  # the second has lost its beginning
    assert found == [one, three, one]


@pytest.mark.parametrize("more", ["01", "0104", "010400", "ebff00", "300163310100", "e1"])
def test_an_item_behind_the_position_that_is_cut_short_costs_no_alarm(more: str) -> None:
    assert kinds(jtt808.CODEC, sos(more=bytes.fromhex(more))) == ["sos"]


@pytest.mark.parametrize("at", range(1, 20))
def test_one_wrong_bit_in_a_message_is_noticed_so_that_it_is_sent_again(at: int) -> None:
    raw = bytearray(sos())
    raw[at] ^= 0x01
    with pytest.raises(FieldError):
        decoded(jtt808.CODEC, bytes(raw))
    assert jtt808.CODEC.tcp is not None
    assert jtt808.CODEC.tcp.reply(bytes(raw), Disposition.ACCEPTED) == b""


def test_an_encrypted_message_is_refused_and_kept_raw_not_misread() -> None:
    message = opened(sos())
    body = message.body
    plain = b"\x02\x00" + (len(body) | 1 << 10).to_bytes(2, "big") + message.phone + b"\0\1" + body
    check = 0
    for byte in plain:
        check ^= byte
    with pytest.raises(FieldError, match="encryption"):
        decoded(jtt808.CODEC, b"\x7e" + plain + bytes([check]) + b"\x7e")


def test_headers_of_all_years_name_the_same_device() -> None:
    assert jtt808.CODEC.tcp is not None
    old = sos()
    like = Message(0, 1 << 14, b"\1", bytes.fromhex("00000000013800138000"), 1, 1, 1, b"")
    new = made(0x0002, like, b"")
    names = [jtt808.CODEC.tcp.credentials(one) for one in (old, new)]
    assert [one.device_id for one in names if one] == ["13800138000"] * 2
    answered = opened(jtt808.CODEC.tcp.reply(new, Disposition.ACCEPTED))
    assert (answered.kind, answered.phone, answered.version) == (0x8001, like.phone, b"\1")


def test_a_registration_is_given_the_code_to_log_in_with() -> None:
    assert jtt808.CODEC.tcp is not None
    like = Message(0, 0, b"", bytes.fromhex("013800138000"), 9, 1, 1, b"")
    asked = made(0x0100, like, bytes(37))
    yes, no = (opened(jtt808.CODEC.tcp.reply(asked, one)) for one in (Disposition.ACCEPTED, Disposition.REJECTED))
    assert (yes.kind, yes.body) == (0x8100, b"\0\x09\0anhu")
    assert (no.kind, no.body) == (0x8100, b"\0\x09\4")


def test_the_same_message_through_a_retained_copy_is_no_news() -> None:
    frame = Frame(door=DoorKind.TCP, route="", payload=sos(), device_id="d", received_at_ms=NOW_MS)
    retained = msgspec.structs.replace(frame, retained=True)
    assert all(one.quality for one in one_by_one(jtt808.decode(retained)))
