"""Taking the members of a JSON object one by one, strictly.

Source: docs/formats.md, section "statement": exact members, types and ranges.
"""

from __future__ import annotations

import re
from datetime import datetime

from traceability.errors import InvalidInput
from traceability.hashing.encoding import b64u_decode, parse_time
from traceability.strict_json import JSONValue

MAX_NUMBER = 2**53 - 1


class StatementInvalid(InvalidInput):
    """The payload is not a statement in its one form."""

    code = "STATEMENT_INVALID"


class Members:
    """Takes members one by one, strictly; `end` refuses what is left."""

    def __init__(self, value: JSONValue, place: str = "") -> None:
        if not isinstance(value, dict):
            raise StatementInvalid(f"{place or 'statement'} is not an object", pointer=place)
        self._left = dict(value)
        self._place = place

    def has(self, name: str) -> bool:
        """Tell whether the member is there and not yet taken."""
        return name in self._left

    def take(self, name: str) -> JSONValue:
        """Return a member of any type."""
        if name not in self._left:
            raise self.fault(name, "is missing")
        return self._left.pop(name)

    def fault(self, name: str, what: str) -> StatementInvalid:
        """Return the error of a member."""
        return StatementInvalid(f"member {name!r} {what}", pointer=f"{self._place}/{name}")

    def text(self, name: str, pattern: re.Pattern[str]) -> str:
        """Return a text that fits the pattern as a whole."""
        value = self.take(name)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self.fault(name, f"is malformed: expected {pattern.pattern}")
        return value

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        """Return one of the allowed texts."""
        value = self.take(name)
        if not isinstance(value, str) or value not in allowed:
            raise self.fault(name, f"is unknown: expected one of {', '.join(allowed)}")
        return value

    def number(self, name: str, *, least: int = 0) -> int:
        """Return a whole number from `least` to 2^53 - 1."""
        value = self.take(name)
        if type(value) is not int or not least <= value <= MAX_NUMBER:
            raise self.fault(name, f"is out of range: expected {least} to 2^53 - 1")
        return value

    def data(self, name: str, length: int = 32) -> bytes:
        """Return the bytes of a base64url text of this length."""
        value = self.take(name)
        if not isinstance(value, str):
            raise self.fault(name, "is not base64url text")
        try:
            return b64u_decode(value, length=length)
        except InvalidInput as error:
            raise self.fault(name, f"is malformed: {error.fault}") from error

    def time(self, name: str) -> datetime:
        """Return a time as `format_time` writes it."""
        value = self.take(name)
        if not isinstance(value, str):
            raise self.fault(name, "is not a time")
        try:
            return parse_time(value)
        except InvalidInput as error:
            raise self.fault(name, f"is not a time: {error.fault}") from error

    def members(self, name: str) -> Members:
        """Return an object, whose members are to be taken in turn."""
        return Members(self.take(name), f"{self._place}/{name}")

    def texts(self, name: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
        """Return a list of texts that ascend and fit the pattern."""
        value = self.take(name)
        if not isinstance(value, list):
            raise self.fault(name, "is not a list")
        found = [part for part in value if isinstance(part, str) and pattern.fullmatch(part)]
        if len(found) != len(value) or found != sorted(set(found)):
            raise self.fault(name, "is malformed: expected sorted, unique, valid entries")
        return tuple(found)

    def end(self) -> None:
        """Refuse members that nobody took."""
        if self._left:
            raise self.fault(sorted(self._left)[0], "is unknown")
