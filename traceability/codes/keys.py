"""GS1 identification keys: character sets, lengths and check digits, refused and never repaired.

Source: GS1 General Specifications, sections 3 (element strings), 7.9 (check digits) and
7.11 (character sets); the table follows the GS1 Barcode Syntax Dictionary, column `dlpkey`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from traceability.errors import InvalidInput


class CodeSyntaxError(InvalidInput):
    """The text is not one of the written forms of a GS1 key."""

    code = "CODE_SYNTAX"


class CodeLengthError(InvalidInput):
    """A key, lot or serial is too short or too long."""

    code = "CODE_LENGTH"


class CodeCharacterError(InvalidInput):
    """A key, lot or serial holds a character that its set does not have."""

    code = "CODE_CHARACTER"


class CodeCheckDigitError(InvalidInput):
    """The check digit contradicts the other digits."""

    code = "CODE_CHECK_DIGIT"


# The invariant subset of ISO/IEC 646 (82 characters), and that of part numbers (39).
CHARACTERS_82 = r"!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z"
CHARACTERS_39 = r"#\-/0-9A-Z"
_ASCII_ZERO = ord("0")
_SHOWN = 48  # Enough of a refused text to find it; the rest may be megabytes.


@dataclass(frozen=True, slots=True)
class Element:
    """The data of one application identifier: fixed digits, then a variable part.

    Parameters
    ----------
    ai, name
        Application identifier and the words an error uses for it.
    digits
        Number of leading digits.
    least, most
        Bounds on the characters that follow the digits.
    characters
        Regular expression class of those characters.
    check_from, check_to
        Slice that ends in a check digit; empty if there is none.
    """

    ai: str
    name: str
    digits: int = 0
    least: int = 0
    most: int = 0
    characters: str = CHARACTERS_82
    check_from: int = 0
    check_to: int = 0

    def pattern(self) -> re.Pattern[str]:
        """Return the expression that all data of this element matches in full."""
        tail = f"[{self.characters}]{{{self.least},{self.most}}}" if self.most else ""
        return re.compile(f"[0-9]{{{self.digits}}}{tail}", re.ASCII)


@dataclass(frozen=True, slots=True)
class KeyKind:
    """A primary key: its scheme without qualifiers, and the orders of qualifiers it takes."""

    scheme: str
    qualifier_orders: tuple[tuple[str, ...], ...] = ()


# A company prefix has at least four digits, so every key begins with four.
_PREFIX = 4
ELEMENTS = {
    element.ai: element
    for element in (
        Element("00", "SSCC", 18, check_to=18),
        Element("01", "GTIN-14", 14, check_to=14),
        Element("10", "lot", least=1, most=20),
        Element("21", "serial", least=1, most=20),
        Element("22", "consumer product variant", least=1, most=20),
        Element("235", "third-party serial", least=1, most=28),
        Element("253", "GDTI", 13, most=17, check_to=13),
        Element("254", "GLN extension", least=1, most=20),
        Element("255", "GCN", 13, most=12, characters="0-9", check_to=13),
        Element("401", "GINC", _PREFIX, least=1, most=30 - _PREFIX),
        Element("402", "GSIN", 17, check_to=17),
        Element("414", "GLN", 13, check_to=13),
        Element("417", "party GLN", 13, check_to=13),
        Element("7040", "unique identification", 1, least=3, most=3, characters="A-Z0-9a-z_-"),
        Element("8003", "GRAI", 14, most=16, check_from=1, check_to=14),
        Element("8004", "GIAI", _PREFIX, least=1, most=30 - _PREFIX),
        Element("8006", "ITIP", 18, check_to=14),
        Element("8010", "CPI", _PREFIX, least=1, most=30 - _PREFIX, characters=CHARACTERS_39),
        Element("8011", "CPI serial", 1, most=11, characters="0-9"),
        Element("8017", "GSRN of a provider", 18, check_to=18),
        Element("8018", "GSRN of a recipient", 18, check_to=18),
        Element("8019", "service relation instance", 1, most=9, characters="0-9"),
    )
}
KEY_KINDS = {
    "00": KeyKind("sscc"),
    "01": KeyKind("gtin", (("22", "10", "21"), ("235",))),
    "253": KeyKind("gdti"),
    "255": KeyKind("gcn"),
    "401": KeyKind("ginc"),
    "402": KeyKind("gsin"),
    "414": KeyKind("gln", (("254",), ("7040",))),
    "417": KeyKind("pgln", (("7040",),)),
    "8003": KeyKind("grai"),
    "8004": KeyKind("giai", (("7040",),)),
    "8006": KeyKind("itip", (("22", "10", "21"),)),
    "8010": KeyKind("cpi", (("8011",),)),
    "8017": KeyKind("gsrnp", (("8019",),)),
    "8018": KeyKind("gsrn", (("8019",),)),
}
QUALIFIERS = frozenset(
    ai for kind in KEY_KINDS.values() for order in kind.qualifier_orders for ai in order
)
_MATCHES = {ai: element.pattern().fullmatch for ai, element in ELEMENTS.items()}
_GTIN_LENGTHS = (8, 12, 13, 14)


def shown(text: str) -> str:
    """Return a refused text in quotes, cut so that a message stays short."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


@lru_cache(maxsize=65_536)
def check_digit(digits: str) -> str:
    """Return the check digit that belongs after `digits` (General Specifications, 7.9.1)."""
    values = digits.encode("ascii")
    weighted = 3 * sum(values[-1::-2]) + sum(values[-2::-2])
    offset = _ASCII_ZERO * (3 * ((len(values) + 1) // 2) + len(values) // 2)
    return str((offset - weighted) % 10)


def check_element(ai: str, data: str) -> None:
    """Refuse `data` unless it is whole and correct for its application identifier.

    Raises
    ------
    CodeLengthError, CodeCharacterError, CodeCheckDigitError, CodeSyntaxError
    """
    element = ELEMENTS[ai]
    if _MATCHES[ai](data) is None:
        _refuse_shape(element, data)
    if element.check_to:
        digits = data[element.check_from : element.check_to]
        wanted = check_digit(digits[:-1])
        if digits[-1] != wanted:
            _refuse_check_digit(element, digits, wanted)
    if ai in _MORE_RULES:
        _MORE_RULES[ai](data)


def parse_gtin(text: str) -> str:
    """Return a GTIN of 8, 12, 13 or 14 digits as a GTIN-14.

    Raises
    ------
    CodeLengthError, CodeCharacterError, CodeCheckDigitError
    """
    if len(text) not in _GTIN_LENGTHS:
        raise CodeLengthError(
            f"GTIN has the wrong length: expected 8, 12, 13 or 14 digits, got {len(text)}",
            expected="8, 12, 13 or 14 digits",
            got=str(len(text)),
        )
    gtin = text.rjust(14, "0")
    check_element("01", gtin)
    return gtin


def _refuse_shape(element: Element, data: str) -> None:
    """Say which of length and characters is at fault."""
    least, most = element.digits + element.least, element.digits + element.most
    if not least <= len(data) <= most:
        span = str(least) if least == most else f"{least} to {most}"
        raise CodeLengthError(
            f"{element.name} has the wrong length: expected {span} characters, got {len(data)}",
            expected=f"{span} characters",
            got=str(len(data)),
        )
    at = next(i for i in range(len(data)) if not _allowed(element, i, data[i]))
    wanted = "a digit" if at < element.digits or element.characters == "0-9" else "another set"
    raise CodeCharacterError(
        f"{element.name} has a wrong character at {at}: expected {wanted}, got {data[at]!r}",
        expected=wanted,
        got=data[at],
    )


def _allowed(element: Element, index: int, character: str) -> bool:
    """Tell whether one character may stand at one place."""
    allowed = "0-9" if index < element.digits else element.characters
    return re.fullmatch(f"[{allowed}]", character) is not None


def _refuse_check_digit(element: Element, digits: str, wanted: str) -> None:
    """Refuse a wrong check digit, naming the right one."""
    raise CodeCheckDigitError(
        f"{element.name} has a wrong check digit: expected {wanted}, got {digits[-1]}"
        f" in {digits!r}",
        expected=wanted,
        got=digits[-1],
    )


def _check_grai(data: str) -> None:
    """Refuse a GRAI whose first digit, a filler, is not zero."""
    if data[0] != "0":
        raise CodeSyntaxError(
            f"GRAI has a wrong first digit: expected 0, got {data[0]}", expected="0", got=data[0]
        )


def _check_leading_zero(data: str) -> None:
    """Refuse a part's serial that begins with zero, unless it is zero."""
    if data[0] == "0" and data != "0":
        raise CodeSyntaxError(
            "CPI serial has a leading zero: expected a first digit from 1 to 9, got 0",
            expected="1 to 9",
            got="0",
        )


def _check_piece(data: str) -> None:
    """Refuse piece 0, and a piece beyond the total."""
    piece, total = data[14:16], data[16:18]
    if not "01" <= piece <= total:
        raise CodeSyntaxError(
            f"ITIP has a wrong piece: expected 01 to {total}, got {piece}",
            expected=f"01 to {total}",
            got=piece,
        )


_MORE_RULES: dict[str, Callable[[str], None]] = {
    "8003": _check_grai,
    "8006": _check_piece,
    "8011": _check_leading_zero,
}
