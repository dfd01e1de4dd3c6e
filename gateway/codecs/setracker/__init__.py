"""Watches that speak ``[3G*…]``: Setracker, Beesure and the many that copied them, over TCP.

The identity stands in every frame and there is no secret: register the number that the watch sends (ten digits of its
IMEI mostly). Times are UTC. Every alarm bit of a status is an event, not the first one only. A watch confirms a command
by its first word alone, so that of each kind one at a time is under way; many confirm ``hrtstart`` and measure nothing.
"""

from __future__ import annotations

from gateway.codec import Codec
from gateway.codecs.setracker import framing
from gateway.codecs.setracker.commands import COMMANDS
from gateway.codecs.setracker.decoding import decode
from gateway.codecs.setracker.examples import EXAMPLES
from gateway.door_specs import TcpSpec

__all__ = ["CODEC", "decode"]

CODEC = Codec(
    name="setracker",
    title="Watches that speak [3G*…] (Setracker, Beesure) over TCP",
    data_sheet="the maker's 'GPS watch communication protocol'; Traccar's tests of its protocol 'watch'",
    decode=decode,
    tcp=TcpSpec(
        begins=framing.BEGINS,
        max_packet_bytes=framing.MAX_PACKET_BYTES,
        packet_bytes=framing.packet_bytes,
        credentials=framing.credentials,
        reply=framing.reply,
        is_identity_enough=True,
        resynchronises=True,
        max_silence_s=1_800.0,
        commands=COMMANDS,
    ),
    examples=EXAMPLES,
)
