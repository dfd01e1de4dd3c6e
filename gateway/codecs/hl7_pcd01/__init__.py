"""Kiosks and spot-check monitors that send HL7 v2 (IHE PCD-01, ORU^R01) over MLLP; Mindray's codes are known.

The sender (MSH-3) is the registered device. A kiosk is shared: what it measures is of the user that PID-3 names, who
goes by ``user-…`` as a source, and never of the kiosk's own resident.
"""

from __future__ import annotations

from anhu.contract.errors import FieldError
from gateway.codec import Codec, Frame, Sources
from gateway.codecs.hl7_pcd01 import framing
from gateway.codecs.hl7_pcd01.decoding import decode
from gateway.codecs.hl7_pcd01.examples import EXAMPLES
from gateway.door_specs import Disposition, DoorKind, TcpSpec

__all__ = ["CODEC", "decode"]


def _reply(raw: bytes, disposition: Disposition) -> bytes:
    refusal = ""
    if disposition is Disposition.ACCEPTED:
        try:
            decode(Frame(door=DoorKind.TCP, route="", payload=raw, device_id="", received_at_ms=0))
        except FieldError as error:  # it is kept as it is; its sender is told what is wrong with it
            refusal = str(error)
    return framing.acknowledgement(raw, disposition, refusal)


CODEC = Codec(
    name="hl7_pcd01",
    title="HL7 v2 kiosks and monitors (IHE PCD-01) over MLLP",
    data_sheet="IHE Patient Care Device Technical Framework, volume 2; HL7 v2.6 chapters 2 and 7; MLLP release 1",
    decode=decode,
    tcp=TcpSpec(
        begins=(framing.BEGIN,),
        max_packet_bytes=framing.MAX_PACKET_BYTES,
        packet_bytes=framing.packet_bytes,
        credentials=framing.credentials,
        reply=_reply,
        is_identity_enough=True,
        resynchronises=True,
        max_silence_s=86_400.0,
    ),
    examples=EXAMPLES,
    sources=Sources.USERS,
)
