"""What a process stands on: room on the disk of its data folder, its connections to the database, its certificate."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import QueuePool
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.numbers import Family, Sample, gauge
from anhu.registry.database import engine_of


def disk(folder: Path) -> Callable[[], Sequence[Family]]:
    """Return what tells the room on the disk of a folder; nothing while there is none."""

    def families() -> Sequence[Family]:
        try:
            found = shutil.disk_usage(folder)
        except OSError:
            return ()
        return (
            gauge("anhu_data_free_bytes", "Room that is left on the disk of the data folder.", float(found.free)),
            gauge("anhu_data_size_bytes", "Size of the disk of the data folder.", float(found.total)),
        )

    return families


def pool(sessions: sessionmaker[Session]) -> Callable[[], Sequence[Family]]:
    """Return what tells how many connections to the database there are, and may be; nothing of a pool without end."""
    of = engine_of(sessions).pool

    def families() -> Sequence[Family]:
        if not isinstance(of, QueuePool):
            return ()
        now = {"used": of.checkedout(), "idle": of.checkedin(), "most": of.size() + max(of._max_overflow, 0)}  # noqa: SLF001 - it says so nowhere else
        samples = tuple(Sample((state,), float(count)) for state, count in now.items())
        what = "Connections to the database that are used, idle, and at most open at once."
        return (Family("anhu_database_connections", what, "gauge", ("state",), samples),)

    return families


def certificate(file: str) -> Callable[[], Sequence[Family]]:
    """Return what tells until when the doors' certificate is good; nothing where there is none or it cannot be read."""

    def families() -> Sequence[Family]:
        try:
            ends_s = certificate_ends_s(Path(file)) if file else None
        except (OSError, ssl.SSLError, ValueError):
            return ()
        what = "Until when the certificate of devices' doors is good."
        return () if ends_s is None else (gauge("anhu_certificate_end_timestamp_seconds", what, ends_s),)

    return families


def certificate_ends_s(file: Path) -> float:
    """Return until when the first certificate of a PEM file is good. [s].

    Raises
    ------
    OSError, ssl.SSLError, ValueError
        If it cannot be read.
    """
    decoded = ssl._ssl._test_decode_cert(str(file))  # type: ignore[attr-defined]  # noqa: SLF001 - the standard library's only reader of a PEM file
    return float(ssl.cert_time_to_seconds(decoded["notAfter"]))
