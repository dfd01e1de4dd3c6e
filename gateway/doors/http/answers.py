"""What a push is answered that brought nothing: in its vendor's words, or in plain ones that an engineer reads."""

from __future__ import annotations

import logging
from http import HTTPStatus

import msgspec

from anhu.contract.printable import printable
from gateway.directory import ProductEntry
from gateway.door_specs import Disposition, HttpReply, HttpRequest, HttpSpec
from gateway.refused_words import word_for_help

_logger = logging.getLogger(__name__)
_MOST_CHARS = 300


def plain(status: HTTPStatus, message: str) -> HttpReply:
    """Return an answer of our own: ``{"code":400,"msg":"…"}``."""
    text = printable(message[:_MOST_CHARS])
    return HttpReply(status=int(status), body=msgspec.json.encode({"code": int(status), "msg": text}))


AGAIN = plain(HTTPStatus.SERVICE_UNAVAILABLE, "send it again")
NO_PRODUCT = plain(HTTPStatus.NOT_FOUND, "no product has this address")
NOT_SO = plain(HTTPStatus.METHOD_NOT_ALLOWED, "expected POST, with the message as its body")


def in_vendors_words(spec: HttpSpec, request: HttpRequest, disposition: Disposition) -> HttpReply:
    """Return the family's own answer."""
    try:
        return spec.reply(request, disposition)
    except Exception:
        _logger.exception("a codec has no answer to %s", request.path)
        return HttpReply(status=200) if disposition is Disposition.ACCEPTED else AGAIN


def is_no_push(spec: HttpSpec, request: HttpRequest) -> bool:
    """Tell whether it is a request without a body by a method that the family never uses, and no call for help."""
    if spec.explains is None or request.method == "POST" or request.body:
        return False
    return not word_for_help(request.target.partition("?")[2].encode())


def not_genuine(spec: HttpSpec, request: HttpRequest) -> HttpReply | None:
    """Return what is told of a wrong key, from the request alone; None: only the family's own answer is given."""
    return plain(HTTPStatus.FORBIDDEN, spec.explains(request)) if spec.explains is not None else None


def unreadable(spec: HttpSpec, reason: str) -> HttpReply | None:
    """Return what whoever has the key is told of a push that could not be taken apart."""
    return plain(HTTPStatus.BAD_REQUEST, reason) if spec.explains is not None else None


def no_device(spec: HttpSpec, product: ProductEntry, said: str) -> HttpReply | None:
    """Return what whoever has the key is told of a device that is not its product's."""
    if spec.explains is None:
        return None
    expected = f"expected an enabled device of product {product.product_id}"
    return plain(HTTPStatus.FORBIDDEN, f"device: got {said[:64]!r}, {expected}")
