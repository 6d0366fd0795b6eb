"""RFC 8785 canonical JSON (JCS): one byte form for every value.

Source: RFC 8785, section 3.2. `rfc8785` writes it; orjson does where its bytes are provably the
same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
import rfc8785

from traceability.errors import InvalidInput
from traceability.strict_json import MAX_BYTES, MAX_DEPTH, JSONValue, check_nesting, parse_json

# Integers beyond 2^53 - 1 are refused, as by RFC 8785.
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_PLAIN = frozenset((str, int, bool, type(None)))


class NotCanonical(InvalidInput):
    """The bytes are JSON, but not the canonical form of their value."""

    code = "NOT_CANONICAL"


class CannotCanonicalize(InvalidInput):
    """The value has no canonical JSON form."""

    code = "CANNOT_CANONICALIZE"


def canonicalize(value: JSONValue | tuple[Any, ...]) -> bytes:
    """Return the JCS bytes of a value; a tuple is an array.

    orjson sorts members by UTF-8 and writes floats in its own form: it is used only where
    every member name is ASCII and no float occurs; then the bytes are the same. It refuses
    half surrogate pairs.
    """
    try:
        if type(value) in _PLAIN or _is_plain(value):
            return orjson.dumps(value, option=_OPTIONS)
        return rfc8785.dumps(value)
    except (orjson.JSONEncodeError, rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise CannotCanonicalize(f"value has no canonical JSON: {error}") from error


def _is_plain(value: Any) -> bool:
    """Tell whether orjson writes a value as JCS does, or refuses it; integers are checked there."""
    kind = type(value)
    if kind is dict:
        if not _is_plain_names(value):
            return False
        parts = value.values()
    elif kind is list or kind is tuple:
        parts = value
    else:
        return kind in _PLAIN
    for part in parts:  # noqa: SIM110  # all() over a generator takes twice as long
        if type(part) not in _PLAIN and not _is_plain(part):
            return False
    return True


def _is_plain_names(names: Iterable[Any]) -> bool:
    """Tell whether all are ASCII text; what is no text cannot be joined."""
    try:
        return "".join(names).isascii()
    except TypeError:
        return False


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
