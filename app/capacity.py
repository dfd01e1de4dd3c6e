"""How many machines a city needs: arithmetic over published figures, and "not measured" where there is none."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from app.markdown import table

PUBLISHED = Path(__file__).parents[1] / "docs" / "measured" / "city.json"
_NOT_MEASURED = "**not measured**"
_MICRO = 1e6
_GIB = 2**30
BUSY = 0.5
"""The part of a core that is planned for: the rest is for a storm, a backlog, and a machine that is lost."""
CORES, MEMORY_GIB = 8, 32
"""Of a machine, in the table."""
_BROKERS = 3
_OURS = frozenset({"gateway", "ingest", "alerts"})
_SIZES = ((10_000, 1.0), (100_000, 1.0), (1_000_000, 1.0))
"""Residents, and messages a minute of each."""


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was measured, on what, and by which command."""

    value: float
    unit: str
    on: str
    command: str


class Wanted(NamedTuple):
    """A figure that the arithmetic wants, or that a city wants to know.

    Attributes
    ----------
    unit : str
        It must have.
    says : str
        What it is.
    """

    unit: str
    says: str


WANTED: Mapping[str, Wanted] = {
    "door_cpu_us": Wanted("µs", "CPU of a door for a message (QoS 1, three values)"),
    "ingest_cpu_us": Wanted("µs", "CPU of `ingest` for a message"),
    "engine_cpu_us": Wanted("µs", "CPU of `alerts` for a message"),
    "store_cpu_us": Wanted("µs", "CPU of InfluxDB for a message"),
    "engine_resident_bytes": Wanted("byte", "memory of `alerts` for a resident"),
    "door_connection_bytes": Wanted("byte", "memory of a door for a connection"),
    "kafka_append_cpu_us": Wanted("µs", "CPU of a door for a message more, with Kafka"),
    "kafka_read_cpu_us": Wanted("µs", "CPU of a reader for a message more, with Kafka"),
    "kafka_broker_cpu_us": Wanted("µs", "CPU of all brokers for a message, three copies"),
    "city_engine_cpu_us": Wanted("µs", "CPU of `alerts` for a message, 48 partitions, 1,000,000 residents"),
    "city_engine_resident_bytes": Wanted("byte", "memory of `alerts` for a resident, of 1,000,000"),
    "city_messages_per_s": Wanted("1/s", "highest rate of a whole city that holds, machines of their own"),
    "city_page_p99_ms": Wanted("ms", "SOS to page at that rate, p99"),
    "takeover_s": Wanted("s", "from a killed `alerts` to its residents being watched again, worst"),
}


class Role(NamedTuple):
    """Who does a part of the work.

    Attributes
    ----------
    cpu : tuple of str
        Figures of CPU time a message, added up. [µs]
    memory : str
        Figure of memory a resident, one device each; empty: it does not grow with them. [byte]
    """

    name: str
    cpu: tuple[str, ...]
    memory: str = ""


ROLES = (
    Role("gateway", ("door_cpu_us", "kafka_append_cpu_us"), "door_connection_bytes"),
    Role("ingest", ("ingest_cpu_us", "kafka_read_cpu_us")),
    Role("alerts", ("city_engine_cpu_us", "kafka_read_cpu_us"), "city_engine_resident_bytes"),
    Role("InfluxDB", ("store_cpu_us",)),
    Role("Kafka", ("kafka_broker_cpu_us",)),
)
_INSTEAD = {"city_engine_cpu_us": "engine_cpu_us", "city_engine_resident_bytes": "engine_resident_bytes"}
"""Measured on something smaller, and used until the figure itself is there."""


class Need(NamedTuple):
    """What a role needs.

    Attributes
    ----------
    cores, memory_gib : float
        Cores at the share `BUSY`, memory [GiB].
    missing : tuple of str
        Figures that are not there; what is needed is more than is said.
    """

    role: str
    cores: float
    memory_gib: float
    missing: tuple[str, ...]

    @property
    def processes(self) -> int:
        """How many of ours: one uses one core; and one more than it takes, since one may be lost."""
        return math.ceil(self.cores) + 1


@cache
def figures(path: Path = PUBLISHED) -> Mapping[str, Figure | None]:
    """Return what was published; raises what msgspec does where a file is not in its form."""
    return msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, Figure | None]])["figures"]


def needs(residents: int, messages_per_s: float, known: Mapping[str, Figure | None] | None = None) -> Iterator[Need]:
    """Yield what each role needs for so many residents with one device each, and so many messages. [1/s]."""
    known = figures() if known is None else known
    for role in ROLES:
        cpu_us, no_cpu = _sum(role.cpu, known)
        memory, no_memory = _sum((role.memory,) if role.memory else (), known)
        cores = messages_per_s * cpu_us / _MICRO / BUSY
        yield Need(role.name, cores, residents * memory / _GIB, (*no_cpu, *no_memory))


def machines(all_needs: Sequence[Need]) -> int:
    """Return how many machines that is together: one more than it takes, three at least, since Kafka has three."""
    cores, memory_gib = sum(one.cores for one in all_needs), sum(one.memory_gib for one in all_needs)
    return max(math.ceil(cores / CORES), math.ceil(memory_gib / MEMORY_GIB), _BROKERS - 1) + 1


def _sum(names: tuple[str, ...], known: Mapping[str, Figure | None]) -> tuple[float, tuple[str, ...]]:
    found = {name: known.get(name) or known.get(_INSTEAD.get(name, "")) for name in names}
    missing = tuple(name for name in names if known.get(name) is None)
    return sum(one.value for one in found.values() if one is not None), missing


def capacity_sections() -> Mapping[str, Callable[[], str]]:
    """Return block name -> function that makes its Markdown."""
    return {"city-figures": _figures, "city-machines": _machines}


def _figures() -> str:
    known = figures()
    rows = []
    for name, wanted in WANTED.items():
        one = known.get(name)
        value = _NOT_MEASURED if one is None else f"{one.value:,g} {one.unit}"
        rows.append([f"`{name}`", wanted.says, value, "" if one is None else f"{one.on}; `{one.command}`"])
    return table(("figure", "what", "value", "measured on, by"), rows)


def _machines() -> str:
    rows = [row for residents, each_per_min in _SIZES for row in _of_size(residents, residents * each_per_min / 60)]
    head = ("residents", "messages/s", "who", f"cores at {BUSY:.0%}", "GiB", "how many, one spare", "without")
    return table(head, rows)


def _of_size(residents: int, per_s: float) -> Iterator[list[str]]:
    all_needs = [*needs(residents, per_s)]
    size = [f"{residents:,}", f"{per_s:,.0f}"]
    for need in all_needs:
        missing = ", ".join(f"`{name}`" for name in need.missing)
        if not need.cores:
            yield [*size, need.role, _NOT_MEASURED, "", "", missing]
            continue
        bound = "≥ " if need.missing else ""
        memory = f"{bound}{need.memory_gib:.1f}" if need.memory_gib else ""
        processes = f"{bound}{need.processes}" if need.role in _OURS else ""
        yield [*size, need.role, f"{bound}{need.cores:.2f}", memory, processes, missing]
    bound = "≥ " if any(need.missing for need in all_needs) else ""
    yield [*size, f"machines ({CORES} cores, {MEMORY_GIB} GiB)", "", "", f"{bound}{machines(all_needs)}", ""]
