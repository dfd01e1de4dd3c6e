"""Who lives in a city under test: a centre in each partition, spread over the counties, and its desk's contacts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from anhu.contract.settings import Secret
from anhu.log.partition import partition_of
from anhu.registry.contacts import create_contact
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.organisations import create_centre
from app.enrolment import enrol
from app.settings import Settings
from simulators.credential import Credential
from tests.city.layout import City, county


def centres(partitions: int) -> list[str]:
    """Return a centre of each partition: its residents' records lie there."""
    found: dict[int, str] = {}
    names = (f"c-{n}" for n in count())
    while len(found) < partitions:
        name = next(names)
        found.setdefault(partition_of(name, partitions), name)
    return [found[n] for n in range(partitions)]


def settle(city: City, residents: int, contacts: Sequence[tuple[str, str]]) -> list[Credential]:
    """Enrol residents, each with a wearable, in turn in each centre; every desk is told by these contacts.

    Parameters
    ----------
    city : City
        Whose database is brought to its form.
    contacts : sequence of pair of str
        Channel, address.
    """
    sessions = open_sessions(city.database_url)
    names = centres(city.size.partitions)
    with sessions.begin() as session:
        for number, name in enumerate(names):
            region = county(number % city.size.stores + 1)
            create_centre(session, name=name, centre_id=name, region_code=region)
            for channel, address in contacts:
                create_contact(session, owner_kind="centre", owner_id=name, channel=channel, address=address)
    close_sessions(sessions)
    settings = Settings(data=city.folder, database_url=Secret(city.database_url))
    each = -(-residents // len(names))
    of_each = [enrol(settings, each, prefix=f"d-{name}", centre=name) for name in names]
    return [one for several in zip(*of_each, strict=True) for one in several][:residents]
