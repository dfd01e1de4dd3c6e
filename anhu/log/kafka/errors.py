"""What goes wrong between us and the brokers, in words that name the setting to look at."""

from __future__ import annotations

from confluent_kafka import KafkaError

from anhu.contract.errors import AnhuError


class KafkaUnavailableError(AnhuError, OSError):
    """The brokers do not answer, or do not let us in."""


class TopicMissingError(AnhuError):
    """There is no such topic; it is never made by the way, since an empty LOG in place of a lost one is no answer."""


class TopicUnfitError(AnhuError):
    """The topic is not as the settings say."""


REFUSALS = frozenset(
    {
        KafkaError._AUTHENTICATION,  # noqa: SLF001 - the client's own name for it
        KafkaError._SSL,  # noqa: SLF001 - the same
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.UNSUPPORTED_SASL_MECHANISM,
    }
)
"""What trying again does not mend."""
_IS_ANYBODY_THERE = "check ANHU_KAFKA_SERVERS, ANHU_KAFKA_TLS, and that the brokers run"
_ADVICE = {
    KafkaError._INVALID_ARG: "check ANHU_KAFKA_CA and ANHU_KAFKA_MECHANISM",  # noqa: SLF001 - the client's own name
    KafkaError.UNSUPPORTED_SASL_MECHANISM: "check ANHU_KAFKA_MECHANISM",
    KafkaError._AUTHENTICATION: "check ANHU_KAFKA_USER, ANHU_KAFKA_PASSWORD and ANHU_KAFKA_MECHANISM",  # noqa: SLF001
    KafkaError.SASL_AUTHENTICATION_FAILED: "check ANHU_KAFKA_USER, ANHU_KAFKA_PASSWORD and ANHU_KAFKA_MECHANISM",
    KafkaError._SSL: "check ANHU_KAFKA_CA, and that ANHU_KAFKA_SERVERS names the brokers' TLS port",  # noqa: SLF001
    KafkaError._RESOLVE: "check ANHU_KAFKA_SERVERS",  # noqa: SLF001 - the client's own name for it
    KafkaError._TRANSPORT: _IS_ANYBODY_THERE,  # noqa: SLF001
    KafkaError._ALL_BROKERS_DOWN: _IS_ANYBODY_THERE,  # noqa: SLF001 - the client's own name for it
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "the user needs READ, WRITE and DESCRIBE on the topic",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "the user needs READ on groups that begin with the topic's name",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "the user needs IDEMPOTENT_WRITE on the cluster",
    KafkaError.MSG_SIZE_TOO_LARGE: "the topic's max.message.bytes is too small",
    KafkaError.NOT_ENOUGH_REPLICAS: "too few copies are in step: is a broker down?",
    KafkaError.UNKNOWN_TOPIC_OR_PART: "the topic is gone: ANHU_KAFKA_TOPIC, `anhu log create`",
    KafkaError.KAFKA_STORAGE_ERROR: "a broker's disk refuses: is it full?",
}


def in_words(error: KafkaError) -> str:
    """Return what the client says of an error, and what to look at."""
    advice = _ADVICE.get(error.code(), "")
    said = " ".join(error.str().split())
    return f"Kafka: {said}: {advice}" if advice else f"Kafka: {said}"
