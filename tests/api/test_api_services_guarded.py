"""Whoever touches residents goes through the one helper that decides who sees whom; nobody goes round the services."""

from __future__ import annotations

from pathlib import Path

import pytest

import api
from tests.api.guard import SERVED, Function, asks_role, asks_who_sees_whom, public_functions, ways_round

ROOT = Path(next(iter(api.__path__)))
FUNCTIONS = [found for file in sorted((ROOT / "services").glob("*.py")) for found in public_functions(file)]
OUTSIDE = [
    file
    for file in sorted(ROOT.rglob("*.py"))
    if file.parent.name != "services" and file.relative_to(ROOT).as_posix() not in SERVED
]
UNGUARDED = {
    "usual.usual_of": "after a visit, of who was found there",
    "answers.look": "a link is a right of its own: what its message said, about one alarm; tests of its own",
    "stream.recent_ids": "numbers only, to know that something happened",
    "stream.open_stream": "the newest number only",
    "residents.create_resident": "an admin makes a new one",
    "users.list_users": "an admin reads who is linked to whom",
    "users.read_user": "the same",
    "users.create_user": "the same",
    "users.change_user": "the same",
    "coming.said_about": "of alerts which the caller's own query let through",
    "family_words.words_about": "of a visit, which let the resident through",
    "ladder.answer_ends_of": "of alerts which the caller's own query let through",
    "sheet_links.open_link": "is told no viewer: it finds the link's maker, and asks whom that one sees",
    "claims.claim_device": "a code is on the box of a device that nobody has; whose it becomes is asked in `bound`",
    "untold.untold_of": "of alerts which the caller's own query let through",
    "working_together.colleagues_for": "of a resident whom the caller's own query let through",
    "device_views.device_views": "of devices which the caller's own query let through",
    "people.seen_people": "of residents whom the caller's own query let through",
}
WITHOUT_ROLE = {
    "quarantine.count_strangers": "a number for the menu; by `may`",
    "unassigned.count_unassigned": "the same",
    "waiting.waiting_for": "of both",
    "login.log_out": "everybody may",
    "login.set_own_password": "one's own",
    "logins.list_logins": "one's own",
    "logins.end_login": "one's own",
    "logins.end_other_logins": "one's own",
    "logins.set_own_language": "one's own",
    "oidc_links.own_link": "one's own",
    "oidc_links.link_own": "one's own",
    "own_contacts.list_own": "one's own",
    "own_contacts.add_own": "one's own",
    "own_contacts.send_code": "one's own",
    "own_contacts.prove": "one's own",
    "own_contacts.change_own": "one's own",
    "own_contacts.move_own": "one's own",
    "own_contacts.remove_own": "one's own",
    "own_contacts.try_own": "one's own",
    "tokens.list_tokens": "one's own; others' by `may`",
    "tokens.revoke_token": "one's own; others' by `may`",
    "browsers.list_browsers": "one's own",
    "browsers.enter_browser": "one's own",
    "browsers.leave_browser": "one's own",
    "session.session_end": "one's own",
    "session.renew_session": "one's own",
}


def test_there_is_something_to_read() -> None:
    assert len(FUNCTIONS) > 50
    assert len([one for one in FUNCTIONS if one.arguments[:1] == ("visit",)]) > 10
    assert len(OUTSIDE) > 60


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.name)
def test_a_service_asks_for_the_role(function: Function) -> None:
    if function.arguments[:1] == ("deps",) and function.name not in WITHOUT_ROLE:
        assert asks_role(function)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.name)
def test_a_service_goes_through_the_helper(function: Function) -> None:
    if function.name not in UNGUARDED:
        assert asks_who_sees_whom(function)


def test_exceptions_are_still_needed() -> None:
    named = {one.name: one for one in FUNCTIONS}
    for name in UNGUARDED:
        assert not asks_who_sees_whom(named[name]), name
    for name in WITHOUT_ROLE:
        assert not asks_role(named[name]), name
    assert all((ROOT / file).is_file() for file in SERVED)


@pytest.mark.parametrize("file", OUTSIDE, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_nobody_goes_round_the_services(file: Path) -> None:
    assert ways_round(file.read_text("utf-8")) == []


PLANTED = {
    "the store, as the list of residents once did": "latest = deps.store.latest(ids)",
    "the store by another name": "asked = site.deps.store\nasked.ping()",
    "a transaction": "with deps.sessions.begin() as session:\n    session.execute(query)",
    "the visit's database": "rows = visit.session.execute(query)",
    "the visit's store": "found = visit.store.events('r-1', within)",
    "by its name": "store = getattr(deps, 'store')",
    "a sessionmaker": "from sqlalchemy.orm import sessionmaker",
    "the whole of sqlalchemy": "import sqlalchemy",
    "a reading of one's own": "from anhu.registry.database import reading",
    "a look for changes": "from anhu.registry.database_changes import DatabaseChanges",
    "tables of alerts": "from alerts.tables import Alert",
    "tables of residents": "from anhu.registry.tables import Resident",
    "tables in passing": "import anhu.registry.tables as people",
    "episodes": "from alerts.episodes.responses import close",
    "the store's port": "from ingest.store.port import StoreQuery",
    "a store adapter": "from ingest.store.embedded.query import SqliteStoreQuery",
    "the rest of ingest": "import ingest.worker",
    "the LOG": "from anhu.log.port import LogReader",
}


@pytest.mark.parametrize("way", PLANTED)
@pytest.mark.parametrize("place", ["web/people.py", "web/evidence/picked.py", "routes/alerts.py", "gate.py"])
def test_a_planted_way_round_is_seen(place: str, way: str) -> None:
    source = (ROOT / place).read_text("utf-8")
    indented = PLANTED[way].replace("\n", "\n    ")
    assert ways_round(f"{source}\n\ndef planted(deps, site, visit, query, ids, within):\n    {indented}\n") != []


SHAMELESS = {
    "no filter": """
def everybody(deps, viewer):
    require(viewer, Permission.READ_HEALTH)
    with reading(deps.sessions)() as session:
        return session.scalars(select(Resident)).all()
""",
    "a list's visit without a filter": """
def everybody(deps, viewer):
    with visit_many(deps, viewer, "resident.list") as visit:
        return visit.session.scalars(select(Resident)).all()
""",
    "nobody asks": """
def everybody(deps):
    with deps.sessions.begin() as session:
        return session.scalars(select(Alert)).all()
""",
    "the store, unasked": """
def newest(deps, viewer, resident_id):
    require(viewer, Permission.READ_HEALTH)
    return _found(deps, resident_id)

def _found(deps, resident_id):
    return deps.store.latest([resident_id])
""",
    "a part for visits to many": """
def alerts_of(visit: Visit, resident_id: str):
    return visit.session.scalars(select(Alert).where(Alert.resident_id == resident_id)).all()
""",
}


@pytest.mark.parametrize("way", SHAMELESS)
def test_a_planted_service_without_a_filter_is_seen(way: str, tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text(SHAMELESS[way], "utf-8")
    first, *_ = public_functions(tmp_path / "planted.py")
    assert not asks_who_sees_whom(first)


def test_a_planted_service_that_asks_for_no_role_is_seen(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text("def all_centres(deps, viewer):\n    return deps.sessions\n", "utf-8")
    first, *_ = public_functions(tmp_path / "planted.py")
    assert not asks_role(first)
