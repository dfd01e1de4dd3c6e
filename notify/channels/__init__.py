"""Ways of reaching people: one folder, one channel, found by walking.

A folder holds ``__init__.py`` with `CHANNEL` (settings, what it can do, the contact's form; light, for every process
reads it), ``sender.py`` with the `Channel` that sends, and ``fake.py`` with a `FakeServer`, its other end for tests and
the demo. Without the folder there is no channel: no variable, no form, no demo, nothing to mend.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import Clock
from anhu.contract.settings import variables
from anhu.registry.call_list import CALL_FORM, CALL_ONLY
from anhu.registry.contact_form import ContactForm
from notify.callback_reader import CallbackReader
from notify.channel import Channel
from notify.channel_type import Capabilities, ChannelType, Limits
from notify.fake_server import FakeServer

_PARTS = ("sender", "fake")
PartT = TypeVar("PartT")


@cache
def channel_types() -> Mapping[str, ChannelType[Any]]:
    """Return name -> channel.

    Raises
    ------
    ValueError
        When two want the same variable, or one leaves something undecided.
    """
    return by_name([_declared(module.name) for module in pkgutil.iter_modules(__path__, f"{__name__}.")])


def by_name(found: Iterable[ChannelType[Any]]) -> Mapping[str, ChannelType[Any]]:
    """Return channels by name. Raises `ValueError` when two want the same variable."""
    owners: dict[str, str] = {}
    named = {one.name: one for one in found}
    if CALL_ONLY in named:
        raise ValueError(f"channel {CALL_ONLY!r}: phones that people call are named so")
    for one in named.values():
        for name in variables(one.settings):
            if owners.setdefault(name, one.name) != one.name:
                raise ValueError(f"{name} is wanted by the channels {owners[name]!r} and {one.name!r}")
    return named


def capabilities() -> Mapping[str, Capabilities]:
    """Return name -> what the channel can do."""
    return {name: one.capabilities for name, one in channel_types().items()}


def contact_forms(settings: Mapping[str, Any] | None = None) -> Mapping[str, ContactForm]:
    """Return name -> how a contact of that channel is entered, and after the channels the phones that people call.

    Parameters
    ----------
    settings : mapping, optional
        Channel -> its settings: forms then refuse what the installation does not allow.
    """
    types = channel_types()
    if settings is None:
        forms = {name: one.form for name, one in types.items()}
    else:
        forms = {name: one.form_with(settings.get(name, one.settings())) for name, one in types.items()}
    return {**{name: form for name, form in forms.items() if form.for_people}, CALL_ONLY: CALL_FORM}


def callback_readers(settings: Mapping[str, Any]) -> Mapping[str, CallbackReader]:
    """Return channel -> what reads its provider's calls, of the channels that are called; settings as below."""
    made = {name: one.callbacks(settings.get(name, one.settings())) for name, one in channel_types().items()}
    return {name: reader for name, reader in made.items() if reader is not None}


def channel_limits(settings: Mapping[str, Any]) -> Mapping[str, Limits]:
    """Return channel -> what one address may get; settings as below."""
    return {name: one.limits(settings.get(name, one.settings())) for name, one in channel_types().items()}


def channel_class(name: str) -> type[Channel]:
    """Return what sends for a channel."""
    return _part(name, "sender", Channel)  # type: ignore[type-abstract]


def fake_server(name: str) -> type[FakeServer]:
    """Return a channel's other end, for tests and the demo."""
    return _part(name, "fake", FakeServer)  # type: ignore[type-abstract]


def open_channels(
    settings: Mapping[str, Any], clock: Clock, sessions: sessionmaker[Session] | None = None
) -> Mapping[str, Channel]:
    """Return the channels that are set up, by name.

    Parameters
    ----------
    settings : mapping
        Channel -> its settings; one that is not named has its defaults.
    sessions : sessionmaker, optional
        The database, for those whose messages go through it.
    """
    made = {
        name: channel_class(name).from_settings(settings.get(name, one.settings()), clock)
        for name, one in channel_types().items()
    }
    opened = {name: channel for name, channel in made.items() if channel is not None}
    if sessions is not None:
        for channel in opened.values():
            channel.use(sessions)
    return opened


def _declared(module: str) -> ChannelType[Any]:
    declared = getattr(import_module(module), "CHANNEL", None)
    if not isinstance(declared, ChannelType):
        raise ValueError(f"{module} declares no CHANNEL")  # noqa: TRY004 - for the reader it is a channel undecided
    if module.rpartition(".")[2] != declared.name:
        raise ValueError(f"{module}: channel {declared.name!r} must be named like its folder")
    missing = [part for part in _PARTS if find_spec(f"{module}.{part}") is None]
    if missing:
        raise ValueError(f"channel {declared.name!r} has no {missing[0]}.py")
    return declared


def _part(name: str, part: str, base: type[PartT]) -> type[PartT]:
    module = import_module(f"{__name__}.{name}.{part}")
    found = [cls for _, cls in inspect.getmembers(module, inspect.isclass) if cls.__module__ == module.__name__]
    (only,) = [cls for cls in found if issubclass(cls, base)]
    return only
