"""An installation of 0.1.0, killed with unread entries in its LOG: the present version goes on and loses nothing."""

from __future__ import annotations

import hmac
import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from anhu.contract.clock import HOUR_MS, MINUTE_MS, SECOND_MS, to_rfc3339
from app import series_wiring
from ingest.store.port import Range
from tests.smoke.installation import until
from tests.upgrade.going_on import EVER_MS, Platform, early_morning_ms, gone_on_with, publish, quiet_nice

ARCHIVE = Path(__file__).with_name("made_by_0_1_0") / "installation.tar.gz"


@dataclass
class Story:
    """What was seen of the installation while it went on."""

    platform: Platform
    alerts_at_once: list[dict[str, Any]] = field(default_factory=list)
    keys_at_once: list[str] = field(default_factory=list)
    mails_at_once: int = 0
    commands: list[dict[str, Any]] = field(default_factory=list)
    timers: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def told(self) -> list[list[Any]]:
        """Every observation that 0.1.0 had acknowledged: form, resident, device, name, value, time, quality."""
        seen: list[list[Any]] = self.platform.told["told"]
        return seen

    def keys_waiting(self) -> list[str]:
        """Return the keys of the messages that 0.1.0 had still to send."""
        outbox: list[tuple[str, str, int]] = self.platform.told["outbox"]
        return [key for key, state, _ in outbox if state in ("pending", "sending", "failed_temporary")]

    def keys_sent(self) -> list[str]:
        """Return the idempotency key of every webhook that arrived."""
        return [call.headers["idempotency-key"] for call in self.platform.desk.calls]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Go on twenty seconds after the power cut, wait for what was running, live for five more days."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "nice", quiet_nice)
        folder = tmp_path_factory.mktemp("upgrade") / "data"
        with gone_on_with(ARCHIVE, folder, after_ms=20 * SECOND_MS) as platform:
            seen = Story(platform)
            _catch_up(seen)
            _old_devices_speak(seen)
            _timers_fire(seen)
            _restless_nights(seen)
            yield seen


def _catch_up(seen: Story) -> None:
    last = [one for one in seen.told if one[1] == "r-chen"][-1]
    until(lambda: seen.platform.measured("r-chen", "observations", quantity=last[3])["points"])
    seen.platform.raised("r-chen", "sos")
    with suppress(AssertionError):  # a message that does not come fails its own test
        until(lambda: set(seen.keys_waiting()) <= set(seen.keys_sent()), seconds=10.0)
    seen.alerts_at_once = seen.platform.alerts()
    seen.keys_at_once = seen.keys_sent()
    seen.mails_at_once = len(seen.platform.mail.mails)


def _old_devices_speak(seen: Story) -> None:
    """Every family that was enrolled says one number more; one takes the command that waited for it."""
    with seen.platform.device("w-wang") as watch:
        watch.on_message = lambda _client, _user, message: seen.commands.append(json.loads(message.payload))
        watch.subscribe("anhu/v1/w-wang/commands", qos=1)
        publish(watch, "anhu/v1/w-wang/up", {"v": 1, "values": {"battery": 81}})
        with suppress(AssertionError):  # the same
            until(lambda: seen.commands, seconds=10.0)
    with seen.platform.device("home-li") as home:
        publish(home, "anhu/zigbee2mqtt/home-li/hall", {"temperature": 19.5})
    with seen.platform.device("868888888888888") as watch:
        publish(watch, "imede_watch/HB", {"IMEI": "868888888888888", "battery": 66})
    with seen.platform.device("hub-chen") as hub:
        service = {"service_id": "Temperature", "properties": {"value": 23.5}}
        publish(hub, "$oc/devices/hub-chen/sys/properties/report", {"services": [service]})


def _timers_fire(seen: Story) -> None:
    end_ms = seen.platform.told["end_ms"]
    seen.platform.clock.jump_to(end_ms + 45 * SECOND_MS)
    seen.timers["fall"] = seen.platform.raised("r-wang", "fall")
    seen.platform.clock.jump_to(end_ms + 30 * MINUTE_MS)
    seen.timers["door_open"] = seen.platform.raised("r-chen", "door_open")
    seen.platform.clock.jump_to(end_ms + 8 * HOUR_MS)
    seen.timers["no_motion"] = seen.platform.raised("r-li", "no_motion")


def _restless_nights(seen: Story) -> None:
    with seen.platform.device("w-zhao") as watch:
        for day in range(1, 6):
            begin_ms = early_morning_ms(seen.platform.told["end_ms"], days_later=day)
            for quarter in range(18):
                seen.platform.clock.jump_to(begin_ms + quarter * 15 * MINUTE_MS)
                publish(watch, "anhu/v1/w-zhao/up", {"v": 1, "values": {"heart_rate": 84}})
    seen.timers["trend"] = seen.platform.raised("r-zhao", "trend")


def test_every_number_that_was_acknowledged_is_stored_once(story: Story) -> None:
    told = {(*one[1:5], to_rfc3339(one[5])) for one in story.told if one[0] == "Scalar" and one[1]}
    stored = Counter(
        (resident, point["device_id"], quantity, point["value"], point["observed_at"])
        for resident, quantity in {(one[0], one[2]) for one in told}
        for point in story.platform.measured(resident, "observations", quantity=quantity)["points"]
    )
    assert len(told) > 550
    assert told <= set(stored)
    assert set(stored.values()) == {1}


def test_every_event_that_was_acknowledged_is_stored_once_and_a_retained_one_says_so(story: Story) -> None:
    told = Counter((*one[1:5], to_rfc3339(one[5]), one[6]) for one in story.told if one[0] == "Event")
    stored = Counter(
        (resident, e["device_id"], e["kind"], e["state"], e["observed_at"], e["quality"])
        for resident in {one[0] for one in told}
        for e in story.platform.measured(resident, "events")
    )
    assert len(told) > 240
    assert {one: stored[one] for one in told} == told


def test_every_waveform_that_was_acknowledged_is_stored_once(story: Story) -> None:
    for resident, quantity, chunks in (("r-wang", "acceleration", 7), ("r-zhao", "ecg", 1)):
        told = [one for one in story.told if one[:2] == ["Waveform", resident]]
        stored = story.platform.measured(resident, "waveforms", quantity=quantity)
        assert [(w["observed_at"], len(w["samples"][0])) for w in stored] == [
            (to_rfc3339(one[5]), len(one[4])) for one in told
        ]
        assert stored[0]["samples"][0] == pytest.approx(told[0][4])
        assert len(told) == chunks


def test_a_number_of_a_device_that_nobody_wears_is_stored_too(story: Story) -> None:
    store = series_wiring.store_query(story.platform.settings, story.platform.clock)
    (told,) = (one for one in story.told if not one[1])
    (point,) = store.points("", told[3], Range(0, EVER_MS))
    store.close()
    assert (point.device_id, point.value, point.observed_at_ms) == (told[2], told[4], told[5])


def test_what_could_not_be_decoded_is_a_dead_letter_with_its_bytes_and_its_reason(story: Story) -> None:
    letters = series_wiring.dead_letters(story.platform.settings, story.platform.clock)
    kept = [[x.device_id, x.codec, x.payload.decode(), x.reason] for x in letters.page()]
    letters.close()
    assert sorted(kept) == sorted(story.platform.told["undecoded"])
    assert len(kept) == 2


def test_every_alert_is_what_it_was_and_none_is_raised_again(story: Story) -> None:
    told = {
        alert_id: (resident, kind, response, is_open) for alert_id, resident, kind, response, is_open in _alerts(story)
    }
    now = {a["id"]: (a["resident_id"], a["kind"], a["response"], a["is_open"]) for a in story.alerts_at_once}
    new = {now[alert_id][:2] for alert_id in now.keys() - told.keys()}
    assert {alert_id: now[alert_id] for alert_id in told} == told
    assert len(now) - len(told) == len(new) == 2
    assert new == {("r-chen", "sos"), ("r-li", "unknown_event")}  # acknowledged, and not read before the power cut


def _alerts(story: Story) -> list[list[Any]]:
    alerts: list[list[Any]] = story.platform.told["alerts"]
    return alerts


def test_an_open_alert_that_nobody_answered_goes_on_up_its_ladder(story: Story) -> None:
    (alert_id,) = (one[0] for one in _alerts(story) if one[2] == "sos")
    steps = [
        line["data"]["step"]
        for line in story.platform.get(f"/alerts/{alert_id}/history")
        if line["what"] == "escalated"
    ]
    assert steps[:4] == [1, 2, 3, 4]
    assert f"{alert_id}:escalated.3:1:" in " ".join(story.keys_at_once)


def test_an_alert_that_somebody_answered_stays_quiet(story: Story) -> None:
    for one in _alerts(story):
        if one[3] != "unacked":
            assert not any(one[0] in key for key in story.keys_sent())


def test_what_waited_to_be_sent_is_sent_once_under_its_old_key_and_signed_with_the_old_secret(story: Story) -> None:
    waiting = story.keys_waiting()
    counted = Counter(story.keys_at_once)
    assert len(waiting) == 4
    assert {key: counted[key] for key in waiting} == dict.fromkeys(waiting, 1)
    for call in story.platform.desk.calls:
        at_s, given = (part.partition("=")[2] for part in call.headers["anhu-signature"].split(","))
        secret = story.platform.told["webhook_secret"].encode()
        assert given == hmac.digest(secret, at_s.encode() + b"." + call.body, "sha256").hex()


def test_what_had_been_sent_is_not_sent_again(story: Story) -> None:
    sent = [key for key, state, _ in story.platform.told["outbox"] if state in ("sent", "cancelled")]
    assert len(sent) == 3
    assert not set(sent) & set(story.keys_sent())
    assert story.mails_at_once == 0
    assert not any(
        key.replace(":", ".") in str(m.message["Message-ID"]) for key in sent for m in story.platform.mail.mails
    )


def test_a_fall_that_was_suspected_before_the_power_cut_is_confirmed_after_it(story: Story) -> None:
    fall = story.timers["fall"]
    (suspected,) = (one[0] for one in _alerts(story) if one[2] == "fall_suspected")
    assert fall["id"] == suspected  # one episode, which got worse
    assert fall["evidence"]["features"]["peak_g"] > 5
    assert fall["evidence"]["note"] == "alert.note.not_taken_back"


def test_a_door_left_open_before_the_power_cut_is_said_half_an_hour_after_it_was_opened(story: Story) -> None:
    assert story.timers["door_open"]["evidence"]["features"] == {"open_min": 30.0}


def test_what_is_usual_for_a_resident_is_still_known(story: Story) -> None:
    assert story.timers["no_motion"]["evidence"]["limits"] == {"still_h": 7.2}  # 1.5 times 4.8 h; 8 h for strangers
    trend = story.timers["trend"]["evidence"]["features"]
    assert (trend["baseline"], trend["today_value"]) == (62.0, 84.0)


def test_passwords_and_tokens_still_open_the_door(story: Story) -> None:
    for login in ("chief", "desk", "doctor", "daughter"):
        with story.platform.logged_in(login) as client:
            assert client.get("/me").json()["login"] == login
    assert story.platform.get("/me")["login"] == "desk"


def test_devices_of_every_family_log_in_with_their_old_secret_and_are_understood(story: Story) -> None:
    said = {
        ("r-wang", "w-wang", "battery"): 81,
        ("r-li", "zigbee-hall", "room_temperature"): 19.5,
        ("r-chen", "868888888888888", "battery"): 66,
        ("r-chen", "hub-chen", "room_temperature"): 23.5,
    }
    for (resident, device, quantity), value in said.items():
        points = story.platform.measured(resident, "observations", quantity=quantity)["points"]
        assert [p["value"] for p in points if p["device_id"] == device][-1] == value


def test_a_command_that_waited_for_its_device_is_delivered(story: Story) -> None:
    assert [(c["command"], c["arguments"]) for c in story.commands] == [("ask_ok", {"seconds": 30})]


def test_contacts_channels_and_a_residents_own_limits_are_what_they_were(story: Story) -> None:
    with story.platform.logged_in("chief") as client:
        contacts = client.get("/contacts").json()
        limits = client.get("/residents/r-zhao/limits").json()
    assert sorted((c["owner_kind"], c["channel"]) for c in contacts) == [
        ("centre", "webhook"),
        ("team", "webhook"),
        ("user", "email"),
    ]
    assert [(x["name"], x["value"]) for x in limits] == [("heart_rate_high.high_bpm", 150.0)]
