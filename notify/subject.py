"""What messages can be about: one file of `notify.subjects` knows one kind of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from sqlalchemy import ScalarSelect
from sqlalchemy.orm import DeclarativeBase, Session

from anhu.outbox.tables import Outbox
from anhu.registry.tables import Contact, Resident
from notify.channel import Delivery
from notify.channel_type import Capabilities

RowT = TypeVar("RowT")


class MessageStyle(NamedTuple):
    """How messages are put into words.

    Attributes
    ----------
    public_url : str
        Where people reach the desk; empty: messages have no link.
    zone : tzinfo
        In which times are told.
    """

    public_url: str
    zone: tzinfo


class Telling(NamedTuple):
    """One message that is to be put into words, to whom, through what, and when. [ms]."""

    outbox: Outbox
    contact: Contact
    resident: Resident | None
    style: MessageStyle
    can: Capabilities
    now_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is to be said, before it is fitted to a channel (`notify.wording`).

    Attributes
    ----------
    subject : str
        One line.
    lines : tuple of str
        Sentences, the most important first: a short message ends early.
    link, link_sentence : str
        Where to go, and the key of the sentence that says so; an empty link is not said.
    answer_link : str
        Where to answer with one press; empty: nowhere.
    data : mapping
        The same for programs.
    """

    subject: str
    lines: tuple[str, ...]
    link: str
    link_sentence: str
    data: Mapping[str, Any]
    answer_link: str = ""


class Failure(NamedTuple):
    """A message that failed for good, or for so long that somebody must know.

    Attributes
    ----------
    anybody_else : bool
        Whether another message about the same subject reached somebody, or still may.
    said_before : bool
        Whether this message has failed for good before, and was tried again all the same.
    """

    channel: str
    contact_id: str
    reason: str
    attempts: int
    anybody_else: bool
    said_before: bool


def _nothing(_row: object) -> None:
    return None


class Subject(ABC, Generic[RowT]):
    """Base of all subjects. Everything happens in the caller's transaction; times are arguments. [ms]."""

    kind: ClassVar[str]
    """What `Outbox.subject_kind` says; the name of its file."""
    table: ClassVar[type[DeclarativeBase]]
    """Whose row `Outbox.subject_id` names by its primary key: it is fetched together with the message."""
    reaches_switched_off: ClassVar[bool] = False
    """Whether its messages go to contacts that are switched off: a code proves one before it is switched on."""
    is_awaited: ClassVar[bool] = False
    """Whether somebody has just asked for its messages and waits for them: quiet hours do not hold them."""

    told_apart_by: ClassVar[staticmethod[[Any], object]] = staticmethod(_nothing)
    """What of a row keeps its messages from being said together with those about another."""

    @abstractmethod
    def still_needed(self, outbox: Outbox, row: RowT) -> bool:
        """Tell whether a message must still be sent."""

    @abstractmethod
    def compose(self, row: RowT, telling: Telling) -> Letter:
        """Put a message into words, in the contact's language, with as little about the person as will do."""

    @abstractmethod
    def lock(self, session: Session, subject_id: str) -> RowT | None:
        """Return the row as it is now and keep others from changing it; None when it is gone."""

    @abstractmethod
    def reached(self, session: Session, subject_id: str, said: Delivery, now_ms: int) -> None:
        """Do what follows from a receipt: the other side took a message."""

    @abstractmethod
    def failed(self, session: Session, subject_id: str, failure: Failure, now_ms: int) -> None:
        """Do what follows when a contact could not be told. The row is locked."""

    def delayed(self, session: Session, subject_id: str, now_ms: int) -> None:
        """Do what follows from an attempt that failed for now. The row is locked."""

    def held(self, session: Session, contacts: Collection[str], now_ms: int) -> None:
        """Do what follows when messages wait because these contacts have had their share of a minute."""

    def unconfirmed(self, session: Session, subject_id: str, contact_id: str, now_ms: int) -> None:
        """Do what follows when a provider took a message and never said that it arrived. The row is locked."""

    def join(self, session: Session, contact: Contact, subject_ids: Sequence[str], now_ms: int) -> None:
        """Do what follows when messages about several go to a contact as one."""

    def next_due(self) -> ScalarSelect[int] | None:
        """Return the query for when `advance` has something to do; None when it never has."""
        return None

    def advance(self, session: Session, now_ms: int) -> Mapping[str, int]:  # noqa: ARG002 - for those with plans
        """Write messages that have come due meanwhile; return counts for the status."""
        return {}

    def clock_set_back(self, session: Session, now_ms: int, by_ms: int) -> None:
        """Bring own plans forward, and lock what messages about them would lock."""
