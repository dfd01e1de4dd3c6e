"""HL7 v2 over MLLP: frames, segments, and the acknowledgement."""

from __future__ import annotations

from typing import NamedTuple

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.identity import checked_id
from gateway.door_specs import Credentials, Disposition

BEGIN, END = b"\x0b", b"\x1c\r"
MAX_PACKET_BYTES = 262_144
_SHOWN_BYTES = 60
_MOST_SEGMENTS = 2_000
_MOST_REASON_CHARS = 200


class Segment(NamedTuple):
    """One segment; its fields are numbered as in the standard."""

    name: str
    fields: tuple[str, ...]
    component: str

    def field(self, number: int) -> str:
        """Return a whole field; empty where there is none."""
        return self.fields[number] if number < len(self.fields) else ""

    def parts(self, number: int, *, least: int = 3) -> list[str]:
        """Return a field's components, so many at least."""
        found = self.field(number).split(self.component)
        return found + [""] * (least - len(found))


def packet_bytes(buffer: bytes) -> int:
    """Return the length of the first frame; 0 until its end has come."""
    if buffer and not buffer.startswith(BEGIN):
        raise DecodeError("packet", buffer[:_SHOWN_BYTES], "0b, a message, 1c 0d")
    end = buffer.find(END)
    again = buffer.find(BEGIN, 1)
    if 0 < again < end or (end < 0 < again):
        raise DecodeError("packet", buffer[:_SHOWN_BYTES], "1c 0d before the next message begins")
    return end + len(END) if end > 0 else 0


def segments(raw: bytes) -> list[Segment]:
    """Return a message's segments, the header first; ends of lines of any kind part them.

    Raises
    ------
    DecodeError
        For what does not begin with a header.
    """
    text = raw.removeprefix(BEGIN).removesuffix(END).decode("utf-8", "replace")
    lines = [line for line in text.replace("\n", "\r").split("\r") if line.strip()]
    if not lines or not lines[0].startswith("MSH") or len(lines[0]) < 8:  # noqa: PLR2004 - MSH and its delimiters
        raise DecodeError("message", raw[:_SHOWN_BYTES], "a header: MSH|^~\\&|")
    if len(lines) > _MOST_SEGMENTS:
        raise DecodeError("message", f"{len(lines)} segments", f"at most {_MOST_SEGMENTS}")
    parting, component = lines[0][3], lines[0][4]
    found = [Segment(line[:3], tuple(line.split(parting)), component) for line in lines]
    header = found[0]
    return [header._replace(fields=("MSH", parting, *header.fields[1:])), *found[1:]]


def credentials(raw: bytes) -> Credentials:
    """Return the sender that the header names: its universal identity (EUI-64), else its name.

    Raises
    ------
    DecodeError
        Where it names none, or one that cannot be a device's identity.
    """
    name, universal, _ = segments(raw)[0].parts(3)[:3]
    try:
        return Credentials(device_id=checked_id(universal.strip() or name.strip(), field="MSH-3"))
    except FieldError as error:
        raise DecodeError("MSH-3", universal or name, error.expected) from None


def acknowledgement(raw: bytes, disposition: Disposition, refusal: str) -> bytes:
    """Return AA for what is on disk and can be read, AE for what cannot, or could not be kept; AR for a stranger's."""
    try:
        header = segments(raw)[0]
    except DecodeError:  # nobody to answer stands in it
        return b""
    says = {
        Disposition.ACCEPTED: ("AE" if refusal else "AA", refusal),
        Disposition.RELEASED: ("AE", "the message could not be kept: send it again"),
        Disposition.REJECTED: ("AR", "the sender (MSH-3) is not a registered device of this family"),
    }
    code, reason = says[disposition]
    parting, component = header.field(1), header.component
    reason = "".join(c if c.isprintable() and c not in parting + header.field(2) else " " for c in reason)
    control, event = header.field(10), header.parts(9)[1]
    kind = component.join(["ACK", event, "ACK"]) if event else "ACK"
    own = header.field(2), header.field(5), header.field(6), header.field(3), header.field(4), header.field(7)
    msh = ["MSH", *own, "", kind, f"A{control}"[:199], header.field(11) or "P", header.field(12) or "2.6"]
    msh += ["", "", "", "", "", "UNICODE UTF-8"]
    msa = ["MSA", code, control, *([reason[:_MOST_REASON_CHARS]] if reason else [])]
    text = parting.join(msh) + "\r" + parting.join(msa) + "\r"
    return BEGIN + text.encode("utf-8", "replace") + END
