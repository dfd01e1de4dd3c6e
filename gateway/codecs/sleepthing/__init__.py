"""睡眠带 sleepthing bands under the mattress: the vendor's cloud is asked for vitals, and pushes alarms and reports.

The cloud is asked about each band once a minute (``/device/getDeviceCurrentState``), signed with the base64 of the
HMAC-SHA1 of a nonce. What a band is doing stands in ``state``: 0 nobody in bed, 1 lying still; -1 still adapting, -2
touched, -3 moving, which say nothing of where the person is. A pulse or breath of 0 is none. Its cloud pushes to
``/push/{product}/alarm`` (``alarmNotifyUrl``) and ``/push/{product}/sleep`` (``sleepReportNotifyUrl``), and signs
nothing: the product's push key stands in the address, as ``?token=KEY``.

The vendor publishes no list of the fields: their names are found as other clouds' are (`gateway.thing_model.names`),
and whatever is not understood is kept. Every alarm that nobody mapped is urgent.
"""

from __future__ import annotations

from gateway.codec import Codec
from gateway.codecs.sleepthing.asking import POLL
from gateway.codecs.sleepthing.examples import EXAMPLES
from gateway.codecs.sleepthing.pushing import HTTP
from gateway.codecs.sleepthing.reading import decode, unmapped

CODEC = Codec(
    name="sleepthing",
    title="睡眠带 sleepthing mattress band, by its vendor's cloud",
    data_sheet="https://openapi.sleepthing.com, as a middleware of care centres asks it",
    http=HTTP,
    poll=POLL,
    decode=decode,
    unmapped=unmapped,
    examples=EXAMPLES,
)
