"""Which adapter stands behind which port, decided from the settings in one place."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

from anhu.settings import Settings
from gateway import codecs
from gateway.codec import Codec
from gateway.contract.clock import Clock
from gateway.log.embedded import EmbeddedLogWriter
from gateway.log.reader import EmbeddedLogReader
from ingest.deadletters import DeadLetters
from ingest.store.influxdb import InfluxStoreWriter
from ingest.store.influxdb_query import InfluxStoreQuery
from ingest.store.influxdb_settings import InfluxSettings
from ingest.store.port import StoreQuery, StoreWriter
from ingest.store.sqlite import SqliteStoreWriter
from ingest.store.sqlite_query import SqliteStoreQuery


def log_writer(settings: Settings) -> EmbeddedLogWriter:
    """Return the LOG's one writer."""
    return EmbeddedLogWriter(
        settings.log_folder, max_bytes=settings.log_max_bytes, max_age_s=settings.log_max_age_h * 3_600.0
    )


def log_reader(settings: Settings, consumer: str) -> EmbeddedLogReader:
    """Return a reader of the LOG with its own committed position."""
    return EmbeddedLogReader(settings.log_folder, consumer)


def store_writer(settings: Settings) -> StoreWriter:
    """Return what writes readings."""
    if settings.store == "influxdb":
        return InfluxStoreWriter(_influx(settings))
    return SqliteStoreWriter(_store_file(settings))


def store_query(settings: Settings) -> StoreQuery:
    """Return what answers questions about readings."""
    if settings.store == "influxdb":
        return InfluxStoreQuery(_influx(settings))
    return SqliteStoreQuery(_store_file(settings))


def dead_letters(settings: Settings, clock: Clock) -> DeadLetters:
    """Return the dead letters of this installation."""
    return DeadLetters(settings.data / "deadletters.db", clock)


def known_codecs(settings: Settings) -> Mapping[str, Codec]:
    """Return every codec, those of the installation's own folder included."""
    return codecs.discover(Path(settings.codec_folder) if settings.codec_folder else None)


def tls_context(settings: Settings) -> ssl.SSLContext:
    """Return the server side of TLS for devices: 1.2 or newer, with the installation's certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    return context


def _store_file(settings: Settings) -> Path:
    return settings.data / "readings.db"


def _influx(settings: Settings) -> InfluxSettings:
    return InfluxSettings(
        url=settings.influxdb_url,
        org=settings.influxdb_org,
        bucket=settings.influxdb_bucket,
        token=str(settings.influxdb_token),
    )
