"""Errors that say which field was wrong, what it held, and what was expected."""

from __future__ import annotations

from functools import partial

_SHOWN_CHARS = 120


class AnhuError(Exception):
    """Base of every error that the platform raises on purpose."""


class FieldError(AnhuError, ValueError):
    """A value from outside that the contract refuses.

    Parameters
    ----------
    field : str
        Path of the field, as the sender would write it: ``values.spo2.unit``.
    value : object
        What was received; shown shortened.
    expected : str
        What would have been accepted, in words.
    zh : str
        The same in Chinese, where people enter the value; else empty.
    """

    def __init__(self, field: str, value: object, expected: str, *, zh: str = "") -> None:
        self._shown = repr(value)
        if len(self._shown) > _SHOWN_CHARS:
            self._shown = self._shown[:_SHOWN_CHARS] + "…"
        super().__init__(f"{field}: got {self._shown}, expected {expected}")
        self.field = field
        self.value = value
        self.expected = expected
        self.zh = zh

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), zh=self.zh), (self.field, self.value, self.expected)  # from one process to another

    def said(self, language: str) -> str:
        """Return the whole sentence in the reader's language, where there is one."""
        return f"{self.field}：收到 {self._shown}，应为 {self.zh}" if language == "zh-CN" and self.zh else str(self)


class DecodeError(FieldError):
    """A device payload that its codec cannot read; the raw bytes go to the dead letters with this reason."""


class SettingsError(FieldError):
    """A setting that is missing, unknown or out of range; raised before anything touches the network."""
