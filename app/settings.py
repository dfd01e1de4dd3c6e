"""What an installation may decide: one frozen class, read from ``ANHU_…`` variables, checked before the network.

Every field is one variable: `port` is ``ANHU_PORT``. An unknown ``ANHU_`` variable is an error, so that a misspelt one
is not silently ignored. Secrets have no default and print as ``***``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from anhu.contract.errors import SettingsError

PREFIX = "ANHU_"
_NOT_SETTINGS = ("ANHU_TEST_",)
_TRUE = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_MAX_PORT = 65_535


class Secret(str):
    """A text that never shows itself in a log."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***" if self else "''"


def _says(meaning: str) -> dict[str, str]:
    return {"says": meaning}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One installation. Each field's meaning stands in its metadata, from which the README's table is made."""

    data: Path = field(default=Path("anhu-data"), metadata=_says("folder for everything that must survive a restart"))
    host: str = field(default="127.0.0.1", metadata=_says("address on which pages, API and MQTT listen"))
    port: int = field(default=8080, metadata=_says("HTTP port of pages and API"))
    mqtt_port: int = field(default=1883, metadata=_says("MQTT port of the front door; 0 closes it"))
    mqtt_tls_port: int = field(default=0, metadata=_says("MQTT port with TLS; 0 closes it"))
    tls_certificate: str = field(default="", metadata=_says("PEM file with the certificate chain for MQTT over TLS"))
    tls_key: str = field(default="", metadata=_says("PEM file with its private key"))
    broker_url: Secret = field(
        default=Secret(""), metadata=_says("a broker that is already there: mqtt://user:password@host:1883")
    )
    broker_bindings: str = field(
        default="", metadata=_says("devices of broker topics that name none: zigbee2mqtt/#=home-1,other/#=home-2")
    )
    database_url: Secret = field(
        default=Secret(""), metadata=_says("SQLAlchemy URL; empty means SQLite in the data folder")
    )
    store: str = field(default="embedded", metadata=_says("time-series store: embedded or influxdb"))
    influxdb_url: str = field(default="", metadata=_says("address of InfluxDB 2.7"))
    influxdb_token: Secret = field(default=Secret(""), metadata=_says("token that may write and read the bucket"))
    influxdb_org: str = field(default="anhu", metadata=_says("organisation in InfluxDB"))
    influxdb_bucket: str = field(default="anhu", metadata=_says("bucket in InfluxDB"))
    public_url: str = field(
        default="", metadata=_says("address that people's browsers use; links in messages start with it")
    )
    smtp_host: str = field(default="", metadata=_says("mail server; empty means that no e-mail is sent"))
    smtp_port: int = field(default=587, metadata=_says("port of the mail server"))
    smtp_user: str = field(default="", metadata=_says("user at the mail server"))
    smtp_password: Secret = field(default=Secret(""), metadata=_says("password at the mail server"))
    smtp_from: str = field(default="", metadata=_says("sender of e-mails"))
    smtp_starttls: bool = field(default=True, metadata=_says("encrypt the connection to the mail server"))
    webhook_private: bool = field(default=False, metadata=_says("allow webhooks to private and loopback addresses"))
    log_max_bytes: int = field(
        default=8_589_934_592, metadata=_says("size at which the LOG starts to drop what was read by all")
    )
    log_max_age_h: int = field(default=168, metadata=_says("age at which the LOG drops what was read by all"))
    keep_readings_d: int = field(default=730, metadata=_says("days that the embedded store keeps numbers and events"))
    keep_waveforms_d: int = field(default=90, metadata=_says("days that the embedded store keeps waveforms"))
    codec_folder: str = field(default="", metadata=_says("folder with codecs of your own"))
    demo: bool = field(default=False, metadata=_says("say on every page that the residents are made up"))
    time_zone: str = field(default="Asia/Shanghai", metadata=_says("time zone in which people read times"))

    def __post_init__(self) -> None:
        for name in ("port", "mqtt_port", "mqtt_tls_port", "smtp_port"):
            if not 0 <= getattr(self, name) <= _MAX_PORT:
                raise SettingsError(PREFIX + name.upper(), getattr(self, name), "a port, 0 to 65535")
        if self.store not in ("embedded", "influxdb"):
            raise SettingsError("ANHU_STORE", self.store, "embedded or influxdb")
        if self.store == "influxdb" and not (self.influxdb_url and self.influxdb_token):
            raise SettingsError("ANHU_INFLUXDB_URL, ANHU_INFLUXDB_TOKEN", "", "both, since ANHU_STORE is influxdb")
        for name in ("keep_readings_d", "keep_waveforms_d", "log_max_age_h", "log_max_bytes"):
            if getattr(self, name) <= 0:
                raise SettingsError(PREFIX + name.upper(), getattr(self, name), "a number above 0")
        if self.mqtt_tls_port and not (self.tls_certificate and self.tls_key):
            raise SettingsError("ANHU_TLS_CERTIFICATE, ANHU_TLS_KEY", "", "both, since ANHU_MQTT_TLS_PORT is set")

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite:///{(self.data / 'anhu.db').absolute()}"

    @property
    def base_url(self) -> str:
        """Start of links for people, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def log_folder(self) -> Path:
        """Where the LOG's segments are."""
        return self.data / "log"

    def environment(self) -> dict[str, str]:
        """Return the variables that make the same settings in a child process."""
        default = Settings()
        changed = {f.name: getattr(self, f.name) for f in fields(self)}
        return {PREFIX + k.upper(): str(v) for k, v in changed.items() if v != getattr(default, k)}


def from_environment(environment: Mapping[str, str], **given: object) -> Settings:
    """Read settings; values given directly (command-line options) win, None means not given.

    Raises
    ------
    SettingsError
        For an unknown variable or a value that does not fit.
    """
    types = get_type_hints(Settings)
    values: dict[str, Any] = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX) or name.startswith(_NOT_SETTINGS):
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in types:
            known = ", ".join(sorted(PREFIX + f.name.upper() for f in fields(Settings)))
            raise SettingsError(name, "…", f"one of {known}")
        values[key] = _parsed(name, text, types[key])
    values.update({k: v for k, v in given.items() if v is not None})
    return Settings(**values)


def _parsed(name: str, text: str, wanted: type) -> object:
    if wanted is bool:
        try:
            return _TRUE[text.lower()]
        except KeyError:
            raise SettingsError(name, text, "true or false") from None
    try:
        return wanted(text)
    except ValueError:
        raise SettingsError(name, text, f"a value of type {wanted.__name__}") from None


def table() -> list[tuple[str, str, str]]:
    """Return (variable, default, meaning) for every setting, for the README."""
    return [(PREFIX + f.name.upper(), _shown(f), f.metadata["says"]) for f in dataclasses.fields(Settings)]


def _shown(setting: dataclasses.Field[Any]) -> str:
    return str(setting.default) if setting.default != "" else ""
