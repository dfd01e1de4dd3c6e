"""From the button to three phones at once: a webhook, a text and a telephone call, idle and beside 7,500 messages/s."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import NamedTuple

from anhu.registry.contacts import create_contact
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.organisations import create_team
from anhu.registry.roles import Role
from anhu.registry.tables import Resident
from anhu.registry.users import create_user
from app.settings import Settings
from notify.channels.sms.fake import SmsServer
from notify.channels.voice.fake import VoiceServer
from notify.channels.webhook.fake import WebhookServer
from notify.cloud.fake_cloud import Asked
from simulators.credential import Credential
from tests.bench.load import load
from tests.bench.platform import CENTRE, Platform
from tests.bench.report import Options, Report, percentile
from tests.bench.scenarios.latency import _press
from tests.smoke.installation import until

NAME = "paging"
_RATE = 7_500
_RESIDENTS = 1_000
_PAUSE_S = 0.1


class _Phones(NamedTuple):
    """Where the three channels end, and when each resident's message first came there, by channel. [s]."""

    hook: WebhookServer
    texts: SmsServer
    calls: VoiceServer
    first_s: Mapping[str, dict[str, float]]


def measure(options: Options, report: Report, folder: Path) -> None:
    """Measure a fresh installation for each run."""
    times, rate = (5, 200) if options.quick else (200, _RATE)
    for run in range(options.runs):
        with _phones() as phones:
            (folder / str(run)).mkdir()
            platform = Platform(folder / str(run), **_settings(phones))
            who = platform.enrol(4 * times if options.quick else _RESIDENTS + 2 * times)
            callers, others = who[: 2 * times], who[2 * times :]
            _give(platform, callers)
            platform.start()
            try:
                platform.admin("create-contact", owner=f"centre:{CENTRE}", channel="webhook", address=phones.hook.url)
                with load(platform.mqtt_port, others) as devices:
                    add = partial(report.add, NAME)
                    _round(platform, phones, callers[:times], "idle", add)
                    devices.begin(rate, times * _PAUSE_S * 3 + 5)
                    time.sleep(1)
                    _round(platform, phones, callers[times:], f"{rate}/s beside", add)
                    devices.end()
            finally:
                platform.stop()


@contextmanager
def _phones() -> Iterator[_Phones]:
    first_s: dict[str, dict[str, float]] = {"sms": {}, "voice": {}}

    def taken(channel: str, asked: Asked, _called: str) -> None:
        number = str(asked.values.get("PhoneNumbers") or asked.values["CalledNumber"])[-8:]
        first_s[channel].setdefault(number, time.monotonic())

    texts, calls = SmsServer(), VoiceServer()
    texts.on_taken, calls.on_taken = partial(taken, "sms"), partial(taken, "voice")
    with ExitStack() as stack:
        hook = stack.enter_context(WebhookServer())
        for cloud in (texts, calls):
            cloud.start()
            stack.callback(cloud.close)
        yield _Phones(hook, texts, calls, first_s)


def _settings(phones: _Phones) -> dict[str, str]:
    given = (SmsServer.settings(phones.texts.port), VoiceServer.settings(phones.calls.port))
    return {name: str(value) for one in given for name, value in asdict(one).items()}


def _give(platform: Platform, who: Sequence[Credential]) -> None:
    """Give each caller a village doctor with a telephone of his own."""
    sessions = open_sessions(Settings(data=platform.data).database)
    with sessions.begin() as session:
        for one in who:
            place = one.device_id
            team = create_team(session, name=f"村卫生室 {place}", team_id=f"t-{place}")
            session.get_one(Resident, f"r-{place}").team_id = team.id
            doctor = create_user(session, login=f"doctor-{place}", name="王芳", role=Role.TEAM, team_id=team.id)
            number = f"+86138{_number(one)}"
            for channel in ("sms", "voice"):
                create_contact(session, owner_kind="user", owner_id=doctor.id, channel=channel, address=number)
    close_sessions(sessions)


def _number(one: Credential) -> str:
    return f"{int(one.device_id.rsplit('-', 1)[1]):08}"


def _round(
    platform: Platform, phones: _Phones, who: Sequence[Credential], state: str, add: Callable[[str, str, float], None]
) -> None:
    pressed = asyncio.run(_press(platform, who))
    number_of = {f"r-{one.device_id}": _number(one) for one in who}

    def heard() -> dict[str, dict[str, float]] | None:
        hooks: dict[str, float] = {}
        for call in tuple(phones.hook.calls):
            hooks.setdefault(json.loads(call.body)["resident_id"], call.at_s)
        found = {"webhook": hooks}
        for channel, first_s in phones.first_s.items():
            found[channel] = {r: first_s[n] for r, n in number_of.items() if n in first_s}
        return found if all(pressed.keys() <= one.keys() for one in found.values()) else None

    found = until(heard, platform.log)
    assert found
    for channel, at_s in found.items():
        _tell(f"SOS to {channel}, {state}", [at_s[r] - s for r, s in pressed.items()], add)
    last = [max(at_s[r] for at_s in found.values()) - s for r, s in pressed.items()]
    _tell(f"SOS to the last of three, {state}", last, add)


def _tell(metric: str, taken_s: Sequence[float], add: Callable[[str, str, float], None]) -> None:
    for part in (0.5, 0.99):
        add(f"{metric}, p{100 * part:.0f} of {len(taken_s)}", "ms", 1_000 * percentile(taken_s, part))
