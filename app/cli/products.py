"""``anhu admin create-product`` and ``new-push-key``: what vendors make, and what their clouds sign with."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError, SettingsError
from anhu.registry import products
from anhu.registry.product_tables import Product
from anhu.registry.rows import existing
from app import wiring
from app.cli.one_line import print_line
from app.cli.one_transaction import one_transaction
from app.cli.options import data_option, settings_of
from app.secret_key import secrets
from app.settings import Settings


@click.command()
@data_option
@click.option("--id", "product_id", required=True, help="Ends the address that its vendor's cloud pushes to.")
@click.option("--name", default="", help="Name for people; the identity when left out.")
@click.option("--vendor", required=True, help="Whose product it is.")
@click.option("--model", default="")
@click.option("--codec", default="open_json", show_default=True, help="Device family; see the README.")
def create_product(data: Path | None, product_id: str, codec: str, **facts: str) -> None:
    """Enrol what a vendor makes; prints the key with which the vendor's cloud signs what it pushes, once."""
    settings = settings_of(data=data)
    known_codec(codec, settings)
    with one_transaction(data) as (session, now_ms):
        products.create_product(session, product_id=product_id, codec=codec, now_ms=now_ms, **facts)
        session.flush()
        print_line(product_id=product_id, push_path=f"/push/{product_id}", push_key=_fresh(session, data, product_id))


@click.command()
@data_option
@click.argument("product_id")
def new_push_key(data: Path | None, product_id: str) -> None:
    """Give a product a fresh push key, and print it, once; the former one ends within a second."""
    with one_transaction(data) as (session, _):
        print_line(product_id=product_id, push_key=_fresh(session, data, product_id))


def known_codec(name: str, settings: Settings | None = None) -> str:
    """Return a codec's name. Raises `FieldError` for one that there is not."""
    known = wiring.known_codecs(settings or settings_of())
    if name not in known:
        expected = ", ".join(sorted(known))
        raise FieldError("codec", name, f"one of {expected}", zh=f"以下之一：{expected}")
    return name


def codec_of(session: Session, product_id: str, named: str) -> str:
    """Return the codec of a product's devices. Raises `MissingRowError`, and `FieldError` where another was named."""
    codec = existing(session, Product, product_id).codec
    if named not in ("", codec):
        raise FieldError("codec", named, f"{codec}, as its product has", zh=f"{codec}，与产品一致")
    return codec


def _fresh(session: Session, data: Path | None, product_id: str) -> str:
    vault = secrets(settings_of(data=data), make=True)
    if vault is None:
        raise SettingsError("ANHU_IDENTITY_KEY", "", "the key that the installation seals secrets with; restore it")
    return products.new_push_key(session, vault, product_id)
