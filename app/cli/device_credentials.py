"""Secrets of devices on the command line: one that a device sends, or one that it signs its log-ins with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

import click
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError, SettingsError
from anhu.registry import devices
from anhu.registry.identity_vault import KEY_FILE
from anhu.registry.rows import existing
from anhu.registry.secret_vault import SecretVault
from anhu.registry.tables import Device
from app.cli.one_line import print_line
from app.cli.one_transaction import one_transaction
from app.cli.options import data_option, settings_of
from app.secret_key import secret_vault
from app.settings import Settings
from app.wiring import known_codecs, signing_codecs

F = TypeVar("F", bound=Callable[..., Any])
_LEAST_SECRET_CHARS, _MOST_SECRET_CHARS = 8, 256


def secret_options(command: F) -> F:
    """Add ``--signed/--plain`` and ``--secret-file``."""
    help_signed = "Whether it signs its log-ins with its secret or sends it; by its codec when left out."
    command = click.option("--signed/--plain", "signed", default=None, help=help_signed)(command)
    help_file = "File with the secret that its maker gave it, - for standard input; a fresh one when left out."
    return click.option("--secret-file", "secret_file", type=click.File(), help=help_file)(command)


def give_secret(
    session: Session, settings: Settings, device_id: str, *, signed: bool | None, secret_file: IO[str] | None
) -> str:
    """Give a device its secret and return it.

    Raises
    ------
    FieldError
        For a secret that is none, or to sign where its codec knows no signature.
    SettingsError
        If the key that locks secrets away is missing.
    """
    row = existing(session, Device, device_id)
    signs = row.codec in signing_codecs(known_codecs(settings))
    if signed and not signs:
        raise FieldError("signed", row.codec, "a codec whose devices sign their log-ins")
    given = _given(secret_file)
    if not (signs if signed is None else signed):
        secret = given or devices.new_secret()
        devices.rotate_secret(session, device_id, secret, _vault(settings, session) if settings.keeps_secrets else None)
        return secret
    secret = given or devices.new_signing_secret()
    devices.give_signing_secret(session, _vault(settings, session), device_id, secret)
    return secret


def _vault(settings: Settings, session: Session) -> SecretVault:
    vault = secret_vault(settings, session)
    if vault is None:
        raise SettingsError("ANHU_IDENTITY_KEY", "", f"the key that secrets were locked away with, or its {KEY_FILE}")
    return vault


def _given(secret_file: IO[str] | None) -> str:
    if secret_file is None:
        return ""
    secret = secret_file.read(_MOST_SECRET_CHARS + 2).strip()
    if not _LEAST_SECRET_CHARS <= len(secret) <= _MOST_SECRET_CHARS or not secret.isprintable():
        raise FieldError("secret", "***", f"{_LEAST_SECRET_CHARS} to {_MOST_SECRET_CHARS} printable characters")
    return secret


@click.command()
@data_option
@click.option("--id", "device_id", required=True, help="Identity of the device.")
@secret_options
def rotate_secret(data: Path | None, device_id: str, *, signed: bool | None, secret_file: IO[str] | None) -> None:
    """Give a device another secret, and print it, once; the former one ends at once."""
    with one_transaction(data) as (session, _):
        secret = give_secret(session, settings_of(data=data), device_id, signed=signed, secret_file=secret_file)
        print_line(device_id=device_id, secret=secret)
