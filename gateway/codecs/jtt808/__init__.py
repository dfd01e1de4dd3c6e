"""JT/T 808 terminals: pendants and trackers built on the protocol of China's vehicle terminals, over TCP.

The phone number stands in every header and there is no secret: register the number without zeros in front. Times are
China's. Headers of 2011, 2013 and 2019 are read, and each is answered in its own form. Commands bear a serial number of
their own, by which the terminal's answer names them.
"""

from __future__ import annotations

from gateway.codec import Codec
from gateway.codecs.jtt808 import framing
from gateway.codecs.jtt808.commands import COMMANDS
from gateway.codecs.jtt808.decoding import decode
from gateway.codecs.jtt808.examples import EXAMPLES
from gateway.door_specs import TcpSpec

__all__ = ["CODEC", "decode"]

CODEC = Codec(
    name="jtt808",
    title="JT/T 808 pendants and trackers (2011, 2013, 2019) over TCP",
    data_sheet="JT/T 808-2011, JT/T 808-2013, JT/T 808-2019",
    decode=decode,
    tcp=TcpSpec(
        begins=(b"\x7e",),
        max_packet_bytes=framing.MAX_PACKET_BYTES,
        packet_bytes=framing.packet_bytes,
        credentials=framing.credentials,
        reply=framing.reply,
        is_identity_enough=True,
        resynchronises=True,
        max_silence_s=900.0,
        part=framing.part,
        joined=framing.joined,
        commands=COMMANDS,
    ),
    examples=EXAMPLES,
)
