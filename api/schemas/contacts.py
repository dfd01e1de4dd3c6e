"""Where notifications go."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.alerts import PriorityWord
from api.schemas.base import Input, View, ruled


class ContactView(View):
    """Where notifications of a centre, a team or a user go."""

    id: str
    owner_kind: str
    owner_id: str
    channel: str
    address: str
    min_priority: PriorityWord
    language: str
    enabled: bool
    quiet_from: str = Field(default="", examples=["22:00"], description="Until `quiet_until` only calls for help go.")
    quiet_until: str = ""


class NewContact(Input):
    """A contact to make."""

    owner_kind: Literal["centre", "team", "user", "resident"]
    owner_id: str = Field(min_length=1, max_length=64)
    channel: str = Field(min_length=1, max_length=32, examples=["webhook"])
    address: str = ruled(minLength=1, maxLength=500, examples=["https://clinic.example/anhu"])
    secret: str = ruled("", maxLength=200, description="What the other side gave to sign with, where it did.")
    min_priority: PriorityWord = "low"
    language: str = ruled("zh-CN", pattern=r"^(zh-CN|en)$")
    quiet_from: str = Field(default="", max_length=5, examples=["22:00"])
    quiet_until: str = Field(default="", max_length=5, examples=["07:00"])


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


class ContactSecret(ContactView):
    """A fresh contact. `secret` signs what is sent there, if the channel signs; the only time it is shown."""

    secret: str
