"""Bytes as a text, whatever encoding or packing their sender chose: GBK, UTF-16, hexadecimal digits, Base64, gzip.

Asked only for what a codec refused. How much comes out is bounded, whatever goes in.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from urllib.parse import unquote_to_bytes

MOST_BYTES = 65_536
"""More than this of a message is not looked at. [byte]"""
_LEVELS = 2  # of packing: Base64 of gzip
_SAMPLE_BYTES = 512
_MARKS = ((b"\xff\xfe\0\0", "utf-32-le"), (b"\0\0\xfe\xff", "utf-32-be"), (b"\xff\xfe", "utf-16-le"),
          (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8"))  # fmt: skip
_AROUND = b"\0 \t\r\n\x1a"
_HEX = re.compile(rb"(?:0[xX])?[0-9a-fA-F]{2}(?:[ :-]?(?:0[xX])?[0-9a-fA-F]{2})*")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{8,}={0,2}")
_ESCAPED = re.compile(rb"%[0-9a-fA-F]{2}")
_PACKED = (b"\x1f\x8b", b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")
_HAN = re.compile("[\u3400-\u9fff]")
_EITHER = 15 + 32  # zlib or gzip, as its own header says


def stripped(payload: bytes) -> bytes:
    """Return a payload without the zero bytes, line ends and mark of order that may stand around it."""
    return payload.removeprefix(b"\xef\xbb\xbf").strip(_AROUND)


def as_text(payload: bytes) -> str:
    """Return bytes as a text, in the encoding that fits: UTF-8, UTF-16, UTF-32, else the Chinese GB 18030."""
    for mark, encoding in _MARKS:
        if payload.startswith(mark):
            return payload[len(mark) :].decode(encoding, "replace").strip("\0")
    if encoding := _wide(payload):
        raw = payload.rstrip(b"\0")
        return (raw + bytes(-len(raw) % (4 if "32" in encoding else 2))).decode(encoding, "replace").strip("\0")
    raw = stripped(payload)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        torn = raw.decode("utf-8", "replace")
    if _is_torn(torn):
        return torn
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        return torn


def _is_torn(text: str) -> bool:
    """Tell whether it is UTF-8 with a few bytes that are none, as of a text cut in the middle of a letter."""
    letters = len(_HAN.findall(text))
    return letters > 1 and letters >= text.count("\ufffd")


def _wide(payload: bytes) -> str:
    """Return the encoding of a text whose letters are wide: zero bytes stand in it, always at the same places."""
    sample = payload.rstrip(b"\0")[:_SAMPLE_BYTES]
    many = max(len(sample) // 16, 2)
    first, second, third, fourth = (sample[n::4].count(0) >= many for n in range(4))
    if second and third and first != fourth:
        return "utf-32-le" if fourth else "utf-32-be"
    if (first or third) != (second or fourth):
        return "utf-16-be" if first or third else "utf-16-le"
    return ""


def unpacked(payload: bytes) -> tuple[bytes, ...]:
    """Return a payload and what is packed in it: hexadecimal digits, Base64, %-escapes, gzip, at most twice."""
    found = [payload[:MOST_BYTES]]
    for _ in range(_LEVELS):
        inner = _inner(found[-1])
        if not inner:
            break
        if found[-1].startswith(_PACKED):
            found.pop()  # no text, though by chance there may be braces in it
        found.append(inner)
    return tuple(found)


def _inner(payload: bytes) -> bytes:
    if payload.startswith(_PACKED):
        try:
            return zlib.decompressobj(_EITHER).decompress(payload, MOST_BYTES)
        except zlib.error:
            return b""
    raw = stripped(payload).strip(b"\"'")
    if _HEX.fullmatch(raw):
        digits = re.sub(rb"0[xX]|[ :-]", b"", raw)
        return bytes.fromhex(digits.decode()) if not digits.isdigit() or digits.startswith(b"7") else b""
    if _BASE64.fullmatch(raw):
        return _of_base64(raw)
    return unquote_to_bytes(raw) if _ESCAPED.search(raw) else b""


def _of_base64(raw: bytes) -> bytes:
    """Return what Base64 holds, where that is a text or packed again; most that looks like Base64 is a word."""
    try:
        inner = base64.b64decode(raw.rstrip(b"=") + b"==", altchars=b"-_" if b"-" in raw or b"_" in raw else None)
    except binascii.Error:
        return b""
    return inner if inner.startswith(_PACKED) or as_text(inner).isprintable() else b""
