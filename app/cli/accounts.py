"""``anhu admin create-token`` and ``link-family``: what a user may do besides, and whom a relative sees."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import select

from anhu.contract.clock import DAY_MS
from anhu.registry import users
from anhu.registry.errors import MissingRowError
from anhu.registry.roles import Scope
from anhu.registry.rows import check_facts
from anhu.registry.tables import Token, User
from api.schemas.tokens import MOST_DAYS
from api.security.viewers import new_secret, token_digest
from app.cli.one_line import print_line
from app.cli.one_transaction import one_transaction
from app.cli.options import data_option


@click.command()
@data_option
@click.option("--login", required=True, help="Whose rights the token has.")
@click.option("--label", default="", help="What it is for.")
@click.option(
    "--days",
    default=MOST_DAYS,
    type=click.IntRange(1, MOST_DAYS),
    show_default=True,
    help="How long it is valid. [d]",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    default=[Scope.READ.value, Scope.RESPOND.value, Scope.PROVISION.value],
    show_default=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it may be used for, within what the user's role allows.",
)
def create_token(data: Path | None, login: str, label: str, days: int, scopes: tuple[str, ...]) -> None:
    """Make an API token; prints it, once."""
    token = new_secret()
    with one_transaction(data) as (session, now_ms):
        user_id = session.scalar(select(User.id).where(User.login == login))
        if user_id is None:
            raise MissingRowError("user", login)
        row = Token(
            sha256=token_digest(token),
            user_id=user_id,
            purpose="api",
            label=label,
            scopes=" ".join(sorted(set(scopes))),
            created_at_ms=now_ms,
            expires_at_ms=now_ms + days * DAY_MS,
        )
        check_facts(row)
        session.add(row)
        print_line(token=token)


@click.command()
@data_option
@click.option("--login", required=True, help="The family member.")
@click.option("--resident", "resident_id", required=True)
@click.option("--relation", default="", help="daughter, son, ...")
def link_family(data: Path | None, login: str, resident_id: str, relation: str) -> None:
    """Let a family member see a resident."""
    with one_transaction(data) as (session, _):
        user_id = session.scalar(select(User.id).where(User.login == login))
        if user_id is None:
            raise MissingRowError("user", login)
        users.link_family(session, user_id=user_id, resident_id=resident_id, relation=relation)
        print_line(user_id=user_id, resident_id=resident_id)
