"""Nobody can be told: then whoever answers for the centre is, at once, over any channel; else every desk stays red."""

from __future__ import annotations

import json

from alerts.tables import AlertEvent
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox
from anhu.registry.tables import Centre, Contact, Organisation, User
from notify.channels.webhook.fake import WebhookServer
from tests.api.world import World
from tests.notify.playing import answers, step_once, told
from tests.notify.test_untold import untold


def user(world: World, name: str, url: str, **more: object) -> None:
    """Add somebody of our centre who wants only high alarms."""
    with world.sessions.begin() as session:
        facts = {"role": "desk", "centre_id": "ours"} | more
        session.add(User(id=f"u-{name}", login=name, name=name, **facts))
        session.add(
            Contact(
                id=f"k-{name}",
                owner_kind="user",
                owner_id=f"u-{name}",
                channel="webhook",
                address=f"{url}?{name}",
                min_priority=int(Priority.HIGH),
            )
        )


def to(receiver: WebhookServer) -> list[str]:
    return [call.path.partition("?")[2] for call in receiver.calls]


def test_without_any_contact_the_supervisor_is_told_at_once_even_of_a_medium_alarm(
    either_world: World, receiver: WebhookServer
) -> None:
    user(either_world, "chief", receiver.url, centre_id="theirs", duty="supervisor")
    with either_world.sessions.begin() as session:
        session.add(Organisation(id="o", name="o", region_code=""))
        for side in ("ours", "theirs"):
            session.get_one(Centre, side).organisation_id = "o"
    alert = either_world.raise_alert("r-ours", "no_motion")
    step_once(either_world)
    assert to(receiver) == ["chief"]
    body = json.loads(receiver.calls[0].body)
    assert body["type"] == "alert.untold"
    assert "无法通知到任何人" in body["text"]
    with either_world.sessions() as session:
        assert [row.priority for row in session.query(Outbox)] == [Priority.HIGH]
    assert untold(either_world, alert) is None, "somebody knows"
    assert told(either_world) == ["raised", "nobody_told", "supervisor_told", "told_again"]


def test_when_all_fail_the_next_on_the_policy_are_told_and_only_then_the_supervisor(
    world: World, receiver: WebhookServer
) -> None:
    world.contact(f"{receiver.url}?desk")
    world.contact(f"{receiver.url}?team", owner="team")
    user(world, "boss", receiver.url, role="admin", centre_id=None)
    receiver.replies = answers(410, 410)
    world.raise_alert("r-ours", "smoke")
    step_once(world)
    assert to(receiver) == ["desk", "team", "boss"]
    assert told(world)[-2:] == ["supervisor_told", "told_again"]


def test_a_supervisor_who_cannot_be_told_either_is_tried_again_and_told_once(
    world: World, receiver: WebhookServer
) -> None:
    user(world, "chief", receiver.url, duty="supervisor", is_lead=True)
    with world.sessions.begin() as session:
        session.get_one(Contact, "k-chief").enabled = False
    alert = world.raise_alert("r-ours", "smoke")
    step_once(world)
    assert receiver.calls == []
    assert untold(world, alert) == [], "red on the desk"
    with world.sessions.begin() as session:
        session.get_one(Contact, "k-chief").enabled = True
    for _ in range(4):
        world.clock.forward(20 * SECOND_MS)
        step_once(world)
    assert len(receiver.calls) >= 1
    assert untold(world, alert) is None
    assert len(set(receiver.keys())) == len(receiver.calls)


def test_a_resident_who_is_called_back_is_nobody_who_comes(either_world: World, receiver: WebhookServer) -> None:
    with either_world.sessions.begin() as session:
        address = f"{receiver.url}?herself"
        session.add(
            Contact(id="k-r", owner_kind="resident", owner_id="r-ours", channel="webhook", address=address, secret="s")
        )
    alert = either_world.raise_alert("r-ours")
    step_once(either_world)
    assert to(receiver) == ["herself"]
    body = json.loads(receiver.calls[0].body)
    assert body["type"] == "alert.callback"
    assert "请不要着急" in body["text"]
    assert untold(either_world, alert) == [], "nobody is told although the resident is called back"
    either_world.contact(f"{receiver.url}?desk")
    either_world.clock.forward(MINUTE_MS)
    step_once(either_world)
    assert "desk" in to(receiver)
    assert untold(either_world, alert) is None


def test_the_call_back_delays_nobody(world: World, receiver: WebhookServer) -> None:
    world.contact(f"{receiver.url}?desk")
    with world.sessions.begin() as session:
        address = f"{receiver.url}?herself"
        session.add(
            Contact(id="k-0", owner_kind="resident", owner_id="r-ours", channel="webhook", address=address, secret="s")
        )
    world.raise_alert("r-ours")
    step_once(world)
    assert sorted(to(receiver)) == ["desk", "herself"]


def test_a_drill_without_contacts_wakes_no_supervisor(world: World, receiver: WebhookServer) -> None:
    user(world, "chief", receiver.url, duty="supervisor")
    with world.sessions.begin() as session:
        session.get_one(Contact, "k-chief").channel = "tel"
    world.raise_alert("r-ours", "drill_call")
    step_once(world)
    assert receiver.calls == []
    with world.sessions() as session:
        assert "supervisor_told" not in {row.what for row in session.query(AlertEvent)}
