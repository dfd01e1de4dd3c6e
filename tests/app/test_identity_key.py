"""The key of identity numbers: made once, private, never made anew once something lies under it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import ManualClock
from anhu.contract.errors import SettingsError
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.identities import set_identity
from anhu.registry.identity_vault import KEY_FILE, IdentityVault
from anhu.registry.migrations import upgrade
from anhu.registry.residents import create_resident
from anhu.registry.sealing import WrongKeyError
from app.check_result import CheckVerdict
from app.identity_key import fits, vault
from app.settings import Settings

NUMBER = "11010519491231002X"


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[sessionmaker[Session]]:
    upgrade(Settings(data=tmp_path).database)
    made = open_sessions(Settings(data=tmp_path).database)
    yield made
    close_sessions(made)


def sealed_by(key: IdentityVault, sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        create_resident(session, name="x", resident_id="r-1", now_ms=1_795_406_400_000)
        set_identity(session, key, "r-1", NUMBER, today=date(2026, 11, 23))


def test_it_is_made_at_the_first_start_and_is_the_same_at_the_next(
    tmp_path: Path, sessions: sessionmaker[Session]
) -> None:
    settings = Settings(data=tmp_path)
    first, second = vault(settings, sessions), vault(settings, sessions)
    assert first is not None
    assert second is not None
    assert first.digest(NUMBER) == second.digest(NUMBER)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert list(fits(settings, ManualClock(0))) == []


def test_a_lost_key_is_told_and_no_new_one_is_made(tmp_path: Path, sessions: sessionmaker[Session]) -> None:
    settings = Settings(data=tmp_path)
    key = vault(settings, sessions)
    assert key is not None
    sealed_by(key, sessions)
    assert [one.verdict for one in fits(settings, ManualClock(0))] == [CheckVerdict.OK]
    (tmp_path / KEY_FILE).rename(tmp_path / "elsewhere")
    assert vault(settings, sessions) is None
    assert not (tmp_path / KEY_FILE).exists()
    (found,) = fits(settings, ManualClock(0))
    assert (found.verdict, "missing" in found.detail) == (CheckVerdict.FAILED, True)
    (tmp_path / "elsewhere").rename(tmp_path / KEY_FILE)
    assert vault(settings, sessions) is not None


def test_another_ones_key_opens_nothing(tmp_path: Path, sessions: sessionmaker[Session]) -> None:
    sealed_by(IdentityVault(b"a" * 32), sessions)
    (tmp_path / KEY_FILE).write_text("YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=\n")
    assert vault(Settings(data=tmp_path), sessions) is None
    assert [one.verdict for one in fits(Settings(data=tmp_path), ManualClock(0))] == [CheckVerdict.FAILED]


def test_what_is_sealed_for_one_opens_for_nobody_else() -> None:
    key = IdentityVault(b"a" * 32)
    sealed = key.seal(NUMBER, "r-1")
    assert key.open(sealed, "r-1") == NUMBER
    assert sealed != key.seal(NUMBER, "r-1"), "the same number twice must not look the same"
    for wrong, resident in ((key, "r-2"), (IdentityVault(b"b" * 32), "r-1")):
        with pytest.raises(WrongKeyError):
            wrong.open(sealed, resident)
    with pytest.raises(WrongKeyError):
        key.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), "r-1")


@pytest.mark.parametrize("text", ["xyz", "YQ==", "not base64 at all"])
def test_a_setting_that_is_no_key_is_refused_at_the_start_and_not_shown(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        IdentityVault.from_text(text)
    assert text not in str(refused.value)
