"""``anhu deadletters``: what could not be decoded or stored, why, and another try."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import click
import msgspec

from anhu.contract.clock import SystemClock, to_rfc3339
from anhu.contract.errors import FieldError
from anhu.contract.printable import printable
from anhu.contract.record import Reading
from anhu.registry.database import close_sessions, open_sessions
from app import series_wiring, wiring
from app.cli.options import data_option, settings_of
from app.settings import Settings
from gateway.announcements import Announcements
from gateway.codec import Frame
from gateway.device_register import DatabaseDirectory
from gateway.directory import DeviceEntry
from gateway.door_specs import DoorKind
from gateway.own_time import EventMoments
from gateway.sources import readings_of
from ingest.letter import DeadLetter, Filter, Letters
from ingest.replay import Decode
from ingest.replay import replay as replay_letters


@click.group()
def deadletters() -> None:
    """List, show and replay what could not be decoded or stored."""


@deadletters.command("list")
@data_option
@click.option("--device", default="", help="Only of this device.")
@click.option("--stage", default="", help="Only of this stage: decode, record, conflict, store.")
@click.option("--all", "everything", is_flag=True, help="Those that were replayed too.")
@click.option("--before", type=int, help="Only those with a smaller number: the next page.")
@click.option("--limit", default=50, show_default=True)
def list_(data: Path | None, device: str, stage: str, before: int | None, limit: int, *, everything: bool) -> None:
    """List dead letters, the newest first."""
    letters = series_wiring.dead_letters(settings_of(data=data), SystemClock())
    which = Filter(device, stage, not everything)
    page = letters.page(which, limit=limit) if before is None else letters.page(which, before_id=before, limit=limit)
    for letter in page:
        when = to_rfc3339(letter.received_at_ms)
        who, why = printable(letter.device_id), printable(letter.reason)
        click.echo(f"{letter.letter_id:>8}  {when}  {letter.stage:<8}  {who:<20}  {why}")
    click.echo(f"{letters.count(which)} in all", err=True)
    letters.close()


@deadletters.command()
@data_option
@click.argument("number", type=int)
def show(data: Path | None, number: int) -> None:
    """Show one dead letter whole, as JSON; bytes that are no text as base64."""
    letters = series_wiring.dead_letters(settings_of(data=data), SystemClock())
    letter = letters.show(number)
    letters.close()
    if letter is None:
        raise FieldError("number", number, "the number of a dead letter")
    click.echo(json.dumps(_as_json(letter), ensure_ascii=False, indent=2))


@deadletters.command()
@data_option
@click.argument("numbers", type=int, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every letter that waits.")
@click.option("--stage", default="", help="With --all: only of this stage.")
def replay(data: Path | None, numbers: Sequence[int], stage: str, *, everything: bool) -> None:
    """Decode and store dead letters again; what fails again stays, with its reason."""
    settings = settings_of(data=data)
    clock = SystemClock()
    letters, writer = series_wiring.dead_letters(settings, clock), series_wiring.tool_writer(settings, clock)
    sessions = open_sessions(settings.database)
    failed = 0
    waiting = list(_waiting(letters, stage)) if everything else numbers
    for result in replay_letters(letters, waiting, decoder(settings, DatabaseDirectory(sessions)), writer):
        click.echo(f"{result.letter_id:>8}  {printable(result.reason) or 'replayed'}")
        failed += bool(result.reason)
    writer.close()
    letters.close()
    close_sessions(sessions)
    sys.exit(1 if failed else 0)


def _waiting(letters: Letters, stage: str) -> Iterator[int]:
    which = Filter(stage=stage)
    page = letters.page(which)
    while page:
        yield from (letter.letter_id for letter in page)
        page = letters.page(which, before_id=page[-1].letter_id)


class _Devices(Protocol):
    def device(self, device_id: str) -> DeviceEntry | None: ...


def decoder(settings: Settings, directory: _Devices) -> Decode:
    """Return what reads a letter's bytes again, as its door would hand them over."""
    codecs, announced = wiring.known_codecs(settings), Announcements.as_written(settings.data / "announced.db")

    def decode(letter: DeadLetter) -> Sequence[Reading]:
        """Use the codec that the device is registered with now: it may have been the wrong one."""
        device = directory.device(letter.device_id) or DeviceEntry(
            device_id=letter.device_id,
            secret_sha256=b"",
            codec=letter.codec,
            partition_key=letter.device_id,
            resident_id=letter.resident_id,
        )
        codec = codecs.get(device.codec)
        if codec is None:
            raise FieldError("codec", device.codec, "the name of an installed codec")
        if letter.door not in codec.doors:
            raise FieldError("door", letter.door, f"one that codec {codec.name} fits: {', '.join(codec.doors)}")
        frame = Frame(
            door=DoorKind(letter.door),
            route=letter.route,
            payload=letter.payload,
            device_id=letter.device_id,
            received_at_ms=letter.received_at_ms,
            retained=letter.retained,
        )
        frame, moments = announced.given_to(frame), EventMoments()
        decoded = codec.decode(frame)
        readings = [one.reading() for _, one in readings_of(frame, device, decoded, codec.sources_of(frame))]
        return [
            msgspec.structs.replace(one, observations=moments.apart(one.device_id, one.observations))
            for one in readings
        ]

    return decode


def _as_json(letter: DeadLetter) -> dict[str, object]:
    try:
        payload: dict[str, str] = {"payload": printable(letter.payload.decode())}
    except UnicodeDecodeError:
        payload = {"payload_base64": base64.b64encode(letter.payload).decode()}
    return {
        "number": letter.letter_id,
        "stage": letter.stage,
        "device_id": letter.device_id,
        "resident_id": letter.resident_id,
        "received_at": to_rfc3339(letter.received_at_ms),
        "door": letter.door,
        "route": printable(letter.route),
        "retained": letter.retained,
        "codec": letter.codec,
        "reason": printable(letter.reason),
        **payload,
        "replayed_at": to_rfc3339(letter.replayed_at_ms) if letter.replayed_at_ms else None,
    }
