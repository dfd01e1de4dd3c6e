"""LoRaWAN sensors behind a ChirpStack v4 network server, those of Milesight byte by byte.

``application/<id>/device/<devEui>/event/<event>``; the device's address is the observation's ``source``. The traps:
fields that are zero or false are left out of the JSON; ``object`` is there only where somebody configured a codec, so
the bytes in ``data`` are read here; which reader they need says the tag ``model``, else the device profile's name; a
server delivers an uplink twice with one ``deduplicationId``. A WS101's press is a call, whichever it is; the tag
``sos`` (``long``, or ``long,double``) says that only those are. What a device kept while it had no network is late,
never a siren.
"""

from __future__ import annotations

from gateway.codec import Codec, Sources
from gateway.codecs.chirpstack.events import decode, same, unmapped
from gateway.codecs.chirpstack.examples import EXAMPLES
from gateway.door_specs import MqttSpec

__all__ = ["CODEC", "decode"]

_TOPIC = "application/+/device/+/event/+"

CODEC = Codec(
    name="chirpstack",
    title="LoRaWAN sensors behind ChirpStack v4 (Milesight VS373, WS101, WS202, WS301, EM300, GS101, VS340)",
    data_sheet="https://www.chirpstack.io/docs/chirpstack/integrations/events.html",
    mqtt=MqttSpec(publish=(_TOPIC, f"anhu/chirpstack/{{device_id}}/{_TOPIC}")),
    decode=decode,
    unmapped=unmapped,
    sources=Sources.HEARD,
    same=same,
    examples=EXAMPLES,
)
