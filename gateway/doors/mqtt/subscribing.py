"""What one device asks to hear, and the will it leaves: granted and accepted, and noted where nothing comes of it."""

from __future__ import annotations

from gateway.directory import DeviceEntry
from gateway.doors import topic_rules
from gateway.doors.mqtt.session import Session
from gateway.doors.mqtt.shared import Shared
from gateway.doors.mqtt.wire import Wire
from gateway.doors.set_aside import Aside
from gateway.mqtt.packets import Subscribe, Unsubscribe, Will
from gateway.mqtt.reason import FAILURES, Reason

_MOST_FILTERS = 64
"""Filters that one session keeps beside those of its commands."""


def answer(packet: Subscribe | Unsubscribe, device: DeviceEntry, session: Session, wire: Wire, shared: Shared) -> None:
    """Answer SUBSCRIBE or UNSUBSCRIBE."""
    if isinstance(packet, Subscribe):
        _subscribe(packet, device, session, wire, shared)
    else:
        _unsubscribe(packet, session, wire)


def _subscribe(wanted: Subscribe, device: DeviceEntry, session: Session, wire: Wire, shared: Shared) -> None:
    """Grant; remember what brings the device its commands."""
    codec, now_ms = shared.codec_of(device), shared.clock.now_ms()
    reasons = [int(topic_rules.grant(f, qos)) for f, qos in wanted.filters]
    for (topic_filter, _), reason in zip(wanted.filters, reasons, strict=True):
        is_heard = topic_rules.hears_commands(codec, device, topic_filter) or (
            topic_rules.hears_answers(codec, device, topic_filter) and len(session.subscriptions) < _MOST_FILTERS
        )
        if reason < FAILURES and is_heard:
            session.subscriptions[topic_filter] = reason
            continue
        if reason < FAILURES:
            shared.counters.idle_subscriptions += 1
        else:
            shared.counters.rejected_subscriptions += 1
        shared.aside.note(device, Aside.SUBSCRIPTION, topic_filter, now_ms)
    wire.core.out.grant(wanted.packet_id, reasons)


def _unsubscribe(unwanted: Unsubscribe, session: Session, wire: Wire) -> None:
    had = [session.subscriptions.pop(f, None) is not None for f in unwanted.filters]
    reasons = [int(Reason.SUCCESS if h else Reason.NO_SUBSCRIPTION_EXISTED) for h in had]
    wire.core.out.ungrant(unwanted.packet_id, reasons)


def note_will(will: Will | None, device: DeviceEntry, shared: Shared) -> None:
    """Note a will that will never be said."""
    if will is not None and not topic_rules.may_publish(shared.codec_of(device), device, will.topic):
        shared.aside.note(device, Aside.WILL, will.topic, shared.clock.now_ms())
