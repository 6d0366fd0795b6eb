"""Any written form of a GS1 key to an identifier: Digital Link URI, EPC URN, bracketed string.

Source: GS1 Digital Link Standard, URI Syntax 1.6, section 4; GS1 General Specifications,
section 4.14 (brackets around application identifiers).
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from traceability.codes.identifier import Identifier, Pairs, identify
from traceability.codes.keys import (
    CHARACTERS_82,
    KEY_KINDS,
    QUALIFIERS,
    CodeCharacterError,
    CodeLengthError,
    CodeSyntaxError,
    check_digit,
    check_element,
    shown,
)
from traceability.codes.urns import parse_urn
from traceability.errors import InvalidInput

__all__ = ["Identifier", "canonical_uri", "parse_code", "same_item"]

MAX_CODE_LENGTH = 2_000  # Longer than any key with all its attributes; bounds hostile input.
_WEB = re.compile(r"https?://[^/?#]+/", re.IGNORECASE)
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s\x00-\x1f\x7f<>\"{}|\\^`]+")
# Most codes are a plain GTIN with lot and serial: read at once, with the same result.
_PLAIN = re.compile(
    r"https?://[^/?#]+/01/([0-9]{14})(?:/10/([0-9A-Za-z._-]{1,20}))?(?:/21/([0-9A-Za-z._-]{1,20}))?",
    re.ASCII,
)
_WELL_ESCAPED = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*")
_BRACKETED = re.compile(r"\(([0-9]{2,4})\)((?:[^()\\]|\\[()])+)")
_CODE_STARTS = ("urn:epc:id:", "urn:epc:class:", "urn:epc:idpat:", "(")
_ATTRIBUTE = re.compile(f"[{CHARACTERS_82} ]{{1,90}}", re.ASCII)
_AI = re.compile(r"[0-9]{2,4}", re.ASCII)
_KEYLIKE = re.compile(r"[0-9]{4}", re.ASCII)
_FIRST_PAIR = 3  # After "https:", "" and the host.


def parse_code(text: str) -> Identifier:
    """Return what a code names, whichever of its forms it is written in.

    Parameters
    ----------
    text
        A Digital Link URI on any host, an EPC URN (`urn:epc:id:…`, `urn:epc:class:lgtin:…`,
        `urn:epc:idpat:…`), or a bracketed string such as `(01)09506000134352(21)ABC`.

    Raises
    ------
    CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
    """
    _check_length(text)
    return _parse(text)


@lru_cache(maxsize=16_384)
def canonical_uri(text: str) -> str:
    """Return the one URI under which a code is known; other absolute URIs stay as they are.

    Raises
    ------
    CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
        A faulty code, text that is no absolute URI, or one that is too long.
    """
    _check_length(text)
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        return _identify_plain(*plain.groups()).canonical
    if text.startswith(_CODE_STARTS) or (_WEB.match(text) and _is_digital_link(text)):
        return _read(text).canonical
    if _ABSOLUTE.fullmatch(text) is None:
        raise CodeSyntaxError(f"identifier is no absolute URI: got {shown(text)}")
    return text


def same_item(first: Identifier | str, second: Identifier | str) -> bool:
    """Tell whether two codes name the same thing.

    Their finest keys must agree and, where both carry a lot, the lots too. Text that is no
    code, or a faulty one, equals itself only.
    """
    one, other = _identifier(first), _identifier(second)
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    lots_agree = one.lot is None or other.lot is None or one.lot == other.lot
    return lots_agree and one.canonical == other.canonical


def _identifier(code: Identifier | str) -> Identifier | str:
    """Parse text if it is a code."""
    if isinstance(code, Identifier):
        return code
    try:
        return parse_code(code)
    except InvalidInput:
        return code


def _check_length(text: str) -> None:
    """Refuse text that is longer than any code."""
    if len(text) > MAX_CODE_LENGTH:
        raise CodeLengthError(
            f"code is too long: expected at most {MAX_CODE_LENGTH} characters, got {len(text)}",
            expected=f"at most {MAX_CODE_LENGTH} characters",
            got=str(len(text)),
        )


def _read(text: str) -> Identifier:
    """Choose the reader by how the text begins."""
    if text.startswith("urn:epc:"):
        return parse_urn(text)
    if text.startswith("("):
        return _parse_bracketed(text)
    if _WEB.match(text):
        return _parse_digital_link(text)
    raise CodeSyntaxError(
        "code has an unknown form: expected a Digital Link URI, an EPC URN or (01)…, "
        f"got {shown(text)}"
    )


_parse = lru_cache(maxsize=16_384)(_read)


def _is_digital_link(text: str) -> bool:
    """Tell whether a web address is meant as a Digital Link URI, faulty or not."""
    pairs = _key_pairs(_segments(text))
    return bool(pairs) and _KEYLIKE.match(pairs[0][1]) is not None


def _segments(text: str) -> list[str]:
    """Split the path; one trailing slash is tolerated."""
    segments = text.partition("#")[0].partition("?")[0].split("/")
    if segments[-1] == "":
        segments.pop()
    return segments


def _key_pairs(segments: list[str]) -> Pairs:
    """Return key and qualifiers, undecoded: pairs from the right until a primary key."""
    for at in range(len(segments) - 2, _FIRST_PAIR - 1, -2):
        if segments[at] in KEY_KINDS:
            tail = segments[at:]
            return tuple(zip(tail[::2], tail[1::2], strict=True))
        if segments[at] not in QUALIFIERS:
            break
    return ()


def _parse_digital_link(text: str) -> Identifier:
    """Read the path's key and qualifiers, then the attributes of the query."""
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        return _identify_plain(*plain.groups())
    pairs = _key_pairs(_segments(text))
    if not pairs:
        raise CodeSyntaxError(
            "web address is no Digital Link URI: expected a path ending in a GS1 key such as "
            f"/01/…/21/…, got {shown(text)}"
        )
    if "%" in text or "?" in text:
        pairs = tuple((ai, _decode(data)) for ai, data in pairs)
        query = text.partition("#")[0].partition("?")[2]
        attributes = _attributes(query) if query else ()
        return identify(*pairs[0], qualifiers=pairs[1:], attributes=attributes)
    return identify(*pairs[0], qualifiers=pairs[1:])


def _identify_plain(gtin: str, lot: str | None, serial: str | None) -> Identifier:
    """Build what `identify` would; only the check digit is still unchecked."""
    if gtin[-1] != check_digit(gtin[:-1]):
        check_element("01", gtin)
    if serial is not None:
        lots = () if lot is None else (("10", lot),)
        return Identifier("sgtin", "01", gtin, (*lots, ("21", serial)))
    if lot is not None:
        return Identifier("lgtin", "01", gtin, (("10", lot),))
    return Identifier("gtin", "01", gtin)


def _decode(data: str) -> str:
    """Undo percent-encoding; each byte must be one character of the set, checked later."""
    if _WELL_ESCAPED.fullmatch(data) is None:
        raise CodeSyntaxError(
            f"percent-encoding is broken: expected % and two hex digits, got {shown(data)}"
        )
    return unquote(data, encoding="latin-1")


def _attributes(query: str) -> Pairs:
    """Return the pairs of a query whose names are application identifiers."""
    found = []
    for pair in re.split("[&;]", query):
        name, _, value = pair.partition("=")
        if _AI.fullmatch(name):
            found.append((name, _decode(value)))
    _check_attributes(found)
    return tuple(found)


def _check_attributes(pairs: list[tuple[str, str]]) -> None:
    """Refuse keys and qualifiers among the attributes, repetitions and wrong characters."""
    names = [name for name, _ in pairs]
    for name, value in pairs:
        if name in KEY_KINDS or name in QUALIFIERS:
            raise CodeSyntaxError(
                f"({name}) is no attribute: expected it in the path, got it in the query",
                expected="the path",
                got="the query",
            )
        if names.count(name) > 1:
            raise CodeSyntaxError(f"({name}) stands twice: expected it once", expected="once")
        if _ATTRIBUTE.fullmatch(value) is None:
            raise CodeCharacterError(f"({name}) has a wrong value: got {shown(value)}")


def _parse_bracketed(text: str) -> Identifier:
    """Read `(01)…(10)…(21)…`; a bracket inside data is written with a backslash."""
    pairs, at = [], 0
    while (match := _BRACKETED.match(text, at)) is not None:
        pairs.append((match[1], re.sub(r"\\([()])", r"\1", match[2])))
        at = match.end()
    if at != len(text) or not pairs:
        raise CodeSyntaxError(
            "bracketed string is broken: expected (application identifier) and data, "
            f"got {shown(text[at:])}"
        )
    return _from_elements(pairs)


def _from_elements(pairs: list[tuple[str, str]]) -> Identifier:
    """Sort elements into one key, its qualifiers in the standard's order, and attributes."""
    keys = [pair for pair in pairs if pair[0] in KEY_KINDS]
    if len(keys) != 1:
        raise CodeSyntaxError(
            f"bracketed string has {len(keys)} primary keys: expected 1",
            expected="1",
            got=str(len(keys)),
        )
    order = [ai for names in KEY_KINDS[keys[0][0]].qualifier_orders for ai in names]
    qualifiers = [pair for pair in pairs if pair[0] in QUALIFIERS]
    qualifiers.sort(key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order))
    attributes = [pair for pair in pairs if pair not in qualifiers and pair not in keys]
    _check_attributes(attributes)
    return identify(*keys[0], qualifiers=tuple(qualifiers), attributes=tuple(attributes))


def item_prefix(gtin: str, lot: str) -> str:
    """Return the URIs of a lot's items up to the serial."""
    return f"https://id.gs1.org/01/{gtin}{f'/10/{lot}' if lot else ''}/21/"
