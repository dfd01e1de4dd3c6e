"""Bluetooth advertisements that a Theengs Gateway or an OpenMQTTGateway has decoded: the same JSON from both.

One topic for each address, ``home/<gateway>/BTtoMQTT/<MAC>``; ``model_id`` and ``type`` say what speaks. The traps: a
``SCALE`` may weigh coffee; ``weighing_mode`` object is a suitcase; a lamp's motion never ends; a button's press is
heard several times with one ``packet``, and in beacon mode said again for hours (switch that mode off); an encrypted
sensor gives cipher, counter and check sum only, and is shown as needing its key; a radio hears the neighbours, so what
nobody registered goes to nobody.
"""

from __future__ import annotations

from gateway.codec import Codec, Sources
from gateway.codecs.theengs.examples import EXAMPLES
from gateway.codecs.theengs.reading import decode, same, unmapped
from gateway.door_specs import MqttSpec

__all__ = ["CODEC", "decode"]

CODEC = Codec(
    name="theengs",
    title="Bluetooth sensors heard by Theengs Gateway or OpenMQTTGateway",
    data_sheet="https://decoder.theengs.io/devices/devices.html",
    mqtt=MqttSpec(publish=("home/#", "anhu/theengs/{device_id}/#")),
    decode=decode,
    unmapped=unmapped,
    sources=Sources.HEARD,
    same=same,
    examples=EXAMPLES,
)
