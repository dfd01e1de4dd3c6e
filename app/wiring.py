"""Which adapter stands behind which port, decided from the settings in one place; of readings in `series_wiring`.

Kafka's client is imported only where it is chosen.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anhu.contract.errors import SettingsError
from anhu.log.embedded.reader import EmbeddedLogReader
from anhu.log.embedded.writer import PARTITIONS, EmbeddedLogWriter
from anhu.log.partition import consumer_name
from anhu.log.port import CountedLogReader, CountedLogWriter
from app.settings import Settings
from gateway import codecs
from gateway.codec import Codec
from notify.channel_type import Installation
from notify.channels import channel_types

if TYPE_CHECKING:
    from anhu.log.kafka.settings import KafkaSettings


_OLD_SUITES = "@SECLEVEL=0:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:RSA+AES:!aNULL:!eNULL:!PSK"


def log_partitions(settings: Settings) -> int:
    """Return how many partitions the LOG has."""
    return settings.kafka_partitions if settings.log == "kafka" else PARTITIONS


def log_writer(settings: Settings) -> CountedLogWriter:
    """Return a writer of the LOG: the only one on this machine's disk, one of many in Kafka."""
    if settings.log == "kafka":
        from anhu.log.kafka.topic import check_partitions  # noqa: PLC0415 - see above
        from anhu.log.kafka.writer import KafkaLogWriter  # noqa: PLC0415 - see above

        check_partitions(own := kafka_settings(settings))
        return KafkaLogWriter(own)
    return EmbeddedLogWriter(
        settings.log_folder, max_bytes=settings.log_max_bytes, max_age_s=settings.log_max_age_h * 3_600.0
    )


def log_reader(settings: Settings, consumer: str, partition: int | None = None) -> CountedLogReader:
    """Return a consumer's reader of one partition of the LOG, with its own committed position.

    Raises
    ------
    SettingsError
        If there are several and none is named: what lies in the others would never be read.
    """
    if partition is None:
        if log_partitions(settings) > 1:
            raise SettingsError("ANHU_KAFKA_PARTITIONS", settings.kafka_partitions, "1, where one process reads all")
        partition = 0
    if settings.log == "kafka":
        from anhu.log.kafka.reader import KafkaLogReader  # noqa: PLC0415 - see above
        from anhu.log.kafka.topic import check_partitions  # noqa: PLC0415 - see above

        check_partitions(own := kafka_settings(settings))
        return KafkaLogReader(own, consumer, partition)
    return EmbeddedLogReader(settings.log_folder, consumer_name(consumer, partition, PARTITIONS))


def log_is_shared(settings: Settings) -> bool:
    """Tell whether several processes may read the LOG for one consumer: each then takes its share of the partitions."""
    return settings.log == "kafka"


def kafka_settings(settings: Settings) -> KafkaSettings:
    """Return where the LOG lies in Kafka, and who we are there."""
    from anhu.log.kafka.settings import KafkaSettings  # noqa: PLC0415 - see above

    return KafkaSettings(
        servers=settings.kafka_servers,
        topic=settings.kafka_topic,
        partitions=settings.kafka_partitions,
        mechanism=settings.kafka_mechanism,
        user=settings.kafka_user,
        password=str(settings.kafka_password),
        tls=settings.kafka_tls,
        ca_file=settings.kafka_ca,
        ack_within_s=settings.kafka_ack_within_s,
    )


def channel_settings(settings: Settings) -> Mapping[str, Any]:
    """Return channel -> its settings, with what it keeps in the data folder."""
    return {
        name: one.kept(settings.channels[name], Installation(settings.data / "channels" / name, settings.base_url))
        for name, one in channel_types().items()
        if name in settings.channels
    }


def known_codecs(settings: Settings) -> Mapping[str, Codec]:
    """Return every codec, those of the installation's own folder included."""
    return codecs.discover(Path(settings.codec_folder) if settings.codec_folder else None)


def signing_codecs(known: Mapping[str, Codec]) -> frozenset[str]:
    """Return the names of the families that sign their log-ins."""
    return frozenset(name for name, one in known.items() if one.mqtt is not None and one.mqtt.signed is not None)


def tls_context(settings: Settings) -> ssl.SSLContext:
    """Return the server side of TLS for devices: 1.2 or newer, with the installation's certificate.

    Whose certificates a device may show, and whether it must, is the installation's choice.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    if settings.mqtt_client_ca:
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # Python 3.13 has it on: makers' old CAs lack what it asks for
        context.load_verify_locations(settings.mqtt_client_ca)
        is_required = settings.mqtt_client_certificates == "required"
        context.verify_mode = ssl.CERT_REQUIRED if is_required else ssl.CERT_OPTIONAL
    return context


def old_tls_context(settings: Settings) -> ssl.SSLContext:
    """Return the same for modems that can do no better: TLS 1.0, and suites without forward secrecy, with SHA-1."""
    context = tls_context(settings)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED  # never SSL 3: `create_default_context` forbids it
    context.set_ciphers(_OLD_SUITES)
    return context
