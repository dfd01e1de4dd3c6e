"""Whether a key opens what was sealed with it: asked at each start, and by `anhu doctor`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, Self

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from anhu.registry.database import close_sessions, open_sessions, reading
from anhu.registry.identity_vault import KEY_FILE, key_in
from anhu.registry.sealing import WrongKeyError
from app.check_result import CheckResult, CheckVerdict
from app.settings import Settings


class _Vault(Protocol):
    @classmethod
    def from_text(cls, text: str) -> Self: ...
    def open(self, sealed: bytes, owner: str, /) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCheck:
    """A key, tried on something that was sealed with it.

    Attributes
    ----------
    name, what : str
        What the check is called, and what the key is of.
    vault : type
        What opens.
    any_sealed : callable
        Returns something sealed and whose it is, None where nothing is.
    advice, fine : str
        What to do when it does not open, and what to say when it does.
    """

    name: str
    what: str
    vault: type[_Vault]
    any_sealed: Callable[[Session], tuple[str, bytes] | None]
    advice: str
    fine: str

    def flaw(self, text: str, sealed: tuple[str, bytes] | None) -> str:
        """Return why a key opens nothing that was sealed; empty when it fits, or nothing was sealed yet."""
        if sealed is None:
            return ""
        if not text:
            return f"the key of {self.what} ({KEY_FILE}) is missing; restore it"
        owner, secret = sealed
        try:
            self.vault.from_text(text).open(secret, owner)
        except WrongKeyError:
            return f"the key of {self.what} ({KEY_FILE}) is another one's; restore the right one"
        return ""

    def results(self, settings: Settings) -> Iterator[CheckResult]:
        """Try the key; nothing is said where nothing was sealed."""
        sessions = open_sessions(settings.database)
        try:
            with reading(sessions)() as session:
                sealed = self.any_sealed(session)
        except (SQLAlchemyError, OSError):
            return  # what the database lacks is said by its own check
        finally:
            close_sessions(sessions)
        if sealed is None:
            return
        if flaw := self.flaw(settings.identity_key or key_in(settings.data, make=False), sealed):
            yield CheckResult(CheckVerdict.FAILED, self.name, flaw, self.advice)
        else:
            yield CheckResult(CheckVerdict.OK, self.name, self.fine)
