"""What must be known of a contact so that a channel can reach it: a form that pages, API and command line share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from anhu.contract.errors import FieldError


class Words(NamedTuple):
    """The same said in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactForm:
    """How a person enters an address of one channel.

    Attributes
    ----------
    title : Words
        What the channel is called.
    label, hint : Words
        Beside the field, and below it.
    kind : {"url", "email", "tel", "text"}
        Which kind of input a page shows.
    check : callable
        Raises `FieldError` for an address that the channel could never reach.
    has_secret : bool
        Whether what is sent there is signed: the contact then gets a secret, shown once.
    """

    title: Words
    label: Words
    hint: Words
    kind: Literal["url", "email", "tel", "text"]
    check: Callable[[str], None]
    has_secret: bool


def form_of(forms: Mapping[str, ContactForm], channel: str) -> ContactForm:
    """Return a channel's form. Raises `FieldError` when there is no such channel."""
    if channel not in forms:
        raise FieldError("channel", channel, "one of " + ", ".join(sorted(forms)))
    return forms[channel]
