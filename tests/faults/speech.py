"""How devices speak to an installation under test: a device for each way in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from simulators.credential import Credential
from simulators.fleet import FleetDevice
from tests.faults.cable import HOST
from tests.faults.line_codec import fault_line
from tests.faults.liners import LineDevice, speak_lines
from tests.faults.pushers import PushingDevice, product_of_all
from tests.faults.setup import Route
from tests.faults.web_senders import WebSocketDevice
from tests.services.process import free_port
from tests.smoke.installation import Installation

_WINDOW = 400
_PORTS: Mapping[Route, str] = {"push": "push_port", "ws": "mqtt_ws_port", "tcp": "tcp_port"}


def way_in(route: Route) -> tuple[int, dict[str, str]]:
    """Return the port at which devices of a route come in, and the settings that open it; 0 for the first two."""
    if route not in _PORTS:
        return 0, {}
    port = free_port()
    return port, {_PORTS[route]: str(port), "codec_folder": str(Path(fault_line.__file__).parent)}


def taught(route: Route, installation: Installation, database: str) -> str:
    """Have the enrolled devices speak so; return the key with which a cloud signs for them, where one does."""
    if route == "push":
        return product_of_all(installation, database)
    if route == "tcp":
        speak_lines(database)
    return ""


class Speech(NamedTuple):
    """A way in.

    Attributes
    ----------
    push_key : str
        With which a cloud signs that speaks for them, where one does.
    """

    route: Route = "door"
    push_key: str = ""

    def device(self, credential: Credential, port: int) -> FleetDevice:
        """Return a device that speaks so, and remembers what it was promised."""
        if self.route == "push":
            return PushingDevice(credential, host=HOST, port=port, window=_WINDOW, key=self.push_key)
        kinds: dict[Route, type[FleetDevice]] = {"ws": WebSocketDevice, "tcp": LineDevice}
        kind = kinds.get(self.route, FleetDevice)
        return kind(credential, host=HOST, port=port, window=_WINDOW, remember=True)
