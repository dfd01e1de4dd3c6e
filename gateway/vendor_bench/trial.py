"""One payload, tried as the gateway would read it: the observations, or the exact error and what is rescued of it."""

from __future__ import annotations

from dataclasses import dataclass

from anhu.contract.errors import FieldError
from anhu.contract.observation import Observation, Scalar, one_by_one
from anhu.contract.quantities import QUANTITIES
from anhu.contract.topics import for_device, matches
from gateway.codec import Codec, Frame
from gateway.counters import IntakeCounters
from gateway.door_specs import DoorKind
from gateway.doors.topic_rules import not_its_topic
from gateway.salvage import Salvage
from gateway.vendor_bench.canonical import canonical

_MOST_SHOWN = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What became of a payload.

    Attributes
    ----------
    observations : tuple of Observation
        What the codec read; where it refused the message, what the gateway rescues of it all the same.
    error : str
        Why the codec refused it, as the dead letters and the vendor's page say it; empty where it did not.
    crashed : bool
        The codec failed in a way that no codec may: the fault is the codec's, not the payload's.
    unmapped : tuple of str
        Fields that nobody mapped.
    elsewhere : str
        The topic, where a device of this family may not publish to it: the door asks no codec then, and uses nothing
        of the message but that it reads like a call.
    """

    observations: tuple[Observation, ...] = ()
    error: str = ""
    crashed: bool = False
    unmapped: tuple[str, ...] = ()
    elsewhere: str = ""

    @property
    def is_silent(self) -> bool:
        """Whether nothing comes of it: a heartbeat, or a message that says nothing we know."""
        return not self.observations and not self.error

    def as_json(self) -> dict[str, object]:
        """Return it for a machine, or a page; of very many observations the first thousand."""
        shown = [canonical(one) for one in self.observations[:_MOST_SHOWN]]
        told: dict[str, object] = {"observations": shown}
        for name in ("error", "crashed", "unmapped", "elsewhere"):
            if value := getattr(self, name):
                told[name] = list(value) if isinstance(value, tuple) else value
        if doubted := sorted({one.quantity for one in self.observations if _is_implausible(one)}):
            told["implausible"] = doubted
        return told


def try_payload(codec: Codec, frame: Frame) -> Trial:
    """Read one frame as the gateway would; never raises, and keeps nothing."""
    if frame.door is DoorKind.MQTT and not _is_its_topic(codec, frame):
        reason = not_its_topic(codec)
        found = _rescued(None, frame, reason)
        return Trial(observations=found, error=reason, unmapped=_unmapped(codec, frame), elsewhere=frame.route)
    try:
        found = one_by_one(codec.decode(frame))
    except FieldError as error:
        return Trial(observations=_rescued(codec, frame, str(error)), error=str(error))
    except Exception as error:  # noqa: BLE001 - a codec may be a beginner's file: its fault is the answer
        reason = f"codec {codec.name} failed: {type(error).__name__}: {error}"
        return Trial(observations=_rescued(codec, frame, reason), error=reason, crashed=True)
    return Trial(observations=found, unmapped=_unmapped(codec, frame))


def _is_implausible(one: Observation) -> bool:
    """Tell whether a number is one that the platform keeps, marks as impossible, and alarms nobody for."""
    if not isinstance(one, Scalar):
        return False
    row = QUANTITIES[one.quantity]
    return not row.low <= one.value <= row.high


def _is_its_topic(codec: Codec, frame: Frame) -> bool:
    publish = codec.mqtt.publish if codec.mqtt is not None else ()
    return any(matches(for_device(one, frame.device_id), frame.route) for one in publish)


def _rescued(codec: Codec | None, frame: Frame, reason: str) -> tuple[Observation, ...]:
    return Salvage(IntakeCounters()).of(frame, codec, reason)


def _unmapped(codec: Codec, frame: Frame) -> tuple[str, ...]:
    if codec.unmapped is None:
        return ()
    try:
        return codec.unmapped(frame)
    except FieldError:
        return ()
