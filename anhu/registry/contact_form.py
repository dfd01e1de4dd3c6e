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


def _anything(_secret: str) -> None:
    """Refuse nothing."""


MAIL: Literal["email"] = "email"
"""Kind of address to which a link for a new password may go."""


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
    asks_secret : Words, optional
        What the other side gives to sign with, asked beside the address and never shown again; None: nothing.
    shown : callable
        Returns the address as pages and programs may see it: a robot's is a secret.
    check_secret : callable
        Raises `FieldError` for a secret that could never sign or encrypt.
    is_browser : bool
        Whether browsers enter themselves, with `browser_key`; nobody types such an address.
    browser_key : str
        Public key of the installation, base64url; empty: no browser can enter itself.
    missing : str
        What the installation must set before anything goes there; empty: nothing.
    for_people : bool
        Whether people enter contacts of it; the platform's own stand in no list.
    """

    title: Words
    label: Words
    hint: Words
    kind: Literal["url", "email", "tel", "text"]
    check: Callable[[str], None]
    has_secret: bool
    asks_secret: Words | None = None
    shown: Callable[[str], str] = str
    check_secret: Callable[[str], None] = _anything
    is_browser: bool = False
    browser_key: str = ""
    missing: str = ""
    for_people: bool = True


def form_of(forms: Mapping[str, ContactForm], channel: str) -> ContactForm:
    """Return a channel's form. Raises `FieldError` when there is no such channel."""
    if channel not in forms:
        known = ", ".join(forms)
        raise FieldError("channel", channel, f"one of {known}", zh=f"以下之一：{known}")
    return forms[channel]


def contact_flaw(forms: Mapping[str, ContactForm], channel: str, address: str, language: str = "en") -> str:
    """Return why nothing will ever reach a contact, as far as can be known without trying; empty: it may."""
    chinese = language == "zh-CN"
    if channel not in forms:
        return f"没有 {channel} 这种渠道" if chinese else f"there is no channel {channel!r}"
    form = forms[channel]
    if form.missing:
        return f"渠道尚未配置：{form.missing}" if chinese else f"the channel is not set up: {form.missing}"
    try:
        form.check(address)
    except FieldError as error:
        return error.said(language)
    return ""
