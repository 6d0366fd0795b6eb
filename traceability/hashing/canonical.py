"""RFC 8785 canonical JSON (JCS): one byte form for every value.

Source: RFC 8785, section 3.2. `rfc8785` writes it; orjson does where its bytes are provably the
same.
"""

from __future__ import annotations

import orjson
import rfc8785

from traceability.errors import InvalidInput
from traceability.strict_json import MAX_BYTES, MAX_DEPTH, JSONValue, check_nesting, parse_json


class NotCanonical(InvalidInput):
    """The bytes are JSON, but not the canonical form of their value."""

    code = "NOT_CANONICAL"


class CannotCanonicalize(InvalidInput):
    """The value has no canonical JSON form."""

    code = "CANNOT_CANONICALIZE"


def canonicalize(value: JSONValue) -> bytes:
    """Return the JCS bytes of a value.

    orjson sorts members by UTF-8 and writes floats in its own form: it is used only where
    every member name is ASCII and no float occurs; then the bytes are the same. It refuses
    half surrogate pairs.
    """
    try:
        if type(value) is str:
            return orjson.dumps(value)
        if _is_plain(value):
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        return rfc8785.dumps(value)
    except orjson.JSONEncodeError as error:
        raise CannotCanonicalize(f"value has no canonical JSON: {error}") from error
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise CannotCanonicalize(f"value has no canonical JSON: {error}") from error


def _is_plain(value: JSONValue) -> bool:
    kind = type(value)
    if kind is str:
        return True
    if kind is list:
        return all(map(_is_plain, value))  # type: ignore[arg-type]  # a list
    if kind is dict:
        return all(
            type(name) is str and name.isascii() and _is_plain(part)
            for name, part in value.items()  # type: ignore[union-attr]  # a dict
        )
    if kind is int:
        return -(2**53) < value < 2**53  # type: ignore[operator]  # an int
    return value is None or kind is bool


def parse_canonical(
    data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH
) -> JSONValue:
    """Return the value of canonical JSON, and refuse any other form of it."""
    value = _read_canonical(data, max_depth) if len(data) <= max_bytes else None
    if value is None:
        value = parse_json(data, max_bytes=max_bytes, max_depth=max_depth)
        if canonicalize(value) != data:
            raise NotCanonical("JSON is not in canonical form (RFC 8785)")
    return value


def _read_canonical(data: bytes, max_depth: int) -> JSONValue:
    """Return the value of bytes that are canonical, None for others and for `null`.

    A lax parser is enough: what it drops or rounds does not come back as the same bytes.
    """
    check_nesting(data, max_depth)
    try:
        value: JSONValue = orjson.loads(data)
        return value if canonicalize(value) == data else None
    except (orjson.JSONDecodeError, CannotCanonicalize):
        return None
