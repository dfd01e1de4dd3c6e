"""Lets a device in: its session, what it is told of it, and the commands it has still to acknowledge."""

from __future__ import annotations

from anhu.contract.identity import new_id
from gateway.directory import DeviceEntry
from gateway.door_specs import MqttLogin
from gateway.doors import topic_rules
from gateway.doors.client_certificate import certified_names
from gateway.doors.mqtt.courier import Courier
from gateway.doors.mqtt.link import Link
from gateway.doors.mqtt.presence import Presence
from gateway.doors.mqtt.reception import Reception
from gateway.doors.mqtt.session import FOR_EVER
from gateway.doors.mqtt.shared import Shared
from gateway.lines import Held
from gateway.mqtt.connection import Phase
from gateway.mqtt.packets import V5, Connect
from gateway.mqtt.reason import Reason

_GRACE = 1.5


class Admission:
    """Answers log-ins."""

    def __init__(self, shared: Shared, reception: Reception, presence: Presence, courier: Courier) -> None:
        self._shared, self._reception, self._presence, self._courier = shared, reception, presence, courier

    async def login(self, link: Link, connect: Connect) -> None:
        """Let a device in, or turn it away."""
        client_id, lines = connect.client_id or new_id("c"), self._shared.lines
        verdict = await self._reception.check(link.wire.address, connect, _certified(link))
        held: Held | None = None
        if isinstance(verdict, DeviceEntry) and lines is not None and _waits(link):
            held = await lines.claim(verdict, client_id, clean=connect.clean_start)
            if self._reception.devices.known(verdict.device_id) is not verdict:  # it changed meanwhile
                verdict = await self._reception.check(link.wire.address, connect, _certified(link))
        if held is not None and lines is not None and not lines.stands(held):
            verdict = Reason.SERVER_UNAVAILABLE  # it came in by another door meanwhile
        elif held is not None and lines is not None and not (_waits(link) and isinstance(verdict, DeviceEntry)):
            lines.give_back(held)
        if not _waits(link):
            return
        if isinstance(verdict, DeviceEntry):
            self._let_in(link, connect, verdict, client_id, held)
        else:
            self._shared.counters.logins_refused += 1
            link.refuse(verdict)

    def _let_in(self, link: Link, connect: Connect, device: DeviceEntry, client_id: str, held: Held | None) -> None:
        shared = self._shared
        shared.counters.logins_accepted += 1
        key = (device.device_id, client_id)
        link.wire.epoch = held.epoch if held is not None else 0
        session, present = self._presence.enter(
            link, device, key, clean=connect.clean_start, now_s=shared.now_s(), held=held
        )
        session.expiry_s = self._session_expiry_s(link, connect)
        login = MqttLogin(client_id=connect.client_id, user_name=connect.user_name, password=connect.password, at_ms=0)
        if unasked := topic_rules.unasked_filter(shared.codec_of(device), device, login):
            session.subscriptions[unasked] = 1
        keep_alive_s = connect.keep_alive_s
        limit_s = shared.settings.max_keep_alive_s
        told_s = limit_s if connect.version == V5 and not 0 < keep_alive_s <= limit_s else 0
        link.wire.core.accept(
            session_present=present,
            session_expiry_s=session.expiry_s,
            incoming=session.incoming,
            assigned_client_id="" if connect.client_id else client_id,
            server_keep_alive_s=told_s,
        )
        silent_limit_s = (told_s or keep_alive_s) * _GRACE or FOR_EVER
        link.admit(device, session, key, connect.will, silent_limit_s)
        self._courier.resend(link)
        self._presence.subscriptions_changed(link)
        self._courier.look_again()

    def _session_expiry_s(self, link: Link, connect: Connect) -> int:
        limit_s = self._shared.settings.max_session_expiry_s
        if connect.version == V5:
            return min(link.wire.core.session_expiry_s, limit_s)
        return 0 if connect.clean_start else limit_s


def _waits(link: Link) -> bool:
    """Tell whether a client still waits for the answer to its CONNECT."""
    return link.wire.closing_since_s == FOR_EVER and link.wire.core.phase is Phase.WAITING


def _certified(link: Link) -> frozenset[str]:
    """Return who its client certificate, or its pre-shared key, says that it is; nobody without either."""
    transport = link.wire.transport
    if transport is None:
        return frozenset()
    identity = transport.get_extra_info("psk_identity")
    return frozenset((identity,)) if identity else certified_names(transport.get_extra_info("peercert"))
