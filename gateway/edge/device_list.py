"""The home's devices, in a file that the centre wrote: whom to let in while nobody can be asked."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from anhu.contract.errors import SettingsError
from gateway.codec import Command
from gateway.directory import DeviceEntry, DoorNote, Owner

_logger = logging.getLogger(__name__)
FORMAT = 1


class ListedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """One device of the home.

    Attributes
    ----------
    secret_sha256 : str
        In hexadecimal; empty when it does not connect itself.
    parent_id : str
        The gateway of the home that it hangs on; empty for none.
    label : str
        What a carer knows it by: room and model; no name of a resident leaves the centre.
    """

    id: str
    codec: str
    secret_sha256: str = ""
    parent_id: str = ""
    child_name: str = ""
    report_period_s: float = 0.0
    enabled: bool = True
    label: str = ""


class DeviceList(msgspec.Struct, frozen=True, kw_only=True):
    """The file.

    Attributes
    ----------
    edge : str
        The edge gateway's own identity at the centre.
    """

    format: int
    edge: str
    devices: list[ListedDevice]


def read(path: Path) -> DeviceList:
    """Return what a file holds.

    Raises
    ------
    SettingsError
        If it is not there, or is no such list; the text says where.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=DeviceList)
    except OSError as error:
        raise SettingsError("devices", str(path), f"a file that can be read ({error.strerror})") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError("devices", str(path), f"the list that anhu admin edge-devices writes: {error}") from None
    if found.format != FORMAT:
        raise SettingsError("devices.format", str(found.format), str(FORMAT))
    return found


class ListedDirectory:
    """The file as a front door's directory; a new file counts at once, a broken one is told and the old one stays.

    Parameters
    ----------
    path : Path
        Where the file is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at = self._written()
        self._list = read(path)
        self._version = 1
        self._changed: Mapping[str, int] = {}

    @property
    def edge(self) -> str:
        """Who we are at the centre."""
        return self._list.edge

    def label(self, device_id: str) -> str:
        """Return what a carer knows a device by; empty where nothing is known."""
        return next((one.label for one in self._list.devices if one.id == device_id), "")

    def find_all(self, device_ids: Sequence[str]) -> Mapping[str, DeviceEntry]:
        """Return those of the devices that are listed."""
        wanted = set(device_ids)
        children: dict[str, dict[str, Owner]] = {}
        for one in self._list.devices:
            if one.parent_id and one.enabled:
                children.setdefault(one.parent_id, {})[one.child_name] = Owner(one.id, "", one.id)
        return {one.id: _entry(one, children.get(one.id, {})) for one in self._list.devices if one.id in wanted}

    def present_version(self) -> int:
        """Return the present version."""
        return self.changed_since(0)[0]

    def changed_since(self, version: int) -> tuple[int, Sequence[str]]:
        """Read the file if it is another; return the present version and the devices that changed since."""
        written = self._written()
        if written != self._read_at:
            self._read_at = written
            self._take_new()
        return self._version, [one for one, at in self._changed.items() if at > version]

    def _take_new(self) -> None:
        try:
            fresh = read(self._path)
        except SettingsError as error:
            _logger.error("the list of devices stays as it was: %s", error)  # noqa: TRY400 - its text says all
            return
        self._version += 1
        changed = {one.id for one in self._list.devices} | {one.id for one in fresh.devices}
        self._changed = {**self._changed, **dict.fromkeys(changed, self._version)}
        self._list = fresh

    def _written(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return 0, 0
        return found.st_mtime_ns, found.st_ino


def _entry(one: ListedDevice, children: Mapping[str, Owner]) -> DeviceEntry:
    return DeviceEntry(
        device_id=one.id,
        secret_sha256=bytes.fromhex(one.secret_sha256),
        codec=one.codec,
        partition_key=one.id,
        enabled=one.enabled,
        report_period_s=one.report_period_s,
        children=children,
    )


class NoCommands:
    """Commands wait at the centre: none passes an edge gateway yet, and the centre's page says undelivered."""

    def pending(self, device_ids: Sequence[str]) -> Sequence[tuple[str, Command]]:  # noqa: ARG002 - as every queue
        """Return none."""
        return ()

    def delivered(self, command_id: str, at_ms: int) -> None:
        """Take nothing: none was given."""

    def failed(self, command_id: str, why: str, at_ms: int) -> None:
        """Take nothing: none was given."""


class LoggedNotes:
    """What came to nothing at this door stands in the edge's log."""

    def add(self, notes: Sequence[DoorNote]) -> None:
        """Log them."""
        for note in notes:
            _logger.warning("%s: %s %d times, last %s", note.device_id, note.kind, note.times, note.last)
