from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

import alerts.detectors
import alerts.rules.waveform_rates
from alerts import own_limits
from alerts.engine.watched_device import WatchedDevice
from alerts.roster import load_roster
from alerts.rules.detector import Profile
from anhu.contract.clock import ManualClock
from anhu.contract.errors import FieldError
from anhu.contract.words import catalogue
from anhu.registry import devices, organisations, residents, users
from anhu.registry.errors import MissingRowError, TakenError
from anhu.registry.flags import FLAGS
from anhu.registry.secret_vault import SecretVault
from gateway.command_queue import DatabaseCommandQueue
from gateway.device_register import DatabaseDirectory
from gateway.directory import secret_matches
from gateway.doors.device_cache import DeviceCache

T0 = 1_795_300_000_000
Sessions = sessionmaker[Session]


def roster(sessions: Sessions, since: int = 0, checked_ms: int = 0, now_ms: int = T0) -> dict[str, WatchedDevice]:
    with sessions.begin() as session:
        _, found = load_roster(session, since_version=since, checked_at_ms=checked_ms, now_ms=now_ms)
        return {device.device_id: device for device in found}


def version(sessions: Sessions) -> int:
    return DatabaseDirectory(sessions).changed_since(0)[0]


def test_a_front_door_finds_a_device_and_knows_its_secret(town: Sessions) -> None:
    found = DatabaseDirectory(town).device("w-1")
    assert found is not None
    assert (found.codec, found.resident_id, found.enabled) == ("open_json", "r-1", True)
    assert secret_matches(found, b"s" * 22)
    assert not secret_matches(found, b"t" * 22)
    assert DatabaseDirectory(town).device("w-2") is None


def test_a_secret_to_sign_with_is_opened_by_its_key_alone_and_ends_the_plain_one(town: Sessions) -> None:
    vault = SecretVault(bytes(32))
    before = version(town)
    with town.begin() as session:
        devices.give_signing_secret(session, vault, "w-1", "a secret of its maker")
    found = DatabaseDirectory(town, vault).device("w-1")
    assert found is not None
    assert (found.signing_secret, found.secret_sha256) == ("a secret of its maker", b"")
    assert "secret of its" not in repr(found)
    assert not secret_matches(found, b"a secret of its maker")
    assert "w-1" in DatabaseDirectory(town).changed_since(before)[1]
    for other in (None, SecretVault(b"x" * 32)):
        unopened = DatabaseDirectory(town, other).device("w-1")
        assert unopened is not None
        assert unopened.signing_secret == ""
    with town.begin() as session:
        devices.rotate_secret(session, "w-1", "u" * 22)
    plain = DatabaseDirectory(town, vault).device("w-1")
    assert plain is not None
    assert plain.signing_secret == ""
    assert secret_matches(plain, b"u" * 22)


def test_a_gateway_lists_the_sensors_behind_it_and_changes_with_them(town: Sessions) -> None:
    with town.begin() as session:
        devices.create_device(session, device_id="g-1", codec="zigbee2mqtt", now_ms=T0, secret="x" * 22)
    before = version(town)
    with town.begin() as session:
        devices.create_device(
            session, device_id="g-1:door", codec="", now_ms=T0, parent_id="g-1", child_name="door", resident_id="r-1"
        )
    found = DatabaseDirectory(town).device("g-1")
    assert found is not None
    assert found.children == {"door": ("g-1:door", "r-1", "c-1")}
    assert "g-1" in DatabaseDirectory(town).changed_since(before)[1]


def test_a_front_door_knows_by_which_key_records_go(town: Sessions) -> None:
    with town.begin() as session:
        devices.create_device(session, device_id="g-1", codec="zigbee2mqtt", now_ms=T0, secret="x" * 22)
        residents.create_resident(session, name="no centre", now_ms=T0, resident_id="r-2")
        for name, resident_id in (("door", "r-1"), ("bed", "r-2"), ("hall", None)):
            devices.create_device(
                session, device_id=f"g-1:{name}", codec="", now_ms=T0, parent_id="g-1", child_name=name,
                resident_id=resident_id,
            )  # fmt: skip
    found = DatabaseDirectory(town).find_all(["w-1", "g-1", "g-1:hall"])
    assert {name: one.partition_key for name, one in found.items()} == {"w-1": "c-1", "g-1": "g-1", "g-1:hall": "g-1"}
    assert found["g-1"].children == {
        "door": ("g-1:door", "r-1", "c-1"),
        "bed": ("g-1:bed", "r-2", "r-2"),
        "hall": ("g-1:hall", "", "g-1"),
    }


def test_a_front_door_hears_that_a_resident_belongs_to_another_centre(town: Sessions) -> None:
    with town.begin() as session:
        organisations.create_centre(session, name="Other desk", centre_id="c-2")
        devices.create_device(session, device_id="g-1", codec="zigbee2mqtt", now_ms=T0, secret="x" * 22)
        devices.create_device(
            session, device_id="g-1:door", codec="", now_ms=T0, parent_id="g-1", child_name="door", resident_id="r-1"
        )

    async def keys_before_and_after() -> list[tuple[str, str]]:
        with ThreadPoolExecutor(1) as executor:
            cache = DeviceCache(DatabaseDirectory(town), executor)
            await cache.start()
            seen = [await keys(cache)]
            with town.begin() as session:
                residents.update_resident(session, "r-1", {"centre_id": "c-2"})
            assert {"w-1", "g-1"} <= set(await cache.refresh())
            return [*seen, await keys(cache)]

    async def keys(cache: DeviceCache) -> tuple[str, str]:
        watch, gateway = await cache.find("w-1"), await cache.find("g-1")
        assert watch is not None
        assert gateway is not None
        return watch.partition_key, gateway.children["door"].partition_key

    assert asyncio.run(keys_before_and_after()) == [("c-1", "c-1"), ("c-2", "c-2")]


@pytest.mark.parametrize("change", ["secret", "revoked", "assigned", "resident"])
def test_every_change_that_matters_is_seen_by_its_version(town: Sessions, change: str) -> None:
    before = version(town)
    with town.begin() as session:
        if change == "secret":
            devices.rotate_secret(session, "w-1", "n" * 22)
        elif change == "revoked":
            devices.update_device(session, "w-1", {"enabled": False})
        elif change == "assigned":
            devices.assign_device(session, "w-1", None, now_ms=T0)
        else:
            residents.update_resident(session, "r-1", {"flags": ["copd"]})
    present, changed = DatabaseDirectory(town).changed_since(before)
    assert present > before
    assert changed == ["w-1"]
    assert DatabaseDirectory(town).changed_since(present) == (present, [])


def test_a_flag_that_no_rule_knows_is_refused(town: Sessions) -> None:
    with town.begin() as session:
        residents.update_resident(session, "r-1", {"flags": ["atrial_fibrillation", "bed_watch"]})
    with pytest.raises(FieldError, match="atrial_fibrilation"), town.begin() as session:
        residents.update_resident(session, "r-1", {"flags": ["atrial_fibrilation"]})
    with pytest.raises(FieldError, match="one of"), town.begin() as session:
        residents.create_resident(session, name="x", now_ms=T0, flags=["brave"])


def test_the_engine_learns_to_which_areas_a_device_belongs(town: Sessions) -> None:
    with town.begin() as session:
        devices.create_device(session, device_id="hub-1", codec="zigbee2mqtt", now_ms=T0, secret="h" * 22)
        devices.create_device(
            session, device_id="hub-1:bed", codec="", now_ms=T0, parent_id="hub-1", child_name="bed", resident_id="r-1"
        )
    found = roster(town)
    assert (found["hub-1:bed"].gateway_id, found["hub-1:bed"].centre_id) == ("hub-1", "c-1")
    assert (found["w-1"].gateway_id, found["w-1"].centre_id) == ("", "c-1")


def test_every_flag_has_a_rule_and_words() -> None:
    files = [*Path(alerts.detectors.__file__).parent.glob("*.py"), Path(alerts.rules.waveform_rates.__file__)]
    code = " ".join(file.read_text(encoding="utf-8") for file in files)
    for flag, meaning in FLAGS.items():
        assert f'"{flag}"' in code or "no rule" in meaning, flag
        assert f"web.flag.{flag}" in catalogue()


def test_commands_wait_until_delivered_or_expired(town: Sessions) -> None:
    clock = ManualClock(T0)
    queue = DatabaseCommandQueue(town, clock)
    with town.begin() as session:
        for name, lives_ms in (("ask_ok", 60_000), ("measure", 1_000)):
            devices.queue_command(
                session, device_id="w-1", name=name, now_ms=T0, expires_at_ms=T0 + lives_ms, arguments={"seconds": 20.0}
            )
    assert sorted(command.name for _, command in queue.pending(["w-1", "x"])) == ["ask_ok", "measure"]
    clock.forward(2_000)
    [(device_id, command)] = queue.pending(["w-1"])
    assert (device_id, command.name, command.arguments) == ("w-1", "ask_ok", {"seconds": 20.0})
    many = ["w-1", *(f"x-{n}" for n in range(40_000))]  # more than a statement can name
    assert [device_id for device_id, _ in queue.pending(many)] == ["w-1"]
    assert queue.pending(many[1:]) == []
    queue.delivered(command.command_id, clock.now_ms())
    assert queue.pending(["w-1"]) == []


def test_a_residents_limit_is_in_force_until_it_ends(town: Sessions) -> None:
    before = version(town)
    with town.begin() as session:
        for value, until in ((135.0, None), (140.0, T0 + 10_000)):
            own_limits.set_limit(
                session, resident_id="r-1", name="heart_rate_high.high_bpm", value=value, set_by="u-1", now_ms=T0,
                until_ms=until,
            )  # fmt: skip
    assert roster(town, since=before)["w-1"].profile.limits == {"heart_rate_high.high_bpm": 140.0}
    after = version(town)
    assert roster(town, since=after, checked_ms=T0, now_ms=T0 + 9_999) == {}
    ended = roster(town, since=after, checked_ms=T0 + 9_999, now_ms=T0 + 10_000)
    assert ended["w-1"].profile.limits == {"heart_rate_high.high_bpm": 135.0}


def test_the_only_device_that_can_call_for_help_is_marked(town: Sessions) -> None:
    with town.begin() as session:
        devices.update_device(session, "w-1", {"alarms": ["sos", "fall"]})
    assert roster(town)["w-1"].profile.only_alarm_device
    with town.begin() as session:
        devices.create_device(
            session, device_id="b-1", codec="open_json", now_ms=T0, resident_id="r-1", alarms=["sos", "fall"]
        )
    assert not roster(town)["w-1"].profile.only_alarm_device
    assert not roster(town)["b-1"].profile.only_alarm_device


def test_a_revoked_device_watches_nobody(town: Sessions) -> None:
    before = version(town)
    with town.begin() as session:
        devices.update_device(session, "w-1", {"enabled": False})
    assert roster(town, since=before)["w-1"] == WatchedDevice("w-1", "", Profile())
    assert "w-1" not in roster(town), "who reads everything for the first time knows only those that watch"


def test_what_is_wrong_is_said(town: Sessions) -> None:
    with pytest.raises(TakenError), town.begin() as session:
        devices.create_device(session, device_id="w-1", codec="open_json", now_ms=T0)
    with pytest.raises(MissingRowError, match="resident 'r-9'"), town.begin() as session:
        devices.create_device(session, device_id="w-2", codec="open_json", now_ms=T0, resident_id="r-9")
    with pytest.raises(FieldError, match="device_id"), town.begin() as session:
        devices.create_device(session, device_id="a/b", codec="open_json", now_ms=T0)
    with pytest.raises(FieldError, match="colour"), town.begin() as session:
        devices.update_device(session, "w-1", {"colour": "red"})
    with pytest.raises(FieldError, match="role"), town.begin() as session:
        users.create_user(session, login="x", name="x", role="king")
    with pytest.raises(TakenError, match="daughter"), town.begin() as session:
        users.create_user(session, login="daughter", name="x", role="family")
    with pytest.raises(FieldError, match="at most 100"), town.begin() as session:
        residents.update_resident(session, "r-1", {"name": "x" * 101})
