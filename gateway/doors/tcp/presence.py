"""Which devices are here, and the events that a device came or went."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from gateway.directory import DeviceEntry
from gateway.doors.present import PresentDevices
from gateway.doors.restless import FLAPPING, SHARED, Restless
from gateway.doors.switchboard import Switchboard
from gateway.doors.tcp.link import Link, part
from gateway.doors.tcp.shared import Shared
from gateway.lines import TCP, Gone, Held, Line, Ousted

_Claim = asyncio.Task[Held]


class Presence:
    """Links by device. A device is present while it has any: one that replaces a dying one is no absence.

    Parameters
    ----------
    board : Switchboard, optional
        Of a door among several. A device speaks at once; that it does so here, the other doors learn beside it.

    Attributes
    ----------
    restless : Restless
        Those whose connections break again and again.
    """

    def __init__(self, shared: Shared, present: PresentDevices, board: Switchboard | None = None) -> None:
        self._shared, self._present, self._board = shared, present, board
        self._claims: dict[str, _Claim] = {}
        self._links: dict[str, list[Link]] = {}
        self.restless = Restless(shared.intake)

    def __len__(self) -> int:
        return len(self._links)

    def links_of(self, device_id: str) -> Sequence[Link]:
        """Return a device's connections."""
        return tuple(self._links.get(device_id, ()))

    def device_ids(self) -> Sequence[str]:
        """Return the devices that have a connection."""
        return tuple(self._links)

    def speaking_link_of(self, device_id: str) -> Link | None:
        """Return the connection over which a device spoke last, of those that are not closing; None without one."""
        open_ones = [one for one in reversed(self._links.get(device_id, ())) if one.wire.is_open]
        return max(open_ones, key=lambda one: one.last_seen_s, default=None)

    def is_here(self, device_id: str) -> bool:
        """Tell whether a device has a connection."""
        return device_id in self._links

    def enter(self, link: Link, device: DeviceEntry) -> None:
        """Take that a device speaks over a link; its oldest one closes where it has too many."""
        links = self._links.setdefault(device.device_id, [])
        if link in links:
            return
        self._shared.counters.devices_accepted += 1
        reason = "" if links else "connected"
        if len(links) >= self._shared.settings.max_connections_per_device:
            reason, oldest = "taken_over", links.pop(0)
            self._shared.counters.taken_over += 1
            oldest.wire.close("taken_over")
            self.restless.note(device, SHARED, self._shared.now_s(), len(links) + 1)
        if not links and reason == "connected":
            self._present.came(device.device_id)
        links.append(link)
        self._claim(device)
        if reason:
            self._shared.intake.report_connection(device, "on", reason)

    def leave(self, link: Link) -> None:
        """Take the end of a connection, and tell of those whose last one it was."""
        now_s = self._shared.now_s()
        for device in link.speaking.devices.values():
            links = self._links.get(device.device_id)
            if links is None or link not in links:
                continue
            links.remove(link)
            if links:
                self.restless.note(device, FLAPPING, now_s, len(links))
                continue
            del self._links[device.device_id]
            known, claim = partial(self._went, device, link), self._claims.pop(device.device_id, None)
            if self._board is None or claim is None:
                known(Gone(was_ours=True, is_elsewhere=False, breaks=0))
            else:
                claim.add_done_callback(partial(_give_back, self._board, _line_of(device.device_id), known))

    def _went(self, device: DeviceEntry, link: Link, gone: Gone) -> None:
        """Tell that a device went, unless it is here again or at another door."""
        here = self._links.get(device.device_id, ())
        self.restless.note(device, FLAPPING, self._shared.now_s(), len(here), gone.breaks)
        if not here and not gone.is_elsewhere:
            self._present.went(device.device_id)
            self._shared.intake.report_connection(device, "off", link.wire.ended_by, link.wire.ended_detail)

    def _claim(self, device: DeviceEntry) -> None:
        """Tell the other doors that a device is here: the one that holds it lets it go."""
        if self._board is not None and len(self._links[device.device_id]) == 1:
            task = asyncio.get_running_loop().create_task(
                self._board.claim(_line_of(device.device_id)), name="tcp line"
            )
            self._claims[device.device_id] = task
            task.add_done_callback(partial(self._moved_here, device))

    def _moved_here(self, device: DeviceEntry, claim: _Claim) -> None:
        held = None if claim.cancelled() else claim.result()
        if held is not None and held.from_door:
            self._shared.counters.taken_over += 1
            self.restless.note(device, SHARED, self._shared.now_s(), 2, held.moves)

    def ousted(self, one: Ousted) -> None:
        """Part from a device that speaks at another door: it is not away. Others of the same connection stay."""
        device_id = one.line.device_id
        self._claims.pop(device_id, None)
        for link in self._links.pop(device_id, ()):
            part(link, device_id)

    def has(self, line: Line) -> bool:
        """Tell whether a device is here."""
        return line.device_id in self._links


def _line_of(device_id: str) -> Line:
    return Line.of(device_id, TCP)


def _give_back(board: Switchboard, line: Line, known: Callable[[Gone], None], claim: _Claim) -> None:
    epoch = 0 if claim.cancelled() else claim.result().epoch
    board.leave(line, epoch, b"", 0, broke=True, then=known)
