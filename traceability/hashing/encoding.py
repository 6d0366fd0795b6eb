"""Text forms of bytes and times: canonical base64 and base64url, RFC 3339 milliseconds.

Source: RFC 4648, sections 4 and 5; RFC 3339, section 5.6.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from datetime import UTC, datetime

from traceability.errors import InvalidInput

HASH_LENGTH = 32
ZERO_HASH = bytes(HASH_LENGTH)
# JSON numbers are doubles: the largest integer below which all are exact.
MAX_SAFE_INTEGER = 2**53 - 1
# To the standard alphabet; its own two characters and padding become malformed.
_FROM_URL = bytes.maketrans(b"-_+/=", b"+/\x00\x00\x00")
_TO_URL = bytes.maketrans(b"+/", b"-_")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


class EncodingInvalid(InvalidInput):
    """Text is not the canonical form of the bytes or the time that it stands for."""

    code = "ENCODING_INVALID"


def sha256(data: bytes) -> bytes:
    """Return the SHA-256 digest."""
    return hashlib.sha256(data).digest()


def b64u_encode(data: bytes) -> str:
    """Return base64url without padding."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL, b"=").decode()


def b64u_decode(text: str, *, length: int | None = None) -> bytes:
    """Return the bytes of canonical base64url without padding."""
    return _decode(text, length, url=True)


def b64_encode(data: bytes) -> str:
    """Return standard base64 with padding."""
    return binascii.b2a_base64(data, newline=False).decode()


def b64_decode(text: str, *, length: int | None = None) -> bytes:
    """Return the bytes of canonical standard base64 with padding."""
    return _decode(text, length, url=False)


def _decode(text: str, length: int | None, *, url: bool) -> bytes:
    name = "base64url" if url else "base64"
    try:
        padded = text.encode("ascii")
        if url:
            padded = padded.translate(_FROM_URL) + b"==="[: -len(text) % 4]
        data = binascii.a2b_base64(padded, strict_mode=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise EncodingInvalid(f"{name} text is malformed") from error
    if binascii.b2a_base64(data, newline=False) != padded:
        raise EncodingInvalid(f"{name} text is not canonical")
    if length is not None and len(data) != length:
        raise EncodingInvalid(
            f"{name} text has the wrong length: expected {length} bytes, got {len(data)}"
        )
    return data


def format_time(moment: datetime) -> str:
    """Return an aware time as RFC 3339, UTC, milliseconds, `Z`; finer digits are cut."""
    if moment.tzinfo is None:
        raise EncodingInvalid("time has no zone: expected an aware time")
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"


def parse_time(text: str) -> datetime:
    """Return the time that exactly `format_time` writes."""
    if not _TIME.fullmatch(text):
        raise EncodingInvalid("time is malformed: expected RFC 3339, UTC, milliseconds, Z")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise EncodingInvalid(f"time does not exist: {text}") from error
    # Later Pythons read 24:00 as the next day's beginning.
    if format_time(moment) != text:
        raise EncodingInvalid(f"time does not exist: {text}")
    return moment
