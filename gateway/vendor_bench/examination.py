"""One codec examined as the conformance suite does it, in a second: its examples, broken bytes, what a message costs.

Nothing is random: the same codec is given the same bytes at every examination, so that a report can be repeated.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from anhu.contract.errors import AnhuError, FieldError
from anhu.contract.observation import Observation, one_by_one
from gateway.codec import Codec, Example, Frame
from gateway.codec_checks import check_codecs
from gateway.vendor_bench.canonical import canonical
from gateway.vendor_bench.command_vectors import flaw_of_commands
from gateway.vendor_bench.validity import flaw_of

BROKEN_MESSAGES = 2_000
"""So many broken messages are made of a codec's examples."""
_MOST_BYTES = 65_536
_RUNS, _MESSAGES_A_RUN = 7, 300
_NS_PER_US = 1_000
_MOST_FLAWS = 10
_MOST_SHOWN = 20
_TO_DO = "TODO"


class Check(NamedTuple):
    """One thing that was looked at.

    Attributes
    ----------
    key : str
        What, as the catalogue names it: ``vendor_bench.check.{key}``.
    detail : str
        What is wrong; empty where nothing is.
    about : str
        Name of the example, where it is one.
    """

    key: str
    passed: bool
    detail: str = ""
    about: str = ""


class Cost(NamedTuple):
    """What one message costs, over several runs. [us]."""

    low_us: float
    median_us: float
    high_us: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was found.

    Attributes
    ----------
    codec : Codec
        Which was examined.
    checks : tuple of Check
        One for each example, and one for each thing asked of every codec.
    fuzzed_bytes : int
        So many bytes of broken messages it was given. [byte]
    crashes : int
        So many of them it failed on, or made something of that no observation may be.
    cost : Cost or None
        None where nobody measured.
    """

    codec: Codec
    checks: tuple[Check, ...]
    vectors: int
    vectors_passed: int
    fuzzed_bytes: int
    crashes: int
    cost: Cost | None = None

    @property
    def passed(self) -> bool:
        """Whether everything is as it must be."""
        return all(check.passed for check in self.checks)


@dataclass(slots=True)
class _Broken:
    fuzzed_bytes: int = 0
    crashes: int = 0
    flaws: list[str] = field(default_factory=list)


def examine(codec: Codec, *, steady_ns: Callable[[], int] | None = None, mistakes: Sequence[str] = ()) -> Examination:
    """Examine a codec.

    Parameters
    ----------
    steady_ns : callable, optional
        A clock that only runs forward, where the cost is wanted too. [ns]
    mistakes : sequence of str
        What was found in the file that the codec was made from.
    """
    vectors = [_example(codec, one) for one in codec.examples]
    broken = _broken(codec)
    fuzz = Check("broken", not broken.crashes, "; ".join(broken.flaws))
    return Examination(
        codec=codec,
        checks=(*_itself(codec), *(Check("file", passed=False, detail=one) for one in mistakes), *vectors, fuzz),
        vectors=len(vectors),
        vectors_passed=sum(one.passed for one in vectors),
        fuzzed_bytes=broken.fuzzed_bytes,
        crashes=broken.crashes,
        cost=cost_of(codec, steady_ns) if steady_ns is not None else None,
    )


def _itself(codec: Codec) -> Iterator[Check]:
    try:
        check_codecs({codec.name: codec})
    except AnhuError as error:
        yield Check("doors", passed=False, detail=str(error))
    else:
        yield Check("doors", passed=True)
    said = bool(codec.title and codec.data_sheet)
    open_ends = _TO_DO in codec.title or _TO_DO in codec.data_sheet
    yield Check("says", said and not open_ends, f"{_TO_DO}: {codec.title}, {codec.data_sheet}" if open_ends else "")
    yield Check("brings", any(one.observations for one in codec.examples))
    yield Check("refuses", any(one.error for one in codec.examples))
    quiet = [door for door in codec.doors if not any(e.door is door and e.error is None for e in codec.examples)]
    yield Check("each_door", not quiet, ", ".join(quiet))
    if codec.tcp is not None and codec.tcp.commands is not None:
        flaw = flaw_of_commands(codec.tcp, codec.tcp.commands)
        yield Check("commands", not flaw, flaw)


def _example(codec: Codec, example: Example) -> Check:
    detail = _fault(codec, example)
    return Check("example", not detail, detail, example.name)


def _fault(codec: Codec, example: Example) -> str:
    frame = example.frame()
    try:
        found, again = one_by_one(codec.decode(frame)), one_by_one(codec.decode(frame))
    except FieldError as error:
        if example.error is None:
            return f"refused: {error}"
        return (
            "" if example.error in str(error) else f"got the error {str(error)!r}, expected one with {example.error!r}"
        )
    except Exception as error:  # noqa: BLE001 - a beginner's codec may fail in any way, and that is the finding
        return f"failed: {type(error).__name__}: {error}"
    if example.error is not None:
        return f"got {_shown(found)}, expected an error with {example.error!r}"
    if found != example.observations:
        return f"got {_shown(found)}, expected {_shown(example.observations or ())}"
    return flaw_of(found, frame) or ("" if found == again else "decode keeps a state: a second look differs")


def _shown(observations: tuple[Observation, ...]) -> str:
    shown = msgspec.json.encode([canonical(one) for one in observations[:_MOST_SHOWN]]).decode()
    return shown if len(observations) <= _MOST_SHOWN else f"{shown} and {len(observations) - _MOST_SHOWN} more"


def _broken(codec: Codec) -> _Broken:
    so_far = _Broken()
    for frame in broken_frames(codec):
        so_far.fuzzed_bytes += len(frame.payload)
        flaw = ""
        try:
            flaw = flaw_of(one_by_one(codec.decode(frame)), frame)
        except FieldError:
            continue
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            flaw = f"{type(error).__name__}: {error}"
        if flaw:
            so_far.crashes += 1
            if len(so_far.flaws) < _MOST_FLAWS:
                so_far.flaws.append(f"{frame.payload[:80]!r}: {flaw}")
    return so_far


def broken_frames(codec: Codec) -> Iterator[Frame]:
    """Yield the codec's examples with bytes changed, left out, put in, doubled or cut off; always the same ones."""
    whim = random.Random(codec.name)  # noqa: S311 - no secret: the same at every examination
    examples = [one.frame() for one in codec.examples if len(one.payload) <= _MOST_BYTES]
    for _ in range(BROKEN_MESSAGES if examples else 0):
        frame = whim.choice(examples)
        payload = _changed(frame.payload, whim) if whim.random() > 1 / 10 else whim.randbytes(whim.randrange(200))
        yield msgspec.structs.replace(frame, payload=payload, retained=whim.random() < 1 / 10)


def _changed(payload: bytes, whim: random.Random) -> bytes:
    raw = bytearray(payload)
    for _ in range(whim.randrange(1, 6)):
        at = whim.randrange(len(raw) + 1)
        match whim.randrange(4):
            case 0:
                raw[at : at + 1] = whim.randbytes(1)
            case 1:
                del raw[at : at + whim.randrange(1, 9)]
            case 2:
                raw[at:at] = whim.choice((b"null", b"-1", b"1e999", b'""', b"[]", b"{}", b"true", b"\0", b"255"))
            case _:
                raw[at:at] = raw[at : at + whim.randrange(1, 40)]
    return bytes(raw[: whim.randrange(len(raw) + 1)]) if whim.random() < 1 / 10 else bytes(raw)


def cost_of(codec: Codec, steady_ns: Callable[[], int]) -> Cost | None:
    """Return what one of a codec's good messages costs to decode, over seven runs; None where it has none. [us]."""
    frames = [one.frame() for one in codec.examples if one.error is None and one.observations]
    if not frames:
        return None
    times = max(1, _MESSAGES_A_RUN // len(frames))
    try:
        runs = sorted(_run_us(codec, frames, times, steady_ns) for _ in range(_RUNS))
    except Exception:  # noqa: BLE001 - told already, by the example that fails
        return None
    return Cost(runs[0], statistics.median(runs), runs[-1])


def _run_us(codec: Codec, frames: list[Frame], times: int, steady_ns: Callable[[], int]) -> float:
    start_ns = steady_ns()
    for _ in range(times):
        for frame in frames:
            codec.decode(frame)
    return (steady_ns() - start_ns) / (times * len(frames) * _NS_PER_US)
