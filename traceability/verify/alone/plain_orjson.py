"""The part of `orjson` that the verifier uses, over Python's own `json`.

What is strict about reading JSON is in `strict_json.py`; this only parses and writes. Where
orjson refuses (half of a surrogate pair, NaN, an integer from 2^53 on), this refuses too.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

OPT_SORT_KEYS = 1
OPT_STRICT_INTEGER = 2
_SAFE_INTEGER = 2**53 - 1


class JSONDecodeError(ValueError):
    """The bytes are no JSON."""


class JSONEncodeError(TypeError):
    """The value cannot be written as JSON."""


def loads(data: bytes | str) -> Any:
    """Return the value of a JSON text."""
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        return json.loads(text, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise JSONDecodeError(str(error)) from error


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def dumps(value: Any, *, option: int = 0) -> bytes:
    """Return a value as compact JSON; a tuple is an array."""
    _check(value, option & OPT_STRICT_INTEGER != 0)
    try:
        text = json.dumps(
            value,
            ensure_ascii=False,
            allow_nan=False,
            separators=(",", ":"),
            sort_keys=option & OPT_SORT_KEYS != 0,
        )
        return text.encode("utf-8")
    except (ValueError, TypeError, RecursionError) as error:
        raise JSONEncodeError(str(error)) from error


def _check(value: Any, strict: bool) -> None:
    if isinstance(value, dict):
        for name, part in value.items():
            if not isinstance(name, str):
                raise JSONEncodeError("member's name is no text")
            _check(part, strict)
    elif isinstance(value, list | tuple):
        for part in value:
            _check(part, strict)
    elif strict and type(value) is int and abs(value) > _SAFE_INTEGER:
        raise JSONEncodeError("integer exceeds 53 bits")
