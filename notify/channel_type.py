"""What a channel says of itself in one place: settings, what it can do, how a contact is entered."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Generic, Literal, NamedTuple, TypeVar

from anhu.contract.errors import FieldError
from anhu.contract.settings import Secret, rows
from anhu.registry.contact_form import ContactForm, Words
from notify.callback_reader import CallbackReader

SettingsT = TypeVar("SettingsT")


class Shows(IntEnum):
    """What the recipient sees: each more than the one before."""

    TEXT = 0
    """Letters only: a link would be noise, or may not be sent at all."""
    LINKS = 1
    """A link can be followed."""
    MARKDOWN = 2
    """Markdown: the first line stands out, a link has a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a channel can do; wording and dispatcher keep to it.

    Attributes
    ----------
    shows : Shows
        What the recipient sees of a message.
    longest_text : int, optional
        Characters of a text; None: as many as there are. [-]
    answerable : bool
        Whether a recipient can answer in the channel itself: its callbacks bring replies, keys or buttons, and the
        message's data names a ``reply_code`` for it. If not, the text says where to answer.
    receipts : frozenset
        Which news of a message may come after "sent": ``delivered``, ``read``.
    longest_bytes : int, optional
        The same where the other side counts bytes of UTF-8: a Chinese character is three. [B]
    per_minute : int, optional
        Messages to one address in a minute; the others wait, the most urgent going first. None: no limit. [1/min]
    """

    shows: Shows
    longest_text: int | None
    answerable: bool
    receipts: frozenset[Literal["delivered", "read"]]
    per_minute: int | None
    longest_bytes: int | None = None

    @property
    def one_at_a_time(self) -> bool:
        """Whether it is a line on which one message is said after the other, as in a telephone call."""
        return self.per_minute == 1

    def __post_init__(self) -> None:
        for name in ("longest_text", "longest_bytes", "per_minute"):
            limit = getattr(self, name)
            if limit is not None and limit < 1:
                raise ValueError(f"{name}: got {limit}, expected at least 1, or None for no limit")


class Installation(NamedTuple):
    """Where a channel is at home.

    Attributes
    ----------
    folder : Path
        Of the data folder, for nobody else.
    public_url : str
        Where people reach the desk.
    """

    folder: Path
    public_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an installation allows one number or address to get; None: no limit.

    Attributes
    ----------
    per_minute, per_day : int, optional
        Of what is no call for help. [1/min], [1/d]
    high_per_minute, high_per_day : int, optional
        Of calls for help, which nothing else uses up. [1/min], [1/d]
    bundle_s : float
        Messages of one resident within this go as one; 0: each by itself. [s]
    """

    per_minute: int | None = None
    per_day: int | None = None
    high_per_minute: int | None = None
    high_per_day: int | None = None
    bundle_s: float = 0.0

    @property
    def has_any(self) -> bool:
        """Whether there is a limit."""
        shares = (self.per_minute, self.per_day, self.high_per_minute, self.high_per_day)
        return any(one is not None for one in shares)


def _nothing_missing(_settings: object) -> str:
    return ""


def _as_they_are(settings: SettingsT, _at: Installation) -> SettingsT:
    return settings


def _nothing_refused(_settings: object, _address: str) -> Words | None:
    return None


def _no_limits(_settings: object) -> Limits:
    return Limits()


def _nobody_calls(_settings: object) -> CallbackReader | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelType(Generic[SettingsT]):
    """One channel. Nothing has a default: what its author did not decide stops the start.

    Attributes
    ----------
    name : str
        What a contact's ``channel`` says; the name of its folder.
    settings : type
        Frozen dataclass; each field is one ``ANHU_…`` variable (`anhu.contract.settings.says`).
    server : callable
        Returns host and port of what it sends through, for `anhu doctor` to try; None where there is none, or where
        it is not set up.
    capabilities : Capabilities
        What it can do.
    form : ContactForm
        How a contact is entered.
    missing : callable
        Returns the variable that must be set before it sends anything; empty: nothing is missing.
    encrypt : callable
        Returns the setting that would encrypt the way to its server; empty: it is encrypted, or nothing is sent.
    refuses : callable
        Returns what was expected of an address that these settings do not allow; None: it is allowed.
    kept : callable
        Returns the settings with what the channel keeps in the data folder, made when it is not there yet.
    browser_key : callable
        Returns the key with which browsers enter themselves; empty: contacts are typed.
    callbacks : callable
        Returns what reads its provider's calls (receipts, answers); None: nobody calls.
    limits : callable
        Returns what one number or address may get.
    """

    name: str
    settings: type[SettingsT]
    server: Callable[[SettingsT], tuple[str, int] | None]
    capabilities: Capabilities
    form: ContactForm
    missing: Callable[[SettingsT], str] = _nothing_missing
    encrypt: Callable[[SettingsT], str] = _nothing_missing
    refuses: Callable[[SettingsT, str], Words | None] = _nothing_refused
    callbacks: Callable[[SettingsT], CallbackReader | None] = _nobody_calls
    kept: Callable[[SettingsT, Installation], SettingsT] = _as_they_are
    browser_key: Callable[[SettingsT], str] = _nothing_missing
    limits: Callable[[SettingsT], Limits] = _no_limits

    def form_with(self, settings: SettingsT) -> ContactForm:
        """Return the form of an installation: what its settings do not allow is refused when it is entered."""

        def check(address: str) -> None:
            self.form.check(address)
            if expected := self.refuses(settings, address):
                raise FieldError("address", self.form.shown(address), expected.en, zh=expected.zh)

        key = self.browser_key(settings)
        return dataclasses.replace(self.form, check=check, missing=self.missing(settings), browser_key=key)

    def __post_init__(self) -> None:
        if problem := self._undecided():
            raise ValueError(f"channel {self.name!r}: {problem}")

    def _undecided(self) -> str:
        """Return what its author forgot; empty when nothing."""
        cls = self.settings
        options = getattr(cls, "__dataclass_params__", None)
        if options is None or not options.frozen:
            return "its settings are no frozen dataclass"
        said = list(rows(cls))
        if len(said) != len(dataclasses.fields(cls)):  # type: ignore[arg-type] # it is one: see above
            return "a setting is no variable with a meaning"
        for row in said:
            if not (row.says.strip() and row.says_zh.strip()):
                return f"{row.variable} has no meaning for people"
        secrets = [f.name for f in dataclasses.fields(cls) if isinstance(f.default, Secret) and f.default]  # type: ignore[arg-type] # the same
        if secrets:
            return f"the secret {secrets[0]} has a default"
        words = {"title": self.form.title, "label": self.form.label, "hint": self.form.hint}
        silent = [name for name, both in words.items() if not (both.zh.strip() and both.en.strip())]
        return f"the form's {silent[0]} lacks a language" if silent else ""
