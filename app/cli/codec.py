"""``anhu codec``: try a payload, examine a codec, begin a new one; no gateway, database or device is needed."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

import click

from anhu import __version__
from anhu.contract.clock import SystemClock, from_rfc3339
from anhu.contract.errors import AnhuError, FieldError
from anhu.contract.identity import device_id
from anhu.contract.topics import for_device
from anhu.contract.words import LANGUAGES, Language, text
from app import wiring
from app.cli.explaining import language as language_of_terminal
from app.cli.options import settings_of
from gateway.codec import Codec, Frame
from gateway.codecs import load_codec
from gateway.door_specs import DoorKind
from gateway.mapping.file_schema import file_schema
from gateway.mapping.loading import load_mapping
from gateway.mapping.message_schema import message_schema
from gateway.vendor_bench.canonical import canonical
from gateway.vendor_bench.examination import Examination, examine
from gateway.vendor_bench.report import as_json, as_lines, as_page
from gateway.vendor_bench.skeleton import FORMS, skeleton
from gateway.vendor_bench.trial import try_payload

_MOST_BYTES = 1_048_576
_SUFFIXES = (".py", ".yaml", ".yml")
_FILE = click.Path(dir_okay=False, path_type=Path)
_language = click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=language_of_terminal,
    help="Of what people read; the terminal's.",
)


@click.group()
def codec() -> None:
    """Try, examine and begin codecs: how a device's messages are read."""


@codec.command(name="try")
@click.argument("name", metavar="CODEC")
@click.argument("payload", type=click.File("rb"), metavar="[FILE]", default="-")
@click.option("--topic", help="MQTT topic or HTTP path it came by; the codec's first one when left out.")
@click.option("--device", default="dev-1", show_default=True, help="Who sent it.")
@click.option("--door", type=click.Choice([*DoorKind]), help="Which door it came in by; the codec's first.")
@click.option("--received", help="When, RFC 3339; now when left out.")
@click.option("--hex", "as_hex", is_flag=True, help="The payload is written in hexadecimal digits.")
@click.option("--retained", is_flag=True, help="It is a broker's retained copy.")
@_language
def try_codec(
    name: str, payload: BinaryIO, *, device: str, as_hex: bool, language: str, **came: str | bool | None
) -> None:
    """Print what becomes of one payload, from FILE or standard input: a JSON object for each observation.

    CODEC is the name of an installed one, or a file. Ends with 1 where the codec refuses the payload.
    """
    family, _ = _codec(name)
    raw = payload.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise FieldError("payload", f"more than {_MOST_BYTES} bytes", "a message of at most 1 MiB")
    frame = _frame(family, _from_hex(raw) if as_hex else raw, device_id(device), came)
    tried = try_payload(family, frame)
    for one in tried.observations:
        click.echo(json.dumps(canonical(one), ensure_ascii=False))
    for line in _remarks(tried.as_json()):
        click.echo(line, err=True)
    if tried.is_silent:
        click.echo(text("vendor_bench.nothing", language), err=True)
    if tried.error:
        sys.exit(1)


def _remarks(tried: Mapping[str, object]) -> Iterator[str]:
    if error := tried.get("error"):
        if tried["observations"]:
            yield "refused; what stands above is rescued of it all the same"
        yield f"{'the codec failed' if tried.get('crashed') else 'refused'}: {error}"
    if unmapped := tried.get("unmapped"):
        yield f"nobody mapped: {', '.join(cast('list[str]', unmapped))}"
    if doubted := tried.get("implausible"):
        yield f"kept, marked as impossible, and no alarm: {', '.join(cast('list[str]', doubted))}"
    if elsewhere := tried.get("elsewhere"):
        yield f"the door would not take it: a device of this family may not publish to {elsewhere}"


def _frame(family: Codec, raw: bytes, device: str, came: Mapping[str, str | bool | None]) -> Frame:
    received, route = came["received"], came["topic"]
    return Frame(
        door=DoorKind(str(came["door"])) if came["door"] else family.doors[0],
        route=str(route) if route else _first_route(family, device),
        payload=raw,
        device_id=device,
        received_at_ms=from_rfc3339(str(received), field="--received") if received else SystemClock().now_ms(),
        retained=bool(came["retained"]),
    )


def _first_route(family: Codec, device: str) -> str:
    if family.mqtt is None:
        return next((one.route for one in family.examples), "")
    return for_device(family.mqtt.publish[0], device).replace("#", "x").replace("+", "x")


def _from_hex(raw: bytes) -> bytes:
    try:
        return bytes.fromhex(raw.decode("ascii"))
    except ValueError:
        raise FieldError("payload", raw[:80], "hexadecimal digits") from None


@codec.command()
@click.argument("name", metavar="FILE|NAME")
@click.option("--json", "json_file", type=_FILE, help="Write the report here too, for programs.")
@click.option("--html", "html_file", type=_FILE, help="Write it as a page, which a browser prints to PDF.")
@_language
def check(name: str, *, json_file: Path | None, html_file: Path | None, language: Language) -> None:
    """Examine a codec: each of its examples, two thousand broken messages, what a message costs.

    Ends with 1 where something is not as it must be.
    """
    family, mistakes = _codec(name)
    examined = examine(family, steady_ns=time.perf_counter_ns, mistakes=mistakes)
    click.echo("\n".join(as_lines(examined, language)))
    if json_file is not None:
        json_file.write_text(json.dumps(as_json(examined), ensure_ascii=False, indent=1) + "\n", "utf-8")
    if html_file is not None:
        html_file.write_text(as_page(examined, language, _made(language)), "utf-8")
    _require_passed(examined)


def _made(language: Language) -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return text("vendor_bench.made", language, version=__version__, when=now)


def _require_passed(examined: Examination) -> None:
    if not examined.passed:
        sys.exit(1)


@codec.command()
@click.argument("name")
@click.option("--yaml", "form", flag_value="yaml", help="A description in YAML instead of Python: for JSON devices.")
@click.option("--python", "form", flag_value="py", default=True, help="A Python file. [default]")
@click.option("--folder", type=click.Path(file_okay=False, exists=True, path_type=Path), default=Path(), help="Where.")
def new(name: str, *, form: str, folder: Path) -> None:
    """Write a codec to begin with, which passes its examination: change it line by line."""
    file = folder / f"{name}.{FORMS[form]}"
    written = skeleton(name, form)
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(written)
    except FileExistsError:
        raise FieldError("name", str(file), "a file that is not there yet") from None
    click.echo(f"{file}: now change it, and try it with: anhu codec check {file}")


@codec.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, exists=True, path_type=Path))
def schema(file: Path | None) -> None:
    """Print the JSON Schema of the messages that a description in YAML reads; without FILE, of such a file itself."""
    made = file_schema() if file is None else message_schema(load_mapping(file))
    click.echo(json.dumps(made, ensure_ascii=False, indent=2))


def _codec(name: str) -> tuple[Codec, tuple[str, ...]]:
    """Return an installed codec, or that of a file, with the mistakes in the file."""
    if name.endswith(_SUFFIXES) or os.sep in name:
        return _loaded(Path(name))
    known = wiring.known_codecs(settings_of())
    if name not in known:
        raise FieldError("codec", name, f"a file, or one of {', '.join(sorted(known))}")
    return known[name], ()


def _loaded(file: Path) -> tuple[Codec, tuple[str, ...]]:
    """Return the codec of a file. Raises `FieldError` that says where a Python file is broken."""
    if not file.is_file() or file.suffix not in _SUFFIXES:
        raise FieldError("codec", str(file), f"a file that exists and ends with {', '.join(_SUFFIXES)}")
    try:
        return load_codec(file)
    except (AnhuError, OSError):
        raise
    except SyntaxError as error:
        place = f"{file.name} line {error.lineno} column {error.offset}"
        raise FieldError(place, error.text and error.text.strip(), f"Python ({error.msg})") from None
    except Exception as error:
        lines = [one.lineno for one in traceback.extract_tb(error.__traceback__) if one.filename == str(file)]
        place = f"{file.name} line {lines[-1]}" if lines else file.name
        raise FieldError(place, f"{type(error).__name__}: {error}", "a file that binds CODEC to a Codec") from error
