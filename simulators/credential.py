"""How a simulated device proves who it is."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

from anhu.contract.errors import FieldError
from anhu.contract.identity import checked_id


class Credential(NamedTuple):
    """A device's identity (also its MQTT client and user name) and its secret, which is never printed."""

    device_id: str
    secret: str

    def __repr__(self) -> str:
        return f"Credential({self.device_id!r}, ***)"


def read_credentials(path: Path) -> tuple[Credential, ...]:
    """Read a CSV file of ``device_id,secret``, one device a line, no heading.

    Raises
    ------
    FieldError
        Naming the line that is not of that form; its secret is not shown.
    """
    found = []
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.reader(file), start=1):
            if len(row) != len(Credential._fields):
                raise FieldError(f"{path.name}:{number}", f"{len(row)} columns", "device_id,secret")
            found.append(Credential(checked_id(row[0], field=f"{path.name}:{number}"), row[1]))
    return tuple(found)
