"""What a family's cloud would answer to a message that is on disk: its SDK may wait for that."""

from __future__ import annotations

import logging

from anhu.contract.errors import FieldError
from anhu.contract.topics import matches
from gateway.directory import DeviceEntry
from gateway.door_specs import ReplyTo
from gateway.doors.mqtt.session import FOR_EVER, Session
from gateway.doors.mqtt.shared import Shared
from gateway.doors.mqtt.wire import Wire
from gateway.mqtt.packets import Publish

_logger = logging.getLogger(__name__)


def reply_of(device: DeviceEntry, shared: Shared) -> ReplyTo | None:
    """Return how the cloud of a device's family answers; None where it does not."""
    codec = shared.codec_of(device)
    return codec.mqtt.reply if codec is not None and codec.mqtt is not None else None


def answer_as_cloud(reply: ReplyTo, publish: Publish, session: Session | None, wire: Wire, shared: Shared) -> None:
    """Answer at QoS 0, where the device listens."""
    if session is None or wire.closing_since_s != FOR_EVER:
        return
    try:
        said = reply(publish.topic, publish.payload, shared.clock.now_ms())
    except FieldError:
        return  # it was kept raw: its cloud would have refused it
    except Exception:
        _logger.exception("a codec failed on the answer to a message")
        return
    if said is not None and any(matches(f, said.topic) for f in session.subscriptions):
        shared.counters.answered_as_cloud += 1
        wire.core.out.publish(said.topic, said.payload, qos=0, packet_id=0)
        wire.flush_soon()
