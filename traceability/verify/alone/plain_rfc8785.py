"""RFC 8785 canonical JSON in Python, in the form of the package `rfc8785`.

Source: RFC 8785, section 3.2.2 (strings and numbers), 3.2.3 (members by UTF-16); ECMA-262,
section 6.1.6.1.20 (how a number is written).
"""

from __future__ import annotations

import json
import math
from typing import Any

_LARGEST_INTEGER = 2**53 - 1
# ECMA-262 writes a number with an exponent from 10^21 on, and below 10^-6.
_MOST_DIGITS, _MOST_ZEROS = 21, 6


class CanonicalizationError(ValueError):
    """The value has no canonical form."""


class IntegerDomainError(CanonicalizationError):
    """The integer is beyond what a double carries exactly."""


class FloatDomainError(CanonicalizationError):
    """The number is not finite."""


def dumps(value: Any) -> bytes:
    """Return the canonical bytes of a value; a tuple is an array."""
    return _written(value).encode("utf-8")


def _written(value: Any) -> str:
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        if abs(value) > _LARGEST_INTEGER:
            raise IntegerDomainError(f"integer is beyond 2^53 - 1: {value}")
        return str(value)
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join([_written(part) for part in value]) + "]"
    if isinstance(value, dict):
        return _object(value)
    raise CanonicalizationError(f"value of type {type(value).__name__} is no JSON")


def _text(value: str) -> str:
    """Return a JSON string: only quotes, backslashes and control characters are escaped."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CanonicalizationError("string holds half of a surrogate pair") from error
    return json.dumps(value, ensure_ascii=False)


def _object(members: dict[Any, Any]) -> str:
    if not all(isinstance(name, str) for name in members):
        raise CanonicalizationError("member's name is no text")
    names = {name: _text(name) for name in members}
    ordered = sorted(names, key=lambda name: name.encode("utf-16-be"))
    return "{" + ",".join([f"{names[name]}:{_written(members[name])}" for name in ordered]) + "}"


def number_text(value: float) -> str:
    """Return a number as ECMAScript writes it.

    Python and ECMAScript agree on the digits, the fewest that name this double, and differ in
    where an exponent begins and how it looks.
    """
    if not math.isfinite(value):
        raise FloatDomainError(f"number is not finite: {value}")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    # The number is 0.DIGITS times 10 to the power of `point`.
    leading = len(whole + fraction) - len(digits)
    point = int(exponent or 0) + len(whole) - leading
    return sign + _placed(digits.rstrip("0"), point)


def _placed(digits: str, point: int) -> str:
    count = len(digits)
    if count <= point <= _MOST_DIGITS:
        return digits + "0" * (point - count)
    if 0 < point <= _MOST_DIGITS:
        return f"{digits[:point]}.{digits[point:]}"
    if -_MOST_ZEROS < point <= 0:
        return "0." + "0" * -point + digits
    fraction = f".{digits[1:]}" if count > 1 else ""
    return f"{digits[0]}{fraction}e{'+' if point > 0 else '-'}{abs(point - 1)}"
