"""How a frozen dataclass says what an installation may decide: each field is one ``ANHU_…`` variable with its meaning.

The roof reads the environment; a room, or a channel, only declares:
``port: int = field(default=587, metadata=says("port of the server", "服务器的端口"))``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_type_hints

from anhu.contract.errors import SettingsError

PREFIX = "ANHU_"
MAX_PORT = 65_535
_SAYS, _SAYS_ZH = "says", "says_zh"
_TRUE = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class Secret(str):
    """A text that never shows itself in a log."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***" if self else "''"


class SettingRow(NamedTuple):
    """One variable, as the README shows it."""

    variable: str
    default: str
    says: str
    says_zh: str


def says(en: str, zh: str) -> Mapping[str, str]:
    """Return the metadata of a field that is a variable: what it means, for people, in both languages."""
    return {_SAYS: en, _SAYS_ZH: zh}


def variable(name: str) -> str:
    """Return the variable of a field: `port` is ``ANHU_PORT``."""
    return PREFIX + name.upper()


def variables(settings: type) -> Mapping[str, str]:
    """Return variable -> field of a class of settings."""
    return {variable(f.name): f.name for f in dataclasses.fields(settings) if _SAYS in f.metadata}


def rows(settings: type) -> Iterator[SettingRow]:
    """Give every variable of a class of settings, in its order."""
    for one in dataclasses.fields(settings):
        if _SAYS in one.metadata:
            yield SettingRow(variable(one.name), str(one.default), one.metadata[_SAYS], one.metadata[_SAYS_ZH])


def parsed(settings: type, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields that variables set, each of its own type.

    Raises
    ------
    SettingsError
        For a text that does not fit.
    """
    types, known = get_type_hints(settings), variables(settings)
    return {known[name]: _value(name, text, types[known[name]]) for name, text in texts.items() if name in known}


def changed(settings: object) -> dict[str, str]:
    """Return the variables that make the same settings again: those that differ from their default."""
    values = {f.name: (getattr(settings, f.name), f.default) for f in dataclasses.fields(settings)}  # type: ignore[arg-type]
    known = variables(type(settings))
    return {name: str(values[key][0]) for name, key in known.items() if values[key][0] != values[key][1]}


def check_port(settings: object, *names: str) -> None:
    """Raise `SettingsError` for a field that is no port."""
    for name in names:
        if not 0 <= getattr(settings, name) <= MAX_PORT:
            raise SettingsError(variable(name), getattr(settings, name), "a port, 0 to 65535")


def _value(name: str, text: str, wanted: type) -> object:
    if wanted is bool:
        try:
            return _TRUE[text.lower()]
        except KeyError:
            raise SettingsError(name, text, "true or false") from None
    try:
        return wanted(text)
    except ValueError:
        raise SettingsError(name, text, f"a value of type {wanted.__name__}") from None
