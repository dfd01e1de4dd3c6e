"""What would end in silence is found, on both databases, and what is well is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from anhu.contract.clock import DAY_MS
from anhu.registry.contact_form import contact_flaw
from anhu.registry.device_tables import DeviceBinding
from anhu.registry.gaps import SHOWN, gaps
from anhu.registry.rota_tables import RotaGapRow, RotaRow, RotaShift
from anhu.registry.tables import Base, Centre, Contact, Device, FamilyLink, Resident, Team, Token, User
from notify.channels import contact_forms
from notify.channels.email.fake import SmtpServer
from notify.channels.webhook import WebhookSettings
from tests.api.world import NOW_MS, World, _resident
from tests.api.world_fixtures import built, either_world, world

__all__ = ["built", "either_world", "world"]
PUBLIC = {"email": SmtpServer.settings(25), "webhook": WebhookSettings()}


def found(world: World) -> dict[str, list[str]]:
    """Return each gap with the identities that it concerns."""
    forms = contact_forms(PUBLIC)
    with world.sessions() as session:
        listed = gaps(session, lambda channel, address: contact_flaw(forms, channel, address), now_ms=NOW_MS)
    return {gap.kind: [one.id for one in gap.first] for gap in listed}


def complete(session: Session) -> None:
    """Give everybody what is missing in the world."""
    for side in ("ours", "theirs"):
        _contact(session, f"k-{side}", f"https://{side}.example/hook", owner_kind="centre", owner_id=side)
        session.add(User(id=f"d-{side}", login=f"d-{side}", name="d", role="desk", centre_id=side))
        session.add(User(id=f"t-{side}", login=f"t-{side}", name="t", role="team", team_id=side))


def _contact(session: Session, contact_id: str, address: str, **more: str) -> None:
    values = {"owner_kind": "centre", "owner_id": "ours", "channel": "webhook"} | more
    session.add(Contact(id=contact_id, address=address, **values))


def _link(session: Session) -> None:
    session.add(FamilyLink(user_id="u-family", resident_id="r-theirs"))
    _contact(session, "k-family", "https://family.example/", owner_kind="user", owner_id="u-family")
    session.get_one(Contact, "k-theirs").enabled = False


def _lose_contacts(session: Session) -> None:
    for side in ("ours", "theirs"):
        session.get_one(Contact, f"k-{side}").enabled = False


def _only_a_phone(session: Session) -> None:
    _lose_contacts(session)
    _contact(session, "k-tel", "13800138000", channel="tel")


def _no_centre(session: Session) -> None:
    session.get_one(Resident, "r-ours").centre_id = None
    _contact(session, "k-team", "https://team.example/", owner_kind="team")


def _gateway(session: Session) -> None:
    session.add(Device(id="home-1", codec="open_json", enrolled_at_ms=NOW_MS, version=9))
    session.flush()
    session.add(
        Device(
            id="child-1", codec="open_json", enrolled_at_ms=NOW_MS, version=9, parent_id="home-1", resident_id="r-ours"
        )
    )


def _set(table: type, row_id: str, **values: object) -> Callable[[Session], None]:
    def change(session: Session) -> None:
        for name, value in values.items():
            setattr(session.get_one(table, row_id), name, value)

    return change


def _bad(address: str, channel: str = "webhook") -> Callable[[Session], None]:
    return lambda session: _contact(session, "k-bad", address, channel=channel)


CASES: dict[str, tuple[Callable[[Session], None], dict[str, list[str]]]] = {
    "all is well": (lambda _: None, {}),
    "a relative alone can be told": (_link, {}),
    "a sensor's gateway of nobody": (_gateway, {}),
    "nobody can be told": (_lose_contacts, {"resident_untold": ["r-ours", "r-theirs"]}),
    "a phone that people call is no message": (_only_a_phone, {"resident_untold": ["r-ours", "r-theirs"]}),
    "a resident without a centre": (_no_centre, {"resident_no_centre": ["r-ours"]}),
    "a resident without a team": (_set(Resident, "r-ours", team_id=None), {"resident_no_team": ["r-ours"]}),
    "a resident who has left": (_set(Resident, "r-ours", active=False, centre_id=None, team_id=None), {}),
    "a desk user without a centre": (_set(User, "d-ours", centre_id=None), {"desk_sees_nobody": ["d-ours"]}),
    "a team user without a team": (_set(User, "u-team", team_id=None), {"team_sees_nobody": ["u-team"]}),
    "a vendor without devices": (_set(User, "u-vendor", vendor=""), {"vendor_sees_nobody": ["u-vendor"]}),
    "a desk that is locked out": (_set(User, "d-theirs", enabled=False), {"centre_no_desk": ["theirs"]}),
    "a team without members": (_set(User, "t-theirs", enabled=False), {"team_no_member": ["theirs"]}),
    "a device of nobody": (
        _set(Device, "watch-ours", resident_id=None),
        {"device_no_resident": ["watch-ours"], "resident_no_device": ["r-ours"]},
    ),
    "a device that was revoked": (_set(Device, "watch-ours", enabled=False), {"resident_no_device": ["r-ours"]}),
    "a webhook to the own network": (_bad("http://10.0.0.8/hook"), {"contact_never": ["k-bad"]}),
    "a webhook to ourselves": (_bad("http://localhost:8080/"), {"contact_never": ["k-bad"]}),
    "mail without a domain": (_bad("doc", "email"), {"contact_never": ["k-bad"]}),
    "a channel that there is no more": (_bad("roof-1", "pigeon"), {"contact_never": ["k-bad"]}),
    "the only contact can never work": (
        _set(Contact, "k-ours", address="http://192.168.0.1/"),
        {"resident_untold": ["r-ours"], "contact_never": ["k-ours"]},
    ),
    "a contact of somebody locked out": (
        lambda s: _contact(s, "k-gone", "https://x.example/", owner_kind="user", owner_id="u-nobody"),
        {"contact_no_owner": ["k-gone"]},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_gap_is_found_and_nothing_else(either_world: World, case: str) -> None:
    change, expected = CASES[case]
    with either_world.sessions.begin() as session:
        complete(session)
        session.flush()
        change(session)
    assert found(either_world) == expected


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "an address outside the own network, or ANHU"), ("zh-CN", "内网以外的地址，或设置 ANHU")],
)
def test_a_contact_that_never_works_is_named_with_its_owner(either_world: World, language: str, said: str) -> None:
    forms = contact_forms(PUBLIC)
    with either_world.sessions.begin() as session:
        complete(session)
        session.flush()
        _set(Contact, "k-ours", address="http://192.168.0.1/")(session)
        session.flush()
        owner = session.get_one(Contact, "k-ours")
        named = session.get_one(Centre, owner.owner_id).name
        listed = gaps(session, lambda channel, address: contact_flaw(forms, channel, address, language), now_ms=NOW_MS)
    (broken,) = (gap for gap in listed if gap.kind == "contact_never")
    assert broken.first[0].name.startswith(f"{named} · webhook: ")
    assert said in broken.first[0].name


def test_an_empty_registry_has_no_gaps(world: World) -> None:
    with world.sessions.begin() as session:
        tables: tuple[type[Base], ...] = (
            Contact,
            FamilyLink,
            DeviceBinding,
            Device,
            Token,
            User,
            Resident,
            Team,
            Centre,
        )
        for table in tables:
            session.query(table).delete()
    assert found(world) == {}


def test_a_large_gap_is_counted_whole_and_named_in_part(world: World) -> None:
    with world.sessions.begin() as session:
        for number in range(10_000):
            row = _resident("ours", f"name {number}")
            row.id, row.centre_id = f"r-{number:05}", None
            session.add(row)
    forms = contact_forms(PUBLIC)
    with world.sessions() as session:
        (first, *_) = gaps(session, lambda channel, address: contact_flaw(forms, channel, address), now_ms=NOW_MS)
    assert (first.kind, first.total, len(first.first)) == ("resident_no_centre", 10_000, SHOWN)


def test_a_gap_in_a_rota_is_one_and_so_are_working_days_that_nobody_has_announced(either_world: World) -> None:
    with either_world.sessions.begin() as session:
        complete(session)
        rota = {"owner_kind": "centre", "owner_id": "ours", "time_zone": "Asia/Shanghai", "covers": "always"}
        session.add(RotaRow(id="ro", workdays="cn", **rota))
        session.flush()
        shift = {"start_minute": 0, "end_minute": 0, "crews": [["u-desk"]], "anchor": "2026-11-23", "position": 0}
        session.add(RotaShift(id="sh", rota_id="ro", name="x", days="work", **shift))
        for name, closed in (("g-1", False), ("g-2", False), ("g-3", True)):
            session.add(RotaGapRow(id=name, rota_id="ro", kind="nobody", start_ms=1, end_ms=2, closed=closed))
    assert found(either_world)["rota_gap"] == ["centre:ours"]
    october = NOW_MS - 30 * DAY_MS
    assert "rota_days_unknown" not in gaps_at(either_world, october), "the notice comes in November"
    assert "rota_days_unknown" in gaps_at(either_world, NOW_MS)
    with either_world.sessions.begin() as session:
        session.query(RotaShift).update({"days": "12345"})
    assert "rota_days_unknown" not in gaps_at(either_world, NOW_MS)


def gaps_at(world: World, now_ms: int) -> set[str]:
    with world.sessions() as session:
        return {gap.kind for gap in gaps(session, lambda *_contact: "", now_ms=now_ms)}
