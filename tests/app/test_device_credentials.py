"""Secrets of devices on the command line: by the family, or as it is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from anhu.contract.clock import ManualClock
from anhu.contract.errors import FieldError, SettingsError
from anhu.registry.database import close_sessions, open_sessions, reading
from anhu.registry.identity_vault import KEY_FILE
from anhu.registry.tables import Device
from app.check_result import CheckVerdict
from app.cli.admin import admin
from app.secret_key import fits, secret_vault
from app.settings import Settings
from gateway.device_register import DatabaseDirectory
from gateway.directory import DeviceEntry, secret_matches

Run = Callable[..., dict[str, str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def invoke(*words: str, given: str = "") -> dict[str, str]:
        done = CliRunner().invoke(admin, [words[0], "--data", str(tmp_path), *words[1:]], input=given)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        told: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
        return told

    return invoke


@pytest.fixture
def entry(tmp_path: Path) -> Callable[[str], DeviceEntry]:
    def find(device_id: str) -> DeviceEntry:
        settings = Settings(data=tmp_path)
        sessions = open_sessions(settings.database)
        with reading(sessions)() as session:
            vault = secret_vault(settings, session)
        found = DatabaseDirectory(sessions, vault).device(device_id)
        close_sessions(sessions)
        assert found is not None
        return found

    return find


Entry = Callable[[str], DeviceEntry]


def test_a_family_that_signs_gets_a_secret_to_sign_with_and_no_plain_one(run: Run, entry: Entry) -> None:
    secret = run("create-device", "--id", "hw-1", "--codec", "huawei_iotda")["secret"]
    assert entry("hw-1").signing_secret == secret
    assert not secret_matches(entry("hw-1"), secret.encode())


def test_others_get_one_to_send(run: Run, entry: Entry) -> None:
    secret = run("create-device", "--id", "w-1")["secret"]
    assert secret_matches(entry("w-1"), secret.encode())
    assert entry("w-1").signing_secret == ""


def test_what_is_left_out_of_a_device_is_its_products(run: Run, tmp_path: Path) -> None:
    run("create-product", "--id", "x8", "--vendor", "ACME", "--model", "X8-pro", "--codec", "open_json")
    run("create-device", "--id", "w-1", "--product", "x8")
    run("create-device", "--id", "w-2", "--product", "x8", "--model", "X8-mini")
    sessions = open_sessions(Settings(data=tmp_path).database)
    with reading(sessions)() as session:
        found = [session.get_one(Device, one) for one in ("w-1", "w-2")]
    close_sessions(sessions)
    assert [(one.vendor, one.model, one.codec, one.product_id) for one in found] == [
        ("ACME", "X8-pro", "open_json", "x8"),
        ("ACME", "X8-mini", "open_json", "x8"),
    ]


def test_a_plain_one_where_that_is_said(run: Run, entry: Entry) -> None:
    secret = run("create-device", "--id", "hw-1", "--codec", "huawei_iotda", "--plain")["secret"]
    assert secret_matches(entry("hw-1"), secret.encode())


def test_the_makers_own_secret_is_taken(run: Run, entry: Entry) -> None:
    words = ("--id", "ten-1", "--codec", "tencent_iot", "--secret-file", "-")
    assert run("create-device", *words, given="MDEyMzQ1Njc4OWFiY2RlZg==\n")["secret"] == "MDEyMzQ1Njc4OWFiY2RlZg=="
    assert entry("ten-1").signing_secret == "MDEyMzQ1Njc4OWFiY2RlZg=="


def test_another_secret_ends_the_former(run: Run, entry: Entry) -> None:
    first = run("create-device", "--id", "hw-1", "--codec", "huawei_iotda")["secret"]
    second = run("rotate-secret", "--id", "hw-1")["secret"]
    assert first != second
    assert entry("hw-1").signing_secret == second
    plain = run("rotate-secret", "--id", "hw-1", "--plain")["secret"]
    assert entry("hw-1").signing_secret == ""
    assert secret_matches(entry("hw-1"), plain.encode())


def test_where_a_broker_is_told_of_it_a_plain_secret_can_be_read_again(
    run: Run, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = run("create-device", "--id", "w-1")["secret"]
    monkeypatch.setenv("ANHU_BROKER_SHUTS_OUT", "true")
    assert entry("w-1").signing_secret == ""
    secret = run("rotate-secret", "--id", "w-1")["secret"]
    assert secret != before
    assert entry("w-1").signing_secret == secret
    assert secret_matches(entry("w-1"), secret.encode())


def test_what_cannot_be_is_refused(run: Run) -> None:
    with pytest.raises(FieldError, match="a codec whose devices sign"):
        run("create-device", "--id", "w-1", "--signed")
    with pytest.raises(FieldError, match="8 to 256"):
        run("create-device", "--id", "w-1", "--secret-file", "-", given="short\n")


def test_no_second_key_is_made_where_one_was_lost(run: Run, entry: Entry, tmp_path: Path) -> None:
    run("create-device", "--id", "hw-1", "--codec", "huawei_iotda")
    assert [one.verdict for one in fits(Settings(data=tmp_path), ManualClock(0))] == [CheckVerdict.OK]
    (tmp_path / KEY_FILE).rename(tmp_path / "elsewhere")
    assert entry("hw-1").signing_secret == ""
    with pytest.raises(SettingsError, match=KEY_FILE):
        run("create-device", "--id", "hw-2", "--codec", "huawei_iotda")
    assert not (tmp_path / KEY_FILE).exists()
    assert [one.verdict for one in fits(Settings(data=tmp_path), ManualClock(0))] == [CheckVerdict.FAILED]
    run("create-device", "--id", "w-1")
