"""Who lives in the city of an hour: wearables of their own, homes with sensors, and what vendors' clouds speak for."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import update

from anhu.contract.settings import Secret
from anhu.registry.contacts import create_contact
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.organisations import create_centre
from anhu.registry.tables import Device
from app.enrolment import enrol
from app.settings import Settings
from simulators.credential import Credential
from tests.city.engines import county
from tests.city.layout import City

PRODUCT = "cloud-watch"


class HourSize(NamedTuple):
    """How many, and how fast.

    Attributes
    ----------
    wearables, homes, cloud, callers : int
        Residents whose watch connects itself, whose home does, for whom a vendor's cloud speaks, and of whom some
        will call for help.
    wearables_hz, homes_hz, cloud_hz : float
        Messages of all of a kind together. [1/s]
    """

    wearables: int = 4_000
    homes: int = 3_000
    cloud: int = 41_000
    callers: int = 2_000
    wearables_hz: float = 500.0
    homes_hz: float = 300.0
    cloud_hz: float = 1_700.0
    centres: int = 48

    @property
    def residents(self) -> int:
        """How many live there."""
        return self.wearables + self.homes + self.cloud + self.callers

    @property
    def rate_hz(self) -> float:
        """Messages a second."""
        return self.wearables_hz + self.homes_hz + self.cloud_hz


class Town(NamedTuple):
    """Who was enrolled, and the key with which their vendor's cloud signs."""

    wearables: list[Credential]
    homes: list[Credential]
    cloud: list[Credential]
    callers: list[Credential]
    push_key: str


def build(city: City, size: HourSize, webhook: str) -> Town:
    """Enrol everybody, spread over centres and counties; each centre's desk is told by a webhook."""
    sessions = open_sessions(city.database_url)
    names = [f"centre-{n:02}" for n in range(size.centres)]
    with sessions.begin() as session:
        for n, name in enumerate(names):
            create_centre(session, name=name, centre_id=name, region_code=county(n % city.size.stores + 1))
            create_contact(session, owner_kind="centre", owner_id=name, channel="webhook", address=webhook)
    settings = Settings(data=city.folder, database_url=Secret(city.database_url))
    each = -(-size.residents // len(names))
    of_each = [enrol(settings, each, prefix=f"d-{name}", centre=name) for name in names]
    people = [one for several in zip(*of_each, strict=True) for one in several]
    counts = (size.wearables, size.homes, size.cloud, size.callers)
    groups: list[list[Credential]] = []
    for count in counts:
        groups.append(people[:count])
        people = people[count:]
    key: str = city.admin("create-product", id=PRODUCT, vendor="ACME")["push_key"]
    with sessions.begin() as session:
        ids = [one.device_id for one in groups[2]]
        for first in range(0, len(ids), 1_000):
            chosen = Device.id.in_(ids[first : first + 1_000])
            session.execute(update(Device).where(chosen).values(product_id=PRODUCT))
    close_sessions(sessions)
    wearables, homes, cloud, callers = groups
    return Town(wearables, homes, cloud, callers, key)
