"""4G health and SOS watches of the Kati / iMEDE family over MQTT.

The last level of the topic says what a message is; its case varies. The watch is authenticated by its user: the IMEI
stands only in the body, so register the watch under its IMEI. A body with another IMEI comes from a server that speaks
for many watches, and that IMEI becomes the observation's ``source``.

Times are ``dd/mm/YYYY HH:MM:SS`` local without a zone, read as China Standard Time. The family is sold in Thailand too;
there, bind ``CODEC = codec(name="imede_watch_bangkok", zone=timezone(timedelta(hours=7)))`` in a codec file of your
own. ``sos`` and ``fallDown`` carry no time at all. A heart rate of 0 means that the watch is not worn, and any other
vital of 0 that it was not measured. A position outside the country of the mobile network (longitude 4.04 with the
network in Thailand has been seen) is kept and marked doubtful.
"""

from __future__ import annotations

from datetime import tzinfo
from functools import partial

from gateway.codec import Codec
from gateway.codecs.imede_watch.decoding import CHINA, decode
from gateway.codecs.imede_watch.examples import EXAMPLES
from gateway.door_specs import MqttSpec

__all__ = ["CODEC", "codec", "decode"]


def codec(name: str, zone: tzinfo) -> Codec:
    """Return the family's codec for watches whose local time is in the given zone."""
    return Codec(
        name=name,
        title="4G health and SOS watch, Kati / iMEDE family",
        data_sheet="the family's published MQTT samples (server side of its AP03, AP10, AP55, AP97 packets)",
        mqtt=MqttSpec(publish=("iMEDE_watch/+", "imede_watch/+", "iMEDE_Watch/+", "IMEDE_WATCH/+")),
        decode=partial(decode, zone=zone),
        examples=EXAMPLES if zone is CHINA else (),
    )


CODEC = codec("imede_watch", CHINA)
