"""Read strict JSON shapes: exact members, exact types, canonical base64url, limits.

Source: `docs/formats.md`, section 0. Every fault carries a JSON pointer.
"""

from __future__ import annotations

from traceability.errors import ProofRejected
from traceability.hashing.encoding import EncodingInvalid, b64u_decode
from traceability.strict_json import JSONValue

# Numbers are exact in every JSON reader only below this.
MAX_INTEGER = 2**53 - 1
# A tree of 2^53 leaves needs 53 hashes; 64 is the next round number.
MAX_PATH_HASHES = 64
HASH_BYTES = 32


class BundleMembers(ProofRejected):
    """An object with an unknown member, or without a required one."""

    code = "BUNDLE_MEMBERS"


class BundleValue(ProofRejected):
    """A value of another type or range than its place demands."""

    code = "BUNDLE_VALUE"


class BundleBase64(ProofRejected):
    """Text that is not canonical base64url without padding, or of another length."""

    code = "BUNDLE_BASE64"


class BundleLimit(ProofRejected):
    """More of something than any honest bundle holds."""

    code = "BUNDLE_LIMIT"


def members(
    value: JSONValue, at: str, *, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, JSONValue]:
    """Return the object; it has all required members and none outside both lists."""
    if not isinstance(value, dict):
        raise BundleValue(f"value at {at!r} is no object", pointer=at)
    missing = [name for name in required if name not in value]
    if missing:
        raise BundleMembers(f"object at {at!r} lacks a member: expected {missing[0]!r}", pointer=at)
    unknown = sorted(value.keys() - {*required, *optional})
    if unknown:
        raise BundleMembers(f"object at {at!r} has an unknown member: {unknown[0]!r}", pointer=at)
    return value


def items(value: JSONValue, at: str, *, most: int) -> list[JSONValue]:
    """Return the array, of at most so many elements."""
    if not isinstance(value, list):
        raise BundleValue(f"value at {at!r} is no array", pointer=at)
    if len(value) > most:
        raise BundleLimit(
            f"array at {at!r} is too long: at most {most}, got {len(value)}", pointer=at
        )
    return value


def integer(value: JSONValue, at: str) -> int:
    """Return a whole number from 0 to 2^53 − 1."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_INTEGER:
        raise BundleValue(f"value at {at!r} is no whole number below 2^53", pointer=at)
    return value


def text(value: JSONValue, at: str) -> str:
    """Return the string."""
    if not isinstance(value, str):
        raise BundleValue(f"value at {at!r} is no string", pointer=at)
    return value


def binary(value: JSONValue, at: str, *, length: int | None = None) -> bytes:
    """Return the bytes of canonical base64url, of exactly `length` where it is given."""
    try:
        return b64u_decode(text(value, at), length=length)
    except EncodingInvalid as error:
        raise BundleBase64(f"base64url at {at!r} is refused: {error}", pointer=at) from error


def digests(value: JSONValue, at: str, *, most: int = MAX_PATH_HASHES) -> tuple[bytes, ...]:
    """Return the hashes of a path, 32 bytes each."""
    found = items(value, at, most=most)
    return tuple([binary(part, at, length=HASH_BYTES) for part in found])
