"""What the API needs from outside, handed to it by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.orm import Session, sessionmaker

from anhu.contract import numbers
from anhu.contract.clock import DAY_MS, Clock
from anhu.contract.proxies import Network
from anhu.outbox.callbacks import CallbackReader
from anhu.registry.contact_form import ContactForm
from anhu.registry.gaps import Gap
from anhu.registry.identity_vault import IdentityVault
from anhu.registry.payload_vault import PayloadVault
from anhu.registry.phones import HOME
from anhu.registry.secret_vault import SecretVault
from api.callback_count import CallbackCount
from api.codec_bench import CodecBench
from api.crowd import Crowd
from api.drill_room import DrillRoom
from api.kept import Kept
from api.link_throttle import LinkThrottle
from api.login_queue import LoginQueue
from api.login_throttle import LoginThrottle
from api.look_journal import LookJournal
from api.mailing import Mailing
from api.oidc.door import OidcDoor
from api.rate_limits import RateLimits
from api.schemas.platform import BeatView, Component
from api.setup_code import SetupCode
from ingest.delivered import DeliveriesQuery
from ingest.letter import LettersQuery
from ingest.store.port import StoreQuery


def _no_beats() -> Sequence[BeatView]:
    return ()


class Family(NamedTuple):
    """A device family: what it is called, and by which doors it comes in (``mqtt``, ``http``, ``tcp``, ``poll``)."""

    title: str
    doors: tuple[str, ...]


class Numbers(NamedTuple):
    """What one instance of a process measured."""

    instance: str
    families: Sequence[numbers.Family]


class Screens(NamedTuple):
    """What the desk shows besides alarms.

    Attributes
    ----------
    map_file : Path or None
        PMTiles file of the operator's map; None: pins stand on blank ground.
    map_datum : str
        In what that map is: ``wgs84`` or ``gcj02``.
    wall_names : bool
        Whether wall screens name residents.
    """

    map_file: Path | None = None
    map_datum: str = "wgs84"
    wall_names: bool = False


_NO_SCREENS = Screens()


def _no_components() -> Sequence[Component]:
    return ()


def _no_numbers() -> Sequence[Numbers]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """Everything outside the API, and the settings that change how it answers.

    Attributes
    ----------
    sessions : sessionmaker
        Makes database sessions; a service call is one transaction.
    store : StoreQuery
        The time-series store.
    clock : Clock
        The present time.
    cookie_secure : bool
        Browsers send the session cookie over HTTPS only. False is for plain HTTP on a closed network or a laptop.
    public_url : str
        Where people reach the desk, without a slash at the end; messages link to it. Empty: no links.
    time_zone : str
        IANA name of the zone in which people read times.
    demo : bool
        Show that this is a demonstration, and its logins, on the login page.
    beats : callable
        Returns the calls that the platform made of itself, the oldest first.
    components : callable
        Returns the last words of the platform's parts, for its status.
    measured : callable
        Returns what the parts of this machine measured, for ``/metrics``.
    codecs : frozenset of str
        Names of the codecs there are; a device may name no other.
    families : mapping
        Codec -> the device family that it reads.
    push_url : str
        Where vendors' clouds push to, without a slash at the end; empty: there is no such door.
    secrets : SecretVault or None
        Where the keys of products are locked away; None: there is no key, and none is given out.
    channels : mapping
        Channel -> how a contact of it is entered; a contact may name no other.
    session_limit_ms : int
        How long a session may last, however often it is renewed. [ms]
    throttle : LoginThrottle
        Slows guessing of passwords down, per address and name.
    logins : LoginQueue
        Where passwords are hashed.
    wrong_from_known : dict
        Wrong passwords in a row, by browser that is known.
    rates : RateLimits
        How much one user may ask.
    looks : LookJournal or None
        Where looks are put on record; None: at once in the database, where no writer waits for another.
    crowd : Crowd
        Holds back who asks too fast as nobody.
    trusted_proxies : sequence of networks
        Whose word on the caller's address counts.
    deliveries : DeliveriesQuery or None
        How many messages of each device were read and refused; None where this process has no delivery log.
    letters : LettersQuery or None
        What was refused of devices; None where this process has no access to it.
    screens : Screens
        What is shown besides alarms.
    setup_code : SetupCode or None
        With which the first administrator is made; None: not by a page.
    vault : IdentityVault or None
        Where identity numbers are locked away; None: there is no key, and none is taken.
    signing : frozenset of str
        Codecs whose devices sign their log-ins.
    secrets : SecretVault or None
        Where secrets are kept that devices sign with; None: there is no key, and none is given.
    payloads : PayloadVault or None
        Opens what is nobody's until somebody says whose it is; None: there is no key.
    phone_region : str
        ISO 3166 code of the country whose telephone numbers need no country code.
    links : LinkThrottle
        Slows guessing of the links in messages down.
    callbacks : mapping
        Channel -> what answers its provider's calls.
    callbacks_taken : CallbackCount
        What became of them.
    mails : Mailing
        Sends what strangers ask for.
    gaps : Kept
        What is missing in a large registry.
    oidc : OidcDoor or None
        The way in by a provider of logins; None: passwords only.
    drill : DrillRoom or None
        Where a test alarm is made; None: this process cannot.
    bench : CodecBench or None
        Where vendors try their messages; None: this process has no codecs.
    """

    sessions: sessionmaker[Session]
    store: StoreQuery
    clock: Clock
    cookie_secure: bool = True
    public_url: str = ""
    time_zone: str = "Asia/Shanghai"
    demo: bool = False
    components: Callable[[], Sequence[Component]] = _no_components
    measured: Callable[[], Sequence[Numbers]] = _no_numbers
    beats: Callable[[], Sequence[BeatView]] = _no_beats
    codecs: frozenset[str] = frozenset({"open_json"})
    families: Mapping[str, Family] = field(default_factory=dict)
    push_url: str = ""
    secrets: SecretVault | None = None
    channels: Mapping[str, ContactForm] = field(default_factory=dict)
    session_limit_ms: int = DAY_MS
    throttle: LoginThrottle = field(default_factory=LoginThrottle)
    logins: LoginQueue = field(default_factory=LoginQueue)
    wrong_from_known: dict[str, int] = field(default_factory=dict)
    rates: RateLimits = field(default_factory=RateLimits)
    looks: LookJournal | None = None
    crowd: Crowd = field(default_factory=Crowd)
    trusted_proxies: Sequence[Network] = ()
    letters: LettersQuery | None = None
    deliveries: DeliveriesQuery | None = None
    screens: Screens = _NO_SCREENS
    setup_code: SetupCode | None = None
    vault: IdentityVault | None = None
    signing: frozenset[str] = frozenset()
    keeps_secrets: bool = False
    payloads: PayloadVault | None = None
    phone_region: str = HOME
    links: LinkThrottle = field(default_factory=LinkThrottle)
    callbacks: Mapping[str, CallbackReader] = field(default_factory=dict)
    callbacks_taken: CallbackCount = field(default_factory=CallbackCount)
    mails: Mailing = field(default_factory=Mailing)
    gaps: Kept[Sequence[Gap]] = field(default_factory=Kept)
    oidc: OidcDoor | None = None
    drill: DrillRoom | None = None
    bench: CodecBench | None = None
