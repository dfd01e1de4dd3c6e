"""``anhu admin …``: sets an installation up without a browser. Every command prints one line of JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

import click
from sqlalchemy import select

from anhu.contract import relay
from anhu.contract.errors import FieldError
from anhu.contract.priority import Priority
from anhu.contract.rooms import meaning_of
from anhu.contract.words import LANGUAGES
from anhu.registry import contacts, devices, organisations, residents, users
from anhu.registry.contact_form import form_of
from anhu.registry.facts import trimmed
from anhu.registry.flags import FLAGS
from anhu.registry.migrations import upgrade
from anhu.registry.roles import Role
from anhu.registry.tables import Device, User
from api.security.passwords import hash_password
from api.security.viewers import new_secret
from app import data_folder
from app.cli.accounts import create_token, link_family
from app.cli.device_credentials import give_secret, rotate_secret, secret_options
from app.cli.edge_devices import edge_devices
from app.cli.importing import import_sheet
from app.cli.one_line import print_line
from app.cli.one_transaction import one_transaction
from app.cli.options import data_option, settings_of
from app.cli.processes import forget_process
from app.cli.products import codec_of, create_product, known_codec, new_push_key
from app.demo.setting_up import fill
from notify.channels import contact_forms

F = TypeVar("F", bound=Callable[..., Any])
_PRIORITIES = [p.name.lower() for p in Priority]


@click.group()
def admin() -> None:
    """Create centres, teams, users, residents, products, devices, contacts and tokens."""


for command in (
    import_sheet,
    create_token,
    link_family,
    rotate_secret,
    edge_devices,
    create_product,
    new_push_key,
    forget_process,
):
    admin.add_command(command)


@admin.command()
@data_option
def migrate(data: Path | None) -> None:
    """Bring the database to its newest form (`anhu up` does it by itself)."""
    settings = settings_of(data=data)
    data_folder.make_private(settings.data)
    upgrade(settings.database)


@admin.command(hidden=True)
@data_option
def fill_demo(data: Path | None) -> None:
    """Add the demo's made-up people to an empty installation (`anhu up --demo` does it by itself)."""
    fill(settings_of(data=data))


def _warned(flaw: str) -> dict[str, str]:
    return {"warning": flaw} if flaw else {}


_ZONE = "IANA name of the place's time zone; that around it when left out."


def _place_options(command: F) -> F:
    command = click.option("--centre", help="Identity of the community centre.")(command)
    return click.option("--team", help="Identity of the family-doctor team.")(command)


@admin.command()
@data_option
@click.option("--id", "centre_id", default="", help="Identity; made up when left out.")
@click.option("--name", required=True)
@click.option("--region", default="", help="Code of the region, GB/T 2260.")
@click.option("--phone", default="")
@click.option("--time-zone", default="", help=_ZONE)
def create_centre(data: Path | None, region: str, **facts: str) -> None:
    """Add a community centre."""
    with one_transaction(data) as (session, _):
        print_line(centre_id=organisations.create_centre(session, region_code=region, **facts).id)


@admin.command()
@data_option
@click.argument("name")
@click.option("--resident", "resident_id", help="Of one resident.")
@click.option("--centre", "centre_id", help="Of all of a centre's residents who have no other.")
def set_time_zone(data: Path | None, name: str, resident_id: str | None, centre_id: str | None) -> None:
    """Say by whose clock people live: an IANA name, or "" for that of the centre or the installation."""
    if bool(resident_id) == bool(centre_id):
        raise click.UsageError("give --resident or --centre")
    with one_transaction(data) as (session, _):
        if resident_id:
            residents.update_resident(session, resident_id, {"time_zone": name})
        elif centre_id:
            organisations.set_time_zone(session, centre_id, name)
        print_line(time_zone=name)


@admin.command()
@data_option
@click.option("--id", "team_id", default="", help="Identity; made up when left out.")
@click.option("--name", required=True)
@click.option("--centre", help="Identity of the community centre.")
def create_team(data: Path | None, team_id: str, name: str, centre: str | None) -> None:
    """Add a family-doctor team."""
    with one_transaction(data) as (session, _):
        print_line(team_id=organisations.create_team(session, name=name, team_id=team_id, centre_id=centre).id)


@admin.command()
@data_option
@click.option("--login", required=True)
@click.option("--name", default="", help="Name for people; the login when left out.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--vendor", default="", help="Whose devices a vendor sees.")
@click.option("--language", default="zh-CN", type=click.Choice(LANGUAGES))
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; else one is made up.")
@_place_options
def create_user(
    *,
    data: Path | None,
    login: str,
    name: str,
    role: str,
    vendor: str,
    language: str,
    centre: str | None,
    team: str | None,
    password_stdin: bool,
) -> None:
    """Add somebody who may log in; prints the password if it was made up."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else new_secret()
    with one_transaction(data) as (session, _):
        row = users.create_user(
            session,
            login=login,
            name=name or login,
            role=role,
            password_hash=hash_password(password),
            centre_id=centre,
            team_id=team,
            vendor=vendor,
            language=language,
        )
        print_line(user_id=row.id, login=login, **({} if password_stdin else {"password": password}))


@admin.command()
@data_option
@click.option("--id", "resident_id", default="", help="Identity; made up when left out.")
@click.option("--name", required=True)
@click.option("--sex", default="", help="female or male")
@click.option("--birth-date", default="", help="YYYY-MM-DD")
@click.option("--address", default="")
@click.option("--phone", default="")
@click.option("--note", default="", help="How to get in: where the key is.")
@click.option("--time-zone", default="", help=_ZONE)
@click.option("--flag", "flags", multiple=True, help="Known of the resident: " + ", ".join(FLAGS) + ".")
@_place_options
def create_resident(data: Path | None, note: str, centre: str | None, team: str | None, **facts: Any) -> None:  # noqa: ANN401 - click hands over each option of its own type
    """Add a resident."""
    with one_transaction(data) as (session, now_ms):
        row = residents.create_resident(
            session, now_ms=now_ms, access_note=note, centre_id=centre, team_id=team, **facts
        )
        print_line(
            resident_id=row.id, **_warned("" if row.centre_id else "no centre: no desk sees an alarm of this resident")
        )


@admin.command()
@data_option
@click.option("--id", "device_id", required=True, help="Serial number, IMEI or MAC; also the MQTT user name.")
@click.option("--codec", default="", help="Device family; see the README. [that of the product, else open_json]")
@click.option("--product", "product_id", default="", help="Identity of its product; its vendor's cloud speaks for it.")
@click.option("--resident", "resident_id", help="Identity of the resident who wears or owns it.")
@click.option("--parent", "parent_id", help="Home gateway that this sensor sits behind.")
@click.option("--child-name", default="", help="What the gateway calls this sensor.")
@click.option("--model", default="")
@click.option("--vendor", default="")
@click.option("--position", default="", help="waist, chest, wrist, pocket, ankle")
@click.option("--room", default="")
@click.option("--period-s", "report_period_s", default=0.0, help="How often it reports; 0: only on events. [s]")
@click.option("--alarm", "alarms", multiple=True, help="Calls for help it can make: sos, fall, smoke.")
@secret_options
def create_device(
    *,
    data: Path | None,
    device_id: str,
    codec: str,
    product_id: str,
    parent_id: str | None,
    signed: bool | None,
    secret_file: IO[str] | None,
    **facts: Any,  # noqa: ANN401 - click hands over each option of its own type
) -> None:
    """Enrol a device; prints its secret, once."""
    settings = settings_of(data=data)
    with one_transaction(data) as (session, now_ms):
        codec = codec_of(session, product_id, codec) if product_id else known_codec(codec or "open_json")
        devices.create_device(
            session,
            device_id=device_id,
            codec=codec,
            product_id=product_id,
            parent_id=parent_id,
            now_ms=now_ms,
            **facts,
        )
        gateway = session.get(Device, parent_id) if parent_id else None
        secret = ""
        if gateway is None or gateway.codec == relay.CODEC:
            secret = give_secret(session, settings, device_id, signed=signed, secret_file=secret_file)
        room = str(facts.get("room") or "")
        flaws = [f"no rule knows the room {room!r}"] if room and not meaning_of(room) else []
        if not (facts.get("resident_id") or parent_id):
            flaws.append("no resident: a call for help of this device is nobody's")
        print_line(device_id=device_id, secret=secret, **_warned("; ".join(flaws)))


@admin.command()
@data_option
@click.option("--owner", required=True, help="centre:ID, team:ID, user:LOGIN or resident:ID")
@click.option("--channel", required=True, help=" or ".join(contact_forms()))
@click.option("--address", required=True, help="; ".join(f"{n}: {f.label.en}" for n, f in contact_forms().items()))
@click.option("--secret", "given", default="", help="What the other side gave to sign with, where it did.")
@click.option("--min-priority", default="low", type=click.Choice(_PRIORITIES))
@click.option("--language", default="zh-CN", type=click.Choice(LANGUAGES))
def create_contact(
    *, data: Path | None, owner: str, channel: str, address: str, given: str, min_priority: str, language: str
) -> None:
    """Say where notifications of a centre, a team or a user go; prints the secret that signs them, where one does."""
    form = form_of(contact_forms(settings_of(data=data).channels), channel)
    address = trimmed(address)
    if form.is_browser:
        raise FieldError("channel", channel, "a channel whose address people type: a browser enters itself")
    form.check(address)
    form.check_secret(given)
    kind, _, owner_id = owner.partition(":")
    secret = new_secret() if form.has_secret else given
    with one_transaction(data) as (session, _):
        by_login = select(User.id).where(User.login == owner_id)
        row = contacts.create_contact(
            session,
            owner_kind=kind,
            owner_id=(session.scalar(by_login) if kind == "user" else None) or owner_id,
            channel=channel,
            address=address,
            secret=secret,
            min_priority=Priority[min_priority.upper()],
            language=language,
        )
        print_line(contact_id=row.id, secret=secret if form.has_secret else "")
