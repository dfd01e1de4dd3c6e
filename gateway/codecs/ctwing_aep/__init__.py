"""Devices on China Telecom's CTWing AEP: the operator's cloud pushes each report over HTTP.

A device goes by its IMEI where the push names a real one, else by the platform's ``deviceId``. ``timestamp`` is the
platform's. ``upPacketSN`` and ``upDataSN`` are -1 where there is no number, so the same message twice within half a
minute is one. In transparent mode the device's own bytes come as ``APPdata``; what they say is read where they are JSON
or words, and kept where they are not. The cloud signs nothing that its documents tell: the product's push key stands in
the address, as ``?token=KEY``.
"""

from __future__ import annotations

from gateway.codec import Codec
from gateway.codecs.ctwing_aep.examples import EXAMPLES
from gateway.codecs.ctwing_aep.pushing import HTTP
from gateway.codecs.ctwing_aep.reading import decode, unmapped

CODEC = Codec(
    name="ctwing_aep",
    title="Devices on China Telecom CTWing AEP, by the operator's cloud",
    data_sheet="CTWing AEP: subscription to device data, HTTP push",
    http=HTTP,
    decode=decode,
    unmapped=unmapped,
    examples=EXAMPLES,
)
