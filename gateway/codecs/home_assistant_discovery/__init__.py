"""Sensors and bridges that announce themselves to Home Assistant: ESPHome, Tasmota, Zigbee2MQTT, OpenMQTTGateway.

First a configuration, retained, says which topic will mean what (`announcing`); then bare states come on those topics.
What was announced is kept by the gateway for each device, also over an end of it, and comes with each message. The
traps: ``payload_on`` may be ``false`` (a closed contact); of a template only a part is understood (`template`), what it
is not is said by name, and then the fields' names tell; one button announces a trigger for each way to press it, and is
a call only where it, its model or its device says so; a retained state is no news.
"""

from __future__ import annotations

from gateway.codec import Codec
from gateway.codecs.home_assistant_discovery.announcing import announced
from gateway.codecs.home_assistant_discovery.examples import EXAMPLES
from gateway.codecs.home_assistant_discovery.reading import decode, heard, unmapped
from gateway.door_specs import MqttSpec

__all__ = ["CODEC", "decode"]

CODEC = Codec(
    name="home_assistant_discovery",
    title="Whatever announces itself to Home Assistant over MQTT (discovery)",
    data_sheet="https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery",
    mqtt=MqttSpec(publish=("anhu/home_assistant_discovery/{device_id}/#", "#")),
    decode=decode,
    unmapped=unmapped,
    announces=announced,
    heard=heard,
    examples=EXAMPLES,
)
