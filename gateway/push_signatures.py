"""How a push proves whose it is: forms that several vendors share, each in constant time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

import msgspec

from anhu.contract.clock import MINUTE_MS
from anhu.contract.errors import FieldError
from anhu.contract.payload import time_ms
from gateway.door_specs import Disposition, HttpReply, HttpRequest

FRESH_MS = 5 * MINUTE_MS
"""How far the time of a signature may be off. [ms]"""
_MOST_FIELDS = 200
_BEARER = "bearer "
_REPLIES: Mapping[Disposition, tuple[int, str]] = {
    Disposition.ACCEPTED: (200, "ok"),
    Disposition.RELEASED: (503, "send it again"),
    Disposition.REJECTED: (403, "wrong key, or no device of this product"),
}


def bears_token(request: HttpRequest, key: bytes, header: str = "") -> bool:
    """Tell whether a request bears the key itself.

    In a header of the vendor's, as ``Authorization: Bearer KEY``, or as ``token`` of the address, for clouds in which
    nothing but an address can be entered.
    """
    said = request.headers.get("authorization", "")
    given = [request.headers.get(header, "") if header else ""]
    if said[: len(_BEARER)].lower() == _BEARER:
        given.append(said[len(_BEARER) :].strip())
    given += query(request).get("token", ())[:1]
    found = False
    for one in given:
        found |= bool(one) and hmac.compare_digest(one.encode(errors="replace"), key)
    return found


def signs(key: bytes, said: bytes, signature: str) -> bool:
    """Tell whether a text in hexadecimal, perhaps behind ``sha256=``, is the HMAC-SHA256 of what was said."""
    expected = hmac.new(key, said, hashlib.sha256).hexdigest().encode()
    return hmac.compare_digest(expected, signature.removeprefix("sha256=").lower().encode(errors="replace"))


def is_fresh(request: HttpRequest, at: str) -> bool:
    """Tell whether the time of a signature, an epoch or RFC 3339, is within five minutes of ours."""
    try:
        return abs(request.received_at_ms - time_ms(at, "time")) <= FRESH_MS
    except FieldError:
        return False


def query(request: HttpRequest) -> Mapping[str, list[str]]:
    """Return what stands behind the ``?`` of an address; nothing where it is more than a vendor ever writes."""
    return fields_of(urlsplit(request.target).query)


def fields_of(text: str) -> Mapping[str, list[str]]:
    """Return the fields of a form, or a query. Nothing for one of more than 200."""
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}


def code_and_msg(request: HttpRequest, disposition: Disposition) -> HttpReply:  # noqa: ARG001 - the answer of an `HttpSpec`
    """Answer ``{"code":0,"msg":"ok"}``, or the status as the code."""
    status, message = _REPLIES[disposition]
    code = 0 if disposition is Disposition.ACCEPTED else status
    return HttpReply(status=status, body=msgspec.json.encode({"code": code, "msg": message}))
