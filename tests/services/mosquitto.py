"""A real Mosquitto: the general broker that devices may already be connected to."""

from __future__ import annotations

from pathlib import Path

from tests.services.finding import find, need
from tests.services.process import HOST, ServiceProcess, accepts, free_port, is_root


def find_mosquitto() -> Path | None:
    """Return the broker's program."""
    return find("mosquitto")


class Mosquitto:
    """One broker with its own configuration and data.

    Parameters
    ----------
    folder : Path
        Empty folder for configuration, data and log.
    config : str
        Lines added to the configuration. Unless they say otherwise anybody may connect and the data outlives a
        restart.

    Attributes
    ----------
    host, port : str, int
        Where it listens; the same after a restart.
    log : Path
        What it prints.
    """

    def __init__(self, folder: Path, config: str = "") -> None:
        program = need(find_mosquitto(), "Mosquitto")
        self.host = HOST
        self.port = free_port()
        self.log = folder / "mosquitto.log"
        file = folder / "mosquitto.conf"
        file.write_text(_config(folder, self.port, config), "utf-8")
        self._process = ServiceProcess([program, "-c", file], log=self.log, ready=lambda: accepts(self.port))

    @property
    def pid(self) -> int:
        """Process id while it runs."""
        return self._process.pid

    def start(self) -> None:
        """Start, and return when it accepts connections."""
        self._process.start()

    def stop(self) -> None:
        """End cleanly: it writes its data first."""
        self._process.stop()

    def kill(self) -> None:
        """End by SIGKILL: what it had not written is lost."""
        self._process.kill()

    def restart(self) -> None:
        """End cleanly and start again on the same port with the same data."""
        self.stop()
        self.start()


def _config(folder: Path, port: int, extra: str) -> str:
    words = {line.split()[0] for line in extra.splitlines() if line.strip()}
    defaults = {
        "allow_anonymous": "true",
        "persistence": "true",
        "persistence_location": f"{folder}/",
        "log_dest": "stdout",
        "user": "root" if is_root() else "",
    }
    lines = [f"listener {port} {HOST}"]
    lines += [f"{word} {value}" for word, value in defaults.items() if value and word not in words]
    return "\n".join([*lines, extra, ""])
