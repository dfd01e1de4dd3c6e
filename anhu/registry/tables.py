"""Who is who: who is watched, by which device, who answers and where, who may log in, and what was looked at.

Times are UTC milliseconds since 1970. SQLite and PostgreSQL hold the same tables.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from anhu.registry.partial_index import partial_index

SERIAL = BigInteger().with_variant(Integer, "sqlite")
_WAITING = text("delivered_at_ms IS NULL AND failed_at_ms IS NULL")


class Base(DeclarativeBase):
    """Base of all tables, with named constraints so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it so
        str: String(64),
        dict[str, Any]: JSON,
        bytes: LargeBinary,
        bool: Boolean,
    }


class Organisation(Base):
    """Who runs centres and teams: a street's office, a hospital, a care company."""

    __tablename__ = "organisation"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    region_code: Mapped[str] = mapped_column(String(12), default="")
    """GB/T 2260 and its street and village codes."""
    closed_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    """Since when it runs nothing any more; kept, because what happened names it."""


class Centre(Base):
    """A community centre: the desk that is staffed day and night."""

    __tablename__ = "centre"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    region_code: Mapped[str] = mapped_column(String(12), default="")
    phone: Mapped[str] = mapped_column(String(32), default="")
    time_zone: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """IANA name; empty: the installation's."""
    organisation_id: Mapped[str | None]
    """No foreign key: SQLite would have to copy a table that half the others refer to."""
    closed_at_ms: Mapped[int | None] = mapped_column(BigInteger)


class Team(Base):
    """A family-doctor team: GP, nurse, public-health worker."""

    __tablename__ = "team"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    centre_id: Mapped[str | None] = mapped_column(ForeignKey("centre.id"))
    organisation_id: Mapped[str | None]
    code: Mapped[str] = mapped_column(String(32), default="", server_default="")
    """By which the health authority knows it."""
    region_code: Mapped[str] = mapped_column(String(12), default="", server_default="")
    closed_at_ms: Mapped[int | None] = mapped_column(BigInteger)


class Resident(Base):
    """A person who is watched."""

    __tablename__ = "resident"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    sex: Mapped[str] = mapped_column(String(8), default="")
    birth_date: Mapped[str] = mapped_column(String(10), default="")
    address: Mapped[str] = mapped_column(String(300), default="")
    phone: Mapped[str] = mapped_column(String(32), default="")
    access_note: Mapped[str] = mapped_column(Text, default="")
    flags: Mapped[list[str]] = mapped_column(JSON, default=list)
    centre_id: Mapped[str | None] = mapped_column(ForeignKey("centre.id"))
    team_id: Mapped[str | None] = mapped_column(ForeignKey("team.id"), index=True)
    active: Mapped[bool] = mapped_column(default=True)
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    time_zone: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """IANA name; empty: the centre's."""
    tier: Mapped[str] = mapped_column(String(16), default="", server_default="")
    """How closely watched (`anhu.registry.tiers`); empty: as everybody."""
    external_number: Mapped[str] = mapped_column(String(64), default="", server_default="", index=True)
    """Who brought the resident along knows him by it: a number of the care home, of the health record."""
    region_code: Mapped[str] = mapped_column(String(12), default="", server_default="")
    """Where the home is: county, street, village (`anhu.registry.regions`)."""
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    """Grows with every change, so that of two who change at once the second is told."""

    __table_args__ = (
        Index("ix_resident_name", "name", "id"),
        Index("ix_resident_of_centre", "centre_id", "name", "id"),
        Index("ix_resident_phone", "phone"),
        partial_index("ix_resident_active", "centre_id", "id", where="active"),
    )


class Device(Base):
    """A wearable, a home sensor, or a home gateway; `parent_id` and `child_name` when it sits behind one."""

    __tablename__ = "device"
    id: Mapped[str] = mapped_column(primary_key=True)
    codec: Mapped[str]
    model: Mapped[str] = mapped_column(String(100), default="")
    vendor: Mapped[str] = mapped_column(String(100), default="")
    firmware: Mapped[str] = mapped_column(default="", server_default="")
    """As whoever enrolled it said, or its vendor since."""
    secret_sha256: Mapped[bytes] = mapped_column(default=b"")
    secret_sealed: Mapped[bytes] = mapped_column(default=b"", server_default="")
    """The same in the clear for whoever has the key (`anhu.registry.secret_vault`), where the family signs with it."""
    product_id: Mapped[str] = mapped_column(String(64), default="", server_default="", index=True)
    """Which product of its vendor (`anhu.registry.product_tables`); empty: none was named."""
    resident_id: Mapped[str | None] = mapped_column(ForeignKey("resident.id"), index=True)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("device.id"), index=True)
    child_name: Mapped[str] = mapped_column(String(100), default="")
    position: Mapped[str] = mapped_column(String(32), default="")
    room: Mapped[str] = mapped_column(String(32), default="")
    alarms: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Which calls for help it can make: ``sos``, ``fall``, ``smoke``..."""
    report_period_s: Mapped[float] = mapped_column(default=0.0)
    shared: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Several people measure with it: what it does not say of whom is nobody's until somebody says so."""
    enabled: Mapped[bool] = mapped_column(default=True)
    enrolled_at_ms: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(BigInteger, index=True)
    """Grows with every change of any device: front doors and the engine ask for what is newer."""

    __table_args__ = (
        Index("ix_device_vendor", "vendor", "id"),
        partial_index("ix_device_revoked", "id", where="NOT enabled"),
    )


class DeviceCommand(Base):
    """Something the platform wants of a device; delivered by the front door at QoS 1."""

    __tablename__ = "device_command"
    id: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    name: Mapped[str]
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    delivered_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger)
    asked_by: Mapped[str] = mapped_column(default="", server_default="")
    """The user who asked; empty: the platform itself."""
    failed_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    """Since when it is known that it cannot be done."""
    failure: Mapped[str] = mapped_column(String(200), default="", server_default="")
    answered_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    answer: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """What the device said: an event of the quantity table, or words of its own."""
    silent_told_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When whoever asked "are you well?" was told that nobody answers."""
    taken_by: Mapped[str] = mapped_column(String(100), default="", server_default="")
    """The front door that sends it; another one may once that one no longer holds the device."""
    __table_args__ = (
        Index("ix_device_command_waiting", "device_id", postgresql_where=_WAITING, sqlite_where=_WAITING),
        Index("ix_device_command_waiting_since", "created_at_ms", postgresql_where=_WAITING, sqlite_where=_WAITING),
        partial_index("ix_device_command_asked", "asked_by", "created_at_ms", where="asked_by <> ''"),
    )


class DeviceNote(Base):
    """What a device said at the MQTT door that came to nothing, added up by kind; kept when the device is not."""

    __tablename__ = "device_note"
    device_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    times: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[str] = mapped_column(Text)
    at_ms: Mapped[int] = mapped_column(BigInteger)


class User(Base):
    """Somebody who may log in. `role`: desk, team, family, vendor, admin."""

    __tablename__ = "user"
    id: Mapped[str] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(String(300), default="")
    centre_id: Mapped[str | None] = mapped_column(ForeignKey("centre.id"), index=True)
    team_id: Mapped[str | None] = mapped_column(ForeignKey("team.id"), index=True)
    vendor: Mapped[str] = mapped_column(String(100), default="")
    language: Mapped[str] = mapped_column(String(8), default="zh-CN")
    enabled: Mapped[bool] = mapped_column(default=True)
    duty: Mapped[str] = mapped_column(String(16), default="", server_default="")
    """What kind of work (`anhu.registry.duties`): nurse, gp, operator, carer..."""
    is_lead: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Leads the desk or the team: looks after its people, rota and policies."""
    password_until_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When a one-time password ends, which must be changed at the first login; null: the password is the user's own."""

    __table_args__ = (Index("ix_user_role", "role", "id"),)


class FamilyLink(Base):
    """A family member may see a resident."""

    __tablename__ = "family_link"
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), primary_key=True)
    resident_id: Mapped[str] = mapped_column(ForeignKey("resident.id"), primary_key=True, index=True)
    relation: Mapped[str] = mapped_column(String(32), default="")
    rank: Mapped[int] = mapped_column(default=1)
    """Who is called first: 1 before 2."""


class Token(Base):
    """A login session, an API token, or a browser that logged in before; only its SHA-256 is kept."""

    __tablename__ = "token"
    sha256: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(16))
    label: Mapped[str] = mapped_column(String(100), default="")
    csrf: Mapped[str] = mapped_column(default="")
    scopes: Mapped[str] = mapped_column(default="read respond provision administer")
    """What an API token may be used for, spaces between."""
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    last_used_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger)
    address: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """From where a session was begun."""
    agent: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """What the browser called itself then."""

    __table_args__ = (Index("ix_token_purpose", "purpose", "expires_at_ms"),)


class Contact(Base):
    """Where notifications of a centre, a team, a user or a resident go. `secret` signs webhooks."""

    __tablename__ = "contact"
    id: Mapped[str] = mapped_column(primary_key=True)
    owner_kind: Mapped[str] = mapped_column(String(16))
    owner_id: Mapped[str] = mapped_column(index=True)
    channel: Mapped[str] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(String(500), index=True)
    secret: Mapped[str] = mapped_column(String(200), default="")
    min_priority: Mapped[int] = mapped_column(default=1)
    language: Mapped[str] = mapped_column(String(8), default="zh-CN")
    enabled: Mapped[bool] = mapped_column(default=True)
    label: Mapped[str] = mapped_column(String(100), default="", server_default="")
    """What its owner calls it: a browser says which one it is."""
    gone_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    """Since when its other side says that nobody is there; it was switched off then."""
    quiet_from: Mapped[str] = mapped_column(String(5), default="", server_default="")
    """Hour from which only calls for help go there (`anhu.registry.quiet_hours`); empty: never quiet."""
    quiet_until: Mapped[str] = mapped_column(String(5), default="", server_default="")
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    """Among the contacts of one owner, which comes first."""
    awaits_code: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Entered by a user for himself and not proved yet: it is switched off until the code comes back."""
    disabled_why: Mapped[str] = mapped_column(String(200), default="", server_default="")
    removed_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    """Taken away; the row stays for the messages that name it."""

    __table_args__ = (Index("ix_contact_owner", "owner_kind", "owner_id"),)


class Audit(Base):
    """Who read or wrote what of whom, and when."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[str]
    action: Mapped[str] = mapped_column(String(64))
    resident_id: Mapped[str] = mapped_column(default="")
    object_id: Mapped[str] = mapped_column(String(128), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (
        Index("ix_audit_when", "at_ms", "id"),
        Index("ix_audit_who", "user_id", "at_ms"),
        Index("ix_audit_whom", "resident_id", "at_ms"),
        Index("ix_audit_what", "action", "at_ms"),
    )


class Counter(Base):
    """Numbers that only grow; row ``directory`` is the version of devices and limits."""

    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
