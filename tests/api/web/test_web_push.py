"""Told with no page open: a real Firefox subscribes at a local push service, and hears of an alarm, and of its loss."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alerts.tables import Alert, AlertEvent
from anhu.contract.clock import ManualClock
from anhu.contract.settings import Secret
from anhu.registry.tables import Audit, Contact
from notify.channels import capabilities, contact_forms
from notify.channels.web_push import WebPushSettings
from notify.channels.web_push.encryption import to_base64url
from notify.channels.web_push.sender import WebPush
from notify.dispatcher import Dispatcher
from notify.subjects import subjects
from tests.api.web.scene import PASSWORD, Scene, make_scene, record_fall
from tests.api.web.serving import served
from tests.services.firefox import Firefox
from tests.services.push_service import PushService

pytestmark = [  # the remote control of Firefox leaves sockets and pipes to the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SETTINGS = WebPushSettings(
    web_push_key=Secret(to_base64url((0xDE5C).to_bytes(32, "big"))),
    web_push_contact="mailto:desk@example.org",
    web_push_services="127.0.0.1",
    web_push_private=True,
)


def now() -> int:
    return time.time_ns() // 1_000_000


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def reads(firefox: Firefox, wanted: str) -> None:
    said: list[str] = []

    def is_there() -> bool:
        said[:] = [firefox.text("#push-state")]
        return said == [wanted]

    try:
        until(is_there)
    except AssertionError:
        raise AssertionError(f"{said} instead of {wanted}") from None


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = make_scene(tmp_path, now())
    yield made
    made.close()


@pytest.fixture
def push() -> Iterator[PushService]:
    with PushService() as started:
        yield started


@pytest.fixture
def firefox(tmp_path: Path, push: PushService) -> Iterator[Firefox]:
    (tmp_path / "home").mkdir()
    with Firefox(tmp_path / "home", push.socket_url) as started:
        yield started


@pytest.fixture
def base(scene: Scene) -> Iterator[str]:
    with served(scene, channels=contact_forms({"web_push": SETTINGS})) as address:
        yield address


def stands(scene: Scene, alert_id: str) -> tuple[str, str]:
    with scene.sessions() as session:
        alert = session.get_one(Alert, alert_id)
        return alert.response, alert.assignee


def lines(scene: Scene, alert_id: str) -> list[str]:
    with scene.sessions() as session:
        return [line.what for line in session.query(AlertEvent).filter_by(alert_id=alert_id)]


def log_in(firefox: Firefox, base: str, login: str) -> None:
    firefox.open(f"{base}/login")
    firefox.fill("#login", login)
    firefox.fill("#password", PASSWORD)
    firefox.click("form button")
    until(lambda: "/login" not in str(firefox.ask("location.pathname")))


def browsers(scene: Scene) -> list[Contact]:
    with scene.sessions() as session:
        return session.query(Contact).filter(Contact.channel == "web_push").order_by(Contact.id).all()


def send_what_is_due(scene: Scene, base: str) -> None:
    """Be the dispatcher for a moment."""

    async def step() -> None:
        clock = ManualClock(now())
        channel = WebPush(SETTINGS, clock)
        dispatcher = Dispatcher(
            scene.sessions,
            {"web_push": channel},
            clock,
            capabilities=capabilities(),
            subjects=subjects(),
            public_url=base,
            jitter=lambda: 0.0,
        )
        await dispatcher.step(clock.now_ms())
        await channel.close()

    asyncio.run(step())


def shows(firefox: Firefox, many: int) -> None:
    until(lambda: len(firefox.notifications()) == many)


def enter(firefox: Firefox, scene: Scene, base: str) -> Contact:
    """Enter this browser, by the button, and return the contact that it is."""
    before = {one.id for one in browsers(scene) if one.enabled}
    firefox.open(f"{base}/notifications")
    reads(firefox, "此设备还不会收到通知。")
    firefox.click("#push-enter")
    until(lambda: {one.id for one in browsers(scene) if one.enabled} - before)
    reads(firefox, "此设备会收到通知。")
    (made,) = [one for one in browsers(scene) if one.enabled and one.id not in before]
    return made


def test_a_relative_is_told_in_firefox_with_no_page_open_and_cannot_silence_the_desk(
    scene: Scene, base: str, firefox: Firefox, push: PushService
) -> None:
    log_in(firefox, base, "family")
    contact = enter(firefox, scene, base)
    assert (contact.owner_id, contact.label) == ("u-family", "Firefox, Linux")
    assert contact.address.startswith(f"http://127.0.0.1:{push.port}/push/")

    firefox.open("about:blank")
    alert_id = record_fall(scene, "r-1", now_ms=now())
    send_what_is_due(scene, base)
    until(firefox.notifications)
    assert (push.posts[0]["urgency"], push.posts[0]["content-encoding"]) == ("high", "aes128gcm")
    (shown,) = firefox.notifications()
    assert (shown["title"], shown["actions"]) == ("【安护】跌倒：王*英（高）", ["我去看她/他"])
    assert "王秀英" not in shown["title"] + shown["text"]
    assert "http" not in shown["text"]
    firefox.click_notification(0)
    until(lambda: any(f"/residents/r-1?alert={alert_id}" in one for one in firefox.addresses()))
    assert stands(scene, alert_id) == ("unacked", "")

    firefox.click_notification(0, "take")
    until(lambda: "family_going" in lines(scene, alert_id))
    until(lambda: "已告诉值守台您正在过去" in firefox.notifications()[-1]["text"])
    assert stands(scene, alert_id) == ("unacked", "")


def test_a_doctor_takes_the_alarm_with_the_button_of_the_push_and_no_page_open(
    scene: Scene, base: str, firefox: Firefox
) -> None:
    with scene.sessions.begin() as session:
        session.query(Contact).filter_by(owner_kind="team").one().enabled = False  # else it is told, and no member
    log_in(firefox, base, "doctor")
    contact = enter(firefox, scene, base)
    firefox.open("about:blank")
    alert_id = record_fall(scene, "r-1", now_ms=now())
    send_what_is_due(scene, base)
    shows(firefox, 1)
    assert firefox.notifications()[0]["actions"] == ["我来处理"]
    firefox.click_notification(0, "take")
    until(lambda: stands(scene, alert_id) == ("acknowledged", contact.owner_id))
    until(lambda: "已登记由您响应" in firefox.notifications()[-1]["text"])
    with scene.sessions() as session:
        taken = session.query(AlertEvent).filter_by(alert_id=alert_id, what="acknowledged").one()
    assert (taken.data["via"], taken.data["contact_id"]) == ("link", contact.id)
    assert not any("/a/" in one for one in firefox.addresses()), "no page was opened for it"


def test_a_browser_that_is_gone_is_told_to_its_owner_and_enters_anew(
    scene: Scene, base: str, firefox: Firefox, push: PushService
) -> None:
    log_in(firefox, base, "family")
    contact = enter(firefox, scene, base)
    push.gone.add(contact.address.rpartition("/")[2])
    alert_id = record_fall(scene, "r-1", now_ms=now())
    send_what_is_due(scene, base)
    (contact,) = browsers(scene)
    assert not contact.enabled
    assert contact.gone_at_ms
    with scene.sessions() as session:
        failed = session.query(AlertEvent).filter_by(alert_id=alert_id, what="notify_failed")
        said = {line.data["channel"]: line.data["reason"] for line in failed}
    assert "no longer takes pushes" in said["web_push"]
    firefox.open(f"{base}/residents/r-1")
    assert "Firefox, Linux" in firefox.text(".push-gone-notice"), "its owner is told on any page"

    newest = enter(firefox, scene, base)
    assert newest.address != contact.address, "the address that is gone is not used again"
    firefox.click("#push-leave")
    until(lambda: not any(one.enabled for one in browsers(scene)))
    until(lambda: "unregister" in push.heard)
    with scene.sessions() as session:
        told = [row.action for row in session.query(Audit).filter(Audit.action.like("browser.%")).order_by(Audit.id)]
    assert told == ["browser.enter", "browser.enter", "browser.leave"]
