"""What lies between the processes of an installation and the world: cables that can be cut, and the gate of a store."""

from __future__ import annotations

from tests.faults.cable import HOST, Cable
from tests.faults.influx_gate import InfluxGate
from tests.faults.setup import Services


class Wires:
    """Cables between devices and front door (or broker), gateway and broker, ingest and InfluxDB, all and PostgreSQL.

    Attributes
    ----------
    device_cable, broker_cable, influx_gate, influx_cable, database_cable, doctor_cable : Cable, InfluxGate
        None where the installation has no such part; `doctor_cable` is between dispatcher and the doctor's webhook.
    """

    def __init__(self, around: Services, doctor_port: int) -> None:
        self._around = around
        self.device_cable: Cable
        self.doctor_cable = Cable(doctor_port)
        self.broker_cable = Cable(around.mosquitto.port) if around.mosquitto else None
        self.influx_cable = Cable(int(around.influxd.url.rsplit(":", 1)[1])) if around.influxd else None
        self.influx_gate: InfluxGate | None = None
        self.database_cable = Cable(around.postgres.port) if around.postgres else None

    async def start(self) -> dict[str, str]:
        """Lay all cables but the devices'; return the settings that lead the processes through them."""
        given: dict[str, str] = {}
        if self.influx_cable is not None:
            await self.influx_cable.start()
            self.influx_gate = InfluxGate(self.influx_cable.port)
            given["influxdb_url"] = f"http://{HOST}:{self.influx_gate.port}"
        for cable in (self.database_cable, self.broker_cable, self.doctor_cable):
            if cable is not None:
                await cable.start()
        if self._around.postgres is not None and self.database_cable is not None:
            given["database_url"] = self._around.postgres.url(self.database_cable.port)
        if self.broker_cable is not None:
            given["broker_url"] = f"mqtt://{HOST}:{self.broker_cable.port}"
        return given

    async def start_devices(self, front_door_port: int) -> None:
        """Lay the cable on which devices come in."""
        behind = self._around.mosquitto.port if self._around.mosquitto else front_door_port
        self.device_cable = Cable(behind)
        await self.device_cable.start()

    async def close(self) -> None:
        """Take all cables away."""
        cables = (self.device_cable, self.broker_cable, self.influx_cable, self.database_cable, self.doctor_cable)
        for cable in cables:
            if cable is not None:
                await cable.close()
        if self.influx_gate is not None:
            self.influx_gate.close()
