"""Which devices are here: take-over, wills, and the events that a device came or went."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.codec import Frame
from gateway.directory import DeviceEntry
from gateway.door_specs import DoorKind
from gateway.doors import topic_rules
from gateway.doors.mqtt.link import Link
from gateway.doors.mqtt.session import Key, LateWill, Session, Sessions
from gateway.doors.mqtt.shared import Shared
from gateway.doors.present import PresentDevices
from gateway.doors.restless import FLAPPING, SHARED, Restless
from gateway.doors.set_aside import Aside
from gateway.mqtt.packets import Will
from gateway.mqtt.reason import Reason


class Presence:
    """Links by device, and the sessions behind them.

    A device is present while it has any connection: a second one that replaces a dying first is no absence.

    Attributes
    ----------
    listening : dict
        Device -> its connection that gets its commands.
    restless : Restless
        Those whose connections break again and again.
    """

    def __init__(self, shared: Shared, present: PresentDevices) -> None:
        self._shared, self._present = shared, present
        self._sessions = Sessions(shared.settings.max_connections_per_device)
        self._links: dict[str, list[Link]] = {}
        self.listening: dict[str, Link] = {}
        self.restless = Restless(shared.intake)

    def restore(self, sessions: Iterable[Session]) -> None:
        """Take the sessions of an earlier run of ours."""
        for session in sessions:
            self._ended(self._sessions.restore(session))

    def links_of(self, device_id: str) -> Iterable[Link]:
        """Return a device's connections."""
        return tuple(self._links.get(device_id, ()))

    def is_here(self, device_id: str) -> bool:
        """Tell whether a device has a connection."""
        return device_id in self._links

    def sessions(self) -> int:
        """Return how many sessions are kept."""
        return len(self._sessions)

    def enter(self, link: Link, device: DeviceEntry, key: Key, *, clean: bool, now_s: float) -> tuple[Session, bool]:
        """Take a client in, over from an older connection of its own; return its session, and if it is an old one.

        Call `Link.admit` right after. [s].
        """
        links = self._links.setdefault(device.device_id, [])
        was_here = bool(links)
        older = next((old for old in links if old.key == key), None)
        if older is None and len(links) >= self._shared.settings.max_connections_per_device:
            older = links[0]
        if older is not None:
            self._shared.counters.taken_over += 1
            older.wire.close(Reason.SESSION_TAKEN_OVER, "another connection took this session over", "taken_over")
            links.remove(older)
            self._part(older, now_s)
            if self.restless.note(device, SHARED, now_s, len(links) + 1):
                now_ms = self._shared.clock.now_ms()
                self._shared.aside.note_seldom(device, Aside.TAKEN_OVER, link.wire.address, now_ms)
        links.append(link)
        if not was_here:
            self._present.came(device.device_id)
        if older is not None or not was_here:
            self._shared.intake.report_connection(device, "on", "taken_over" if older is not None else "connected")
        session, before = self._sessions.open(key, clean=clean)
        if before is not None and before is not session:
            self._ended([before])
        session.late_will = None
        self._shared.kept_sessions.changed(session)
        return session, before is session

    def leave(self, link: Link, now_s: float) -> None:
        """Take the end of a connection: its will, its session, and the event if it was the device's last. [s]."""
        links = self._links.get(link.key[0])
        if link.device is None or links is None or link not in links:
            return
        links.remove(link)
        self._part(link, now_s)
        self.subscriptions_changed(link)
        if link.wire.ended_by != "disconnected":
            self.restless.note(link.device, FLAPPING, now_s, len(links))
        if not links:
            del self._links[link.key[0]]
            self._present.went(link.key[0])
            self._shared.intake.report_connection(link.device, "off", link.wire.ended_by, link.wire.ended_detail)

    def subscriptions_changed(self, link: Link) -> None:
        """Choose anew which of a device's connections gets its commands: the youngest that subscribed."""
        device_id = link.key[0]
        for candidate in reversed(self._links.get(device_id, ())):
            if candidate.session is not None and candidate.session.subscriptions:
                self.listening[device_id] = candidate
                return
        self.listening.pop(device_id, None)

    def pass_time(self, now_s: float) -> None:
        """End the sessions whose time is over and say the wills that are due. [s]."""
        self.restless.pass_time(now_s)
        self._ended(self._sessions.expire(now_s))
        for late in self._sessions.due_wills(now_s):
            self._say(late.device, late.will)

    def _part(self, link: Link, now_s: float) -> None:
        device, session, will = link.device, link.session, link.will
        link.will = None
        if device is None or session is None:
            return
        if will is not None:
            if will.delay_s and session.expiry_s:
                session.late_will = LateWill(device, will, now_s + will.delay_s)
            else:
                self._say(device, will)
        self._shared.kept_sessions.changed(session)
        self._ended(self._sessions.leave(link.key, session, now_s))

    def _ended(self, sessions: Iterable[Session]) -> None:
        for session in sessions:
            self._shared.kept_sessions.ended(session)
            if session.late_will is not None:
                self._say(session.late_will.device, session.late_will.will)

    def _say(self, device: DeviceEntry, will: Will) -> None:
        """Keep a will like any message of the device, if it may publish there."""
        if not topic_rules.may_publish(self._shared.codec_of(device), device, will.topic):
            self._shared.counters.rejected_publishes += 1
            return
        now_ms = self._shared.clock.now_ms()
        frame = Frame(
            door=DoorKind.MQTT,
            route=will.topic,
            payload=will.payload,
            device_id=device.device_id,
            received_at_ms=now_ms,
        )
        self._shared.intake.offer(frame, device, self._will_kept)

    def _will_kept(self, token: object, error: Exception | None) -> None:  # noqa: ARG002 - nobody waits for it
        if error is not None:
            self._shared.counters.lost_at_qos_0 += 1
