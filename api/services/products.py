"""Products: what a vendor makes, which codec its devices speak, the key that its cloud signs with."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry import products
from anhu.registry.database import reading
from anhu.registry.product_tables import Product
from anhu.registry.roles import Role
from anhu.registry.rows import change
from anhu.registry.tables import Device
from api.dependencies import Dependencies, Family
from api.errors import NotFoundError, UnavailableError
from api.schemas.products import NewProduct, PollChange, ProductChange, ProductView, PushKey
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_products
from api.services.product_polls import change_poll, poll_view

_CHANGEABLE = frozenset({"name", "model", "codec", "enabled"})
_MOST = 500
_POLL = "poll"


def list_products(deps: Dependencies, viewer: Viewer, *, codec: str = "") -> list[ProductView]:
    """Return the products that the viewer may see, by vendor and name; a lead chooses among them."""
    require(viewer, Permission.PROVISION)
    with reading(deps.sessions)() as session:
        wanted = select(Product).where(visible_products(viewer)).order_by(Product.vendor, Product.name, Product.id)
        if codec:
            wanted = wanted.where(Product.codec == codec)
        rows = session.scalars(wanted.limit(_MOST)).all()
        ids = [row.id for row in rows]
        counts = select(Device.product_id, func.count()).where(Device.product_id.in_(ids)).group_by(Device.product_id)
        numbers = {row[0]: row[1] for row in session.execute(counts)}
        return [_view(deps, session, row, numbers.get(row.id, 0)) for row in rows]


def read_product(deps: Dependencies, viewer: Viewer, product_id: str) -> ProductView:
    """Return one product. Raises `NotFoundError` for another vendor's as for one that is not there."""
    require(viewer, Permission.MANAGE_PRODUCTS)
    with reading(deps.sessions)() as session:
        return _view(deps, session, _visible(session, viewer, product_id))


def create_product(deps: Dependencies, viewer: Viewer, given: NewProduct) -> ProductView:
    """Enrol a product. Raises `TakenError`, `FieldError`."""
    require(viewer, Permission.MANAGE_PRODUCTS)
    _check_codec(deps, given.codec)
    values = given.model_dump(exclude={"id"})
    if viewer.role is Role.VENDOR:
        values["vendor"] = viewer.vendor
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        row = products.create_product(session, product_id=given.id, now_ms=now_ms, **values)
        record(session, viewer, "product.create", now_ms=now_ms, object_id=row.id)
        return _view(deps, session, _visible(session, viewer, row.id))


def change_product(deps: Dependencies, viewer: Viewer, product_id: str, given: ProductChange) -> ProductView:
    """Change what is given, or switch it off: its vendor's cloud is let in no more. Devices keep their own codec."""
    require(viewer, Permission.MANAGE_PRODUCTS)
    changes = given.model_dump(exclude_none=True)
    if given.codec is not None:
        _check_codec(deps, given.codec)
    with deps.sessions.begin() as session:
        row = change(session, _visible(session, viewer, product_id), changes, _CHANGEABLE)
        detail = {"fields": sorted(changes)}
        record(session, viewer, "product.change", now_ms=deps.clock.now_ms(), object_id=row.id, detail=detail)
        return _view(deps, session, row)


def new_push_key(deps: Dependencies, viewer: Viewer, product_id: str) -> PushKey:
    """Give a product a fresh key, shown this once; the former one ends. Raises `UnavailableError` without a vault."""
    require(viewer, Permission.MANAGE_PRODUCTS)
    with deps.sessions.begin() as session:
        row = _visible(session, viewer, product_id)
        if deps.secrets is None:
            raise UnavailableError("the installation's key is missing: no key can be kept", zh="缺少安装密钥，无法保存")
        key = products.new_push_key(session, deps.secrets, product_id)
        record(session, viewer, "product.key", now_ms=deps.clock.now_ms(), object_id=row.id)
        return PushKey(**_view(deps, session, row).model_dump(), push_key=key)


def change_product_poll(deps: Dependencies, viewer: Viewer, product_id: str, given: PollChange) -> ProductView:
    """Say how a product's cloud is asked. Raises `FieldError`, `UnavailableError`."""
    require(viewer, Permission.MANAGE_PRODUCTS)
    with deps.sessions.begin() as session:
        row = _visible(session, viewer, product_id)
        if _POLL not in deps.families.get(row.codec, Family(row.codec, ())).doors:
            raise FieldError("codec", row.codec, "one whose vendor's cloud is asked", zh="支持主动查询的协议")
        change_poll(session, row, given, deps.secrets)
        detail = {"account": bool(given.account.strip()), "new_secret": bool(given.secret)}
        record(session, viewer, "product.poll", now_ms=deps.clock.now_ms(), object_id=row.id, detail=detail)
        return _view(deps, session, row)


def _visible(session: Session, viewer: Viewer, product_id: str) -> Product:
    found = session.scalar(select(Product).where(Product.id == product_id, visible_products(viewer)))
    if found is None:
        raise NotFoundError(f"no product {product_id!r}")
    return found


def _check_codec(deps: Dependencies, codec: str) -> None:
    if codec not in deps.codecs:
        raise FieldError("codec", codec, f"one of {', '.join(sorted(deps.codecs))}")


def _devices(session: Session, product_id: str) -> int:
    return session.scalar(select(func.count()).select_from(Device).where(Device.product_id == product_id)) or 0


def _view(deps: Dependencies, session: Session, row: Product, devices: int | None = None) -> ProductView:
    family = deps.families.get(row.codec, Family(row.codec, ()))
    return ProductView(
        id=row.id,
        name=row.name,
        vendor=row.vendor,
        model=row.model,
        codec=row.codec,
        codec_title=family.title,
        doors=list(family.doors),
        takes_push="http" in family.doors,
        push_address=f"{deps.push_url}/push/{row.id}" if deps.push_url and "http" in family.doors else "",
        has_push_key=bool(row.push_key_sealed),
        poll=poll_view(session, row) if _POLL in family.doors else None,
        enabled=row.enabled,
        devices=_devices(session, row.id) if devices is None else devices,
        created_at_ms=row.created_at_ms,
    )
