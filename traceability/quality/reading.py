"""Reading the members of a JSON object strictly, collecting every fault with its pointer.

Source: RFC 6901 (JSON pointers).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TypeGuard

from traceability.codes.keys import check_element
from traceability.errors import InvalidInput
from traceability.quality.faults import QualityMemberInvalid, QualityValueInvalid

MAX_TEXT = 200  # Characters of a name; a longer one is a document.
MAX_COUNT = 2_000_000_000  # Units of one inspection fit 32 bits in every engine.
MAX_DIGITS = 18  # Digits before and after the point of a measurement.
_SHOWN = 48
_PLAIN = re.compile(rf"-?\d{{1,{MAX_DIGITS}}}(\.\d{{1,{MAX_DIGITS}}})?", re.ASCII)


class Members:
    """The members of one object; what is read is checked, the rest is refused by `close`.

    Parameters
    ----------
    value
        The object; anything else is one fault.
    pointer
        Where it is.
    faults
        The list that faults are added to.
    """

    def __init__(self, value: object, *, pointer: str, faults: list[InvalidInput]) -> None:
        self._left: dict[str, object] = {}
        self._pointer = pointer
        self.faults = faults
        if isinstance(value, Mapping):
            self._left.update(value)
        else:
            self.refuse("", "object", value)

    def refuse(self, name: str, expected: str, got: object) -> None:
        """Record a value of another type or range."""
        shown = repr(got)
        shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"
        fault = f"{name or 'record'} is invalid: expected {expected}, got {shown}"
        pointer = self.pointer(name)
        self.faults.append(QualityValueInvalid(fault, pointer=pointer, expected=expected))

    def pointer(self, name: str) -> str:
        """Return the pointer of a member."""
        return f"{self._pointer}/{name}" if name else self._pointer

    def take(self, name: str) -> object:
        """Return a member, None with a fault if it is missing."""
        if name not in self._left:
            fault = f"{name} is missing"
            pointer = self.pointer(name)
            self.faults.append(QualityMemberInvalid(fault, pointer=pointer, expected=name))
            return None
        return self._left.pop(name)

    def take_optional(self, name: str) -> object:
        """Return a member, or None where it is absent."""
        return self._left.pop(name, None)

    def text(self, name: str) -> str:
        """Return a text of 1 to 200 characters without control characters."""
        value = self.take(name)
        if isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable():
            return value
        if value is not None:
            self.refuse(name, f"text of 1 to {MAX_TEXT} printable characters", value)
        return ""

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """Return one of the allowed texts."""
        value = self.take(name)
        if isinstance(value, str) and value in allowed:
            return value
        if value is not None:
            self.refuse(name, "one of " + ", ".join(allowed), value)
        return allowed[0]

    def count(self, name: str, *, least: int = 0, most: int = MAX_COUNT) -> int:
        """Return an integer within bounds."""
        value = self.take(name)
        if is_integer(value) and least <= value <= most:
            return value
        if value is not None:
            self.refuse(name, f"integer of {least} to {most}", value)
        return least

    def flag(self, name: str) -> bool:
        """Return true or false; false where the member is absent."""
        value = self.take_optional(name)
        if value is not None and not isinstance(value, bool):
            self.refuse(name, "true or false", value)
        return value is True

    def gln(self, name: str) -> str:
        """Return a GLN of 13 digits with a right check digit."""
        value = self.take(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.refuse(name, "GLN of 13 digits", value)
            return ""
        try:
            check_element("417", value)
        except InvalidInput as fault:
            fault.pointer = self.pointer(name)
            self.faults.append(fault)
        return value

    def measurement(self, name: str, *, required: bool = True) -> Fraction | None:
        """Return a JSON number or decimal text, exactly as written; None where absent."""
        value = self.take(name) if required else self.take_optional(name)
        if value is None:
            return None
        found = _fraction(value)
        if found is None:
            self.refuse(name, f"decimal of at most {MAX_DIGITS} digits either side", value)
        return found

    def close(self) -> None:
        """Refuse every member that was not read."""
        for name in sorted(self._left):
            fault = f"{name[:_SHOWN]} is not a member of this record"
            pointer = self.pointer(name.replace("~", "~0").replace("/", "~1"))
            self.faults.append(QualityMemberInvalid(fault, pointer=pointer, got=name[:_SHOWN]))


def is_integer(value: object) -> TypeGuard[int]:
    """Tell an integer from everything else, booleans included."""
    return isinstance(value, int) and not isinstance(value, bool)


def _fraction(value: object) -> Fraction | None:
    """Take a number at the decimal value that was committed: JCS writes the shortest form."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        text = format(Decimal(repr(value)), "f") if abs(value) < 10**MAX_DIGITS else ""
    else:
        return None
    return Fraction(text) if _PLAIN.fullmatch(text) else None
