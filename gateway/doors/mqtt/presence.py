"""Which devices are here: take-over, wills, and the events that a device came or went."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.codec import Frame
from gateway.directory import DeviceEntry
from gateway.door_specs import DoorKind
from gateway.doors import topic_rules
from gateway.doors.mqtt.lines import line_of
from gateway.doors.mqtt.link import Link
from gateway.doors.mqtt.session import Key, LateWill, Session, Sessions
from gateway.doors.mqtt.shared import Shared
from gateway.doors.present import PresentDevices
from gateway.doors.restless import FLAPPING, SHARED, Restless
from gateway.doors.set_aside import Aside
from gateway.lines import Gone, Held, Line, Ousted
from gateway.mqtt.packets import Will
from gateway.mqtt.reason import Reason

_NO_BREAK = ("disconnected", "taken_over")


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

    def enter(
        self, link: Link, device: DeviceEntry, key: Key, *, clean: bool, now_s: float, held: Held | None = None
    ) -> tuple[Session, bool]:
        """Take a client in, over from an older connection of its own; return its session, and if it is an old one.

        `held` is its line among several doors. Call `Link.admit` right after. [s].
        """
        links = self._links.setdefault(device.device_id, [])
        was_here = bool(links)
        self._moved_here(link, device, key, held, now_s)
        is_taken = self._make_room(link, device, key, now_s) or bool(held and held.from_door)
        links.append(link)
        if not was_here:
            self._present.came(device.device_id)
        if is_taken or not was_here:
            self._shared.intake.report_connection(device, "on", "taken_over" if is_taken else "connected")
        session, before = self._sessions.open(key, clean=clean)
        if before is not None and before is not session:
            self._ended([before])
        session.late_will = None
        self._shared.kept_sessions.changed(session)
        return session, before is session

    def _make_room(self, link: Link, device: DeviceEntry, key: Key, now_s: float) -> bool:
        """Close an older connection of the same client, or the oldest of too many; tell whether there was one."""
        links = self._links[device.device_id]
        older = next((old for old in links if old.key == key), None)
        if older is None and len(links) >= self._shared.settings.max_connections_per_device:
            older = links[0]
        if older is None:
            return False
        older.wire.close(Reason.SESSION_TAKEN_OVER, "another connection took this session over", "taken_over")
        links.remove(older)
        if older.key == key:
            self._part(older, now_s)
        else:
            self._leave_line(older, now_s, is_last=False)
        self._note_taken(link, device, now_s, 0)
        return True

    def _moved_here(self, link: Link, device: DeviceEntry, key: Key, held: Held | None, now_s: float) -> None:
        """Take what another door kept of the client, and that it was connected there."""
        lines = self._shared.lines
        if held is None or lines is None:
            return
        if not lines.is_ours(held):
            self._sessions.replace(key, lines.session_of(held, key))
        if held.from_door:
            self._note_taken(link, device, now_s, held.moves)

    def _note_taken(self, link: Link, device: DeviceEntry, now_s: float, at_all_doors: int) -> None:
        self._shared.counters.taken_over += 1
        connections = len(self._links.get(device.device_id, ())) + 1
        if self.restless.note(device, SHARED, now_s, connections, at_all_doors):
            now_ms = self._shared.clock.now_ms()
            self._shared.aside.note_seldom(device, Aside.TAKEN_OVER, link.wire.address, now_ms)

    def leave(self, link: Link, now_s: float) -> None:
        """Take the end of a connection: its will, its session, and the event if it was the device's last. [s]."""
        links = self._links.get(link.key[0])
        if link.device is None or links is None or link not in links:
            return
        links.remove(link)
        if not links:
            del self._links[link.key[0]]
        self._leave_line(link, now_s, is_last=not links)
        self.subscriptions_changed(link)

    def _leave_line(self, link: Link, now_s: float, *, is_last: bool) -> None:
        """Part from a connection that no other one of its client takes over; say what of it is still true then."""
        device, session, lines = link.device, link.session, self._shared.lines
        if device is None:
            return
        broke = link.wire.ended_by not in _NO_BREAK
        if lines is None or session is None:
            self._part(link, now_s)
            self._went(device, link, Gone(was_ours=True, is_elsewhere=False, breaks=0), broke=broke, is_last=is_last)
            return
        say = self._part(link, now_s, at_once=False)

        def known(gone: Gone) -> None:
            if say is not None and gone.was_ours:
                self._say(device, say)
            elif say is not None:
                self._shared.counters.wills_of_moved += 1
            self._went(device, link, gone, broke=broke, is_last=is_last)

        lines.left(session, link.wire.epoch, broke=broke, then=known)

    def _went(self, device: DeviceEntry, link: Link, gone: Gone, *, broke: bool, is_last: bool) -> None:
        """Tell that a device went, unless it is here or at another door."""
        here = self._links.get(device.device_id, ())
        if broke:
            self.restless.note(device, FLAPPING, self._shared.now_s(), len(here), gone.breaks)
        if is_last and not here and not gone.is_elsewhere:
            self._present.went(device.device_id)
            self._shared.intake.report_connection(device, "off", link.wire.ended_by, link.wire.ended_detail)

    def ousted(self, one: Ousted) -> bytes | None:
        """Close a connection whose client came in by another door: the device is not away, and its will not said."""
        device_id = one.line.device_id
        links = self._links.get(device_id, [])
        kept: bytes | None = None
        for link in [link for link in links if line_of(link.key) == one.line]:
            links.remove(link)
            link.wire.close(Reason.SESSION_TAKEN_OVER, "the device came in by another door", "taken_over")
            self._shared.counters.wills_of_moved += link.will is not None
            link.will = None
            if link.session is not None and self._shared.lines is not None:
                kept = self._shared.lines.encoded(link.session)
                self._sessions.forget(link.key)
            self.subscriptions_changed(link)
        if not links:
            self._links.pop(device_id, None)
        for key in self._sessions.keys_left_by(device_id):
            if line_of(key) == one.line:
                self._sessions.forget(key)
        return kept

    def has(self, line: Line) -> bool:
        """Tell whether a client is connected."""
        return any(line_of(link.key) == line for link in self._links.get(line.device_id, ()))

    def subscriptions_changed(self, link: Link) -> None:
        """Choose anew which of a device's connections gets its commands: the youngest that subscribed."""
        device_id = link.key[0]
        for candidate in reversed(self._links.get(device_id, ())):
            if candidate.session is not None and candidate.session.subscriptions:
                self.listening[device_id] = candidate
                return
        self.listening.pop(device_id, None)

    def hush(self, link: Link) -> None:
        """Send no more commands over a connection."""
        if self.listening.get(link.key[0]) is link:
            del self.listening[link.key[0]]

    def pass_time(self, now_s: float) -> None:
        """End the sessions whose time is over and say the wills that are due. [s]."""
        self.restless.pass_time(now_s)
        self._ended(self._sessions.expire(now_s))
        for late in self._sessions.due_wills(now_s):
            self._say(late.device, late.will)

    def _part(self, link: Link, now_s: float, *, at_once: bool = True) -> Will | None:
        """Leave a connection's session to itself; return its will where it is due and not to be said at once. [s]."""
        device, session, will = link.device, link.session, link.will
        link.will = None
        if device is None or session is None:
            return None
        is_due = will is not None and not (will.delay_s and session.expiry_s)
        if will is not None and not is_due:
            session.late_will = LateWill(device, will, now_s + will.delay_s)
        elif will is not None and at_once:
            self._say(device, will)
        self._shared.kept_sessions.changed(session)
        self._ended(self._sessions.leave(link.key, session, now_s))
        return will if is_due and not at_once else None

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
