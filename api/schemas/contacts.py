"""Where notifications go."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field

from anhu.registry.contact_form import ContactForm
from api.schemas.alerts import PriorityWord
from api.schemas.base import Input, Time, View, at, ruled

OwnerKind = Literal["centre", "team", "user", "resident"]


class LastMessage(View):
    """What became of the last message to a contact."""

    about: str = Field(examples=["alert"], description="alert, nobodys_call, account_message")
    state: str = Field(examples=["sent"])
    at_ms: Time = at("at")
    detail: str = Field(description="What the channel answered.")
    is_decided: bool


class ContactView(View):
    """Where notifications of a centre, a team, a user or a resident go."""

    id: str
    owner_kind: str
    owner_id: str
    owner_name: str = ""
    channel: str
    address: str
    min_priority: PriorityWord
    language: str
    enabled: bool
    quiet_from: str = Field(default="", examples=["22:00"], description="Until `quiet_until` only calls for help go.")
    quiet_until: str = ""
    position: int = Field(default=0, description="Among the contacts of one owner.")
    awaits_code: bool = Field(default=False, description="Its user has not proved it yet.")
    disabled_why: str = ""
    last: LastMessage | None = None


class NewContact(Input):
    """A contact to make."""

    owner_kind: OwnerKind
    owner_id: str = Field(min_length=1, max_length=64)
    channel: str = Field(min_length=1, max_length=32, examples=["webhook"])
    address: str = ruled(minLength=1, maxLength=500, examples=["https://clinic.example/anhu"])
    secret: str = ruled("", maxLength=200, description="What the other side gave to sign with, where it did.")
    min_priority: PriorityWord = "low"
    language: str = ruled("zh-CN", pattern=r"^(zh-CN|en)$")
    quiet_from: str = Field(default="", max_length=5, examples=["22:00"])
    quiet_until: str = Field(default="", max_length=5, examples=["07:00"])


class ContactChange(Input):
    """What to change of a contact; what is left out stays. To reach another address, make another contact."""

    min_priority: PriorityWord | None = None
    language: str | None = ruled(None, pattern=r"^(zh-CN|en)$")
    quiet_from: str | None = Field(default=None, max_length=5, examples=["22:00"])
    quiet_until: str | None = Field(default=None, max_length=5, examples=["07:00"])


class ChannelView(View):
    """A way of reaching people, and what must be asked of a contact."""

    name: str = Field(examples=["webhook"])
    title_zh: str
    title_en: str
    label_zh: str
    label_en: str
    hint_zh: str
    hint_en: str
    input: Literal["url", "email", "tel", "text"] = Field(description="Kind of input for the address.")
    asks_secret_zh: str = Field(description="What the other side gives to sign with; empty: nothing is asked.")
    asks_secret_en: str
    typed: bool = Field(description="Whether people type the address; browsers enter themselves.")
    has_secret: bool = Field(description="Whether what is sent is signed with a secret of the contact.")
    missing: str = Field(default="", description="What the installation must set first; empty: nothing.")

    @classmethod
    def of(cls, name: str, form: ContactForm) -> Self:
        """Return what a page and a program must know of a channel's form."""
        return cls(
            name=name,
            title_zh=form.title.zh,
            title_en=form.title.en,
            label_zh=form.label.zh,
            label_en=form.label.en,
            hint_zh=form.hint.zh,
            hint_en=form.hint.en,
            input=form.kind,
            has_secret=form.has_secret,
            missing=form.missing,
            asks_secret_zh=form.asks_secret.zh if form.asks_secret else "",
            asks_secret_en=form.asks_secret.en if form.asks_secret else "",
            typed=not form.is_browser,
        )


class ContactSecret(ContactView):
    """A fresh contact. `secret` signs what is sent there, if the channel signs; the only time it is shown."""

    secret: str
