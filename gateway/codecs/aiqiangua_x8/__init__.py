"""爱牵挂 X8 watches: the vendor's cloud pushes a form for each event, to one address for each kind of event.

The kind stands behind the product's address (``/push/{product}/sos``). A community's account may have one address for
all; then an SOS comes as heart rate with a place and without thresholds, a fall as ``awake_time`` with a place.
Times are ``YYYY-MM-DD HH:MM:SS`` of China without a zone, RFC 3339 or an epoch. The cloud signs nothing: the product's
push key stands in the address, as ``?token=KEY``.
"""

from __future__ import annotations

from gateway.codec import Codec
from gateway.codecs.aiqiangua_x8.examples import EXAMPLES
from gateway.codecs.aiqiangua_x8.pushing import HTTP
from gateway.codecs.aiqiangua_x8.reading import decode

CODEC = Codec(
    name="aiqiangua_x8",
    title="爱牵挂 X8 watch, by its vendor's cloud",
    data_sheet="the vendor's push interface, as a middleware of care centres reads it",
    http=HTTP,
    decode=decode,
    examples=EXAMPLES,
)
