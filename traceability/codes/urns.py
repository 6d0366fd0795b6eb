"""EPC URNs to identifiers and back.

Source: GS1 EPC Tag Data Standard 2.0, sections 6 and 7 (pure identity and class URIs, escapes);
CBV 2.0, sections 8.2 and 8.3 (which of them name things and classes in events).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from traceability.codes.identifier import Identifier, Pairs, identify
from traceability.codes.keys import (
    ELEMENTS,
    CodeCharacterError,
    CodeLengthError,
    CodeSyntaxError,
    check_digit,
    shown,
)
from traceability.codes.prefixes import company_prefix_length

_PREFIX_LENGTHS = range(6, 13)
_ESCAPES = str.maketrans({c: f"%{ord(c):02X}" for c in '"#%&/<>?'})
# What may stand in a URN as itself; the rest of the 82 characters must be escaped.
_COMPONENT = re.compile(r"(?:[!'()*+,\-.0-9:;=A-Z_a-z]|%[0-9A-Fa-f]{2})*", re.ASCII)


# Most EPCs are serialised GTINs without escapes: read at once, with the same result.
_PLAIN_SGTIN = re.compile(
    r"urn:epc:id:sgtin:([0-9]{6,12})\.([0-9])([0-9]{0,6})\.([0-9A-Za-z._-]{1,20})", re.ASCII
)
_PLAIN_DIGITS = 12  # Of company prefix and item reference, without the indicator.


@dataclass(frozen=True, slots=True)
class _Scheme:
    """How the digits of a key spread over the components of its URN.

    Parameters
    ----------
    ai
        Application identifier of the primary key.
    digits
        Digits of company prefix and reference together; 0 if the reference is free text.
    components
        Number of dot-separated components.
    qualifier
        Application identifier of the last component; empty if it is part of the key.
    indicator
        Whether the reference's first digit stands before the company prefix in the key.
    checked
        Whether a check digit follows in the key.
    filler
        What the key has before its digits.
    """

    ai: str
    digits: int
    components: int
    qualifier: str = ""
    indicator: bool = False
    checked: bool = True
    filler: str = ""


_SCHEMES = {
    "sgtin": _Scheme("01", 13, 3, "21", indicator=True),
    "lgtin": _Scheme("01", 13, 3, "10", indicator=True),
    "upui": _Scheme("01", 13, 3, "235", indicator=True),
    "itip": _Scheme("8006", 13, 5, "21", indicator=True),
    "sscc": _Scheme("00", 17, 2, indicator=True),
    "sgln": _Scheme("414", 12, 3, "254"),
    "pgln": _Scheme("417", 12, 2),
    "grai": _Scheme("8003", 12, 3, filler="0"),
    "giai": _Scheme("8004", 0, 2, checked=False),
    "gsrn": _Scheme("8018", 17, 2),
    "gsrnp": _Scheme("8017", 17, 2),
    "gdti": _Scheme("253", 12, 3),
    "sgcn": _Scheme("255", 12, 3),
    "cpi": _Scheme("8010", 0, 3, "8011", checked=False),
    "ginc": _Scheme("401", 0, 2, checked=False),
    "gsin": _Scheme("402", 16, 2),
}
# EPC schemes that are not GS1 keys: kept as they are.
_FOREIGN = frozenset({"gid", "usdod", "adi", "bic", "imovn"})
_CLASSES = frozenset({"sgtin", "grai", "gdti", "sgcn", "cpi", "itip", "upui"})
_NO_EXTENSION = "0"
_ITIP_PARTS = 2


def parse_urn(text: str) -> Identifier:
    """Return the identifier that an EPC URN names.

    Raises
    ------
    CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
    """
    plain = _PLAIN_SGTIN.fullmatch(text)
    if plain is not None:
        prefix, indicator, reference, serial = plain.groups()
        digits = indicator + prefix + reference
        if len(digits) == 1 + _PLAIN_DIGITS:
            return Identifier("sgtin", "01", digits + check_digit(digits), (("21", serial),))
    return _parse_any(text)


def _parse_any(text: str) -> Identifier:
    """Read any EPC URN, whatever it names."""
    parts = text.split(":", 4)
    kind, name = (parts[2], parts[3]) if len(parts) == 5 else ("", "")  # noqa: PLR2004 # parts of a URN
    if kind == "id" and name in _FOREIGN and _decode(parts[4]):
        return Identifier("other", "", text)
    if kind == "id" and name in _SCHEMES and name != "lgtin":
        return _build(name, parts[4], whole=True)
    if kind == "class" and name == "lgtin":
        return _build(name, parts[4], whole=True)
    if (
        kind == "idpat"
        and name in _CLASSES
        and parts[4].count("*") == 1
        and parts[4].endswith(".*")
    ):
        return _build(name, parts[4][:-2], whole=False)
    raise CodeSyntaxError(
        "EPC URN is not one of a thing or class: expected urn:epc:id, urn:epc:class:lgtin or "
        f"urn:epc:idpat with one last *, got {shown(text)}",
    )


def _build(name: str, body: str, *, whole: bool) -> Identifier:
    """Put the key of a URN together; a class URN lacks the last component."""
    scheme = _SCHEMES[name]
    count = scheme.components if whole else scheme.components - 1
    fields = body.split(".", count - 1)
    if len(fields) != count:
        raise CodeSyntaxError(
            f"{name} URN has too few components: expected {count}, got {len(fields)}",
            expected=str(count),
            got=str(len(fields)),
        )
    prefix, reference = fields[0], fields[1]
    _check_prefix(name, prefix)
    last = _decode(fields[-1]) if whole and count > 2 else ""  # noqa: PLR2004 # parts of a URN
    if scheme.digits:
        key = _digits(name, scheme, prefix=prefix, reference=reference)
    else:
        key = prefix + _decode(reference)
    if name == "itip":
        key += _itip_parts(fields[2:4])
    return identify(*_finish(scheme, key, last), qualifiers=_qualifiers(scheme, last))


def _finish(scheme: _Scheme, key: str, last: str) -> tuple[str, str]:
    """Append a serial that is part of the key itself (GRAI, GDTI, GCN)."""
    return scheme.ai, key if scheme.qualifier else key + last


def _qualifiers(scheme: _Scheme, last: str) -> Pairs:
    """Return the serial as a qualifier; a GLN without extension has the serial 0."""
    if not scheme.qualifier or not last:
        return ()
    if scheme.qualifier == "254" and last == _NO_EXTENSION:
        return ()
    return ((scheme.qualifier, last),)


def _check_prefix(name: str, prefix: str) -> None:
    """Refuse anything but 6 to 12 digits."""
    if not (prefix.isascii() and prefix.isdigit()):
        raise CodeCharacterError(
            f"company prefix of {name} URN is wrong: expected digits, got {shown(prefix)}",
            expected="digits",
        )
    if len(prefix) not in _PREFIX_LENGTHS:
        raise CodeLengthError(
            f"company prefix of {name} URN is wrong: expected 6 to 12 digits, got {len(prefix)}",
            expected="6 to 12 digits",
            got=str(len(prefix)),
        )


def _digits(name: str, scheme: _Scheme, *, prefix: str, reference: str) -> str:
    """Return the numeric key: filler, indicator, company prefix, reference, check digit."""
    if len(prefix) + len(reference) != scheme.digits:
        raise CodeLengthError(
            f"{name} URN has the wrong length: expected {scheme.digits} digits in company prefix "
            f"and reference, got {len(prefix) + len(reference)}",
            expected=f"{scheme.digits} digits",
            got=str(len(prefix) + len(reference)),
        )
    if reference and not (reference.isascii() and reference.isdigit()):
        raise CodeCharacterError(
            f"reference of {name} URN is wrong: expected digits, got {shown(reference)}",
            expected="digits",
        )
    split = 1 if scheme.indicator else 0
    digits = scheme.filler + reference[:split] + prefix + reference[split:]
    return digits + check_digit(digits)


def _itip_parts(fields: list[str]) -> str:
    """Return piece and total of an ITIP, two digits each."""
    for part in fields:
        if len(part) != _ITIP_PARTS:
            raise CodeLengthError(
                f"ITIP piece or total has the wrong length: expected 2 digits, got {len(part)}",
                expected="2 digits",
                got=str(len(part)),
            )
    return "".join(fields)


def _decode(component: str) -> str:
    """Undo percent escapes; what must be escaped may not stand as itself.

    An empty component is refused here: every one that reaches this point names something.
    """
    if not component:
        raise CodeLengthError("last component of EPC URN is empty: expected a serial, got nothing")
    if component.isalnum() and component.isascii():
        return component
    if _COMPONENT.fullmatch(component) is None:
        raise CodeCharacterError(
            f"EPC URN has a character that must be escaped: got {shown(component)}",
            got=shown(component),
        )
    return unquote(component, encoding="latin-1")


def to_urn(identifier: Identifier, prefix_length: int | None) -> str:
    """Return the EPC URN of an identifier.

    Raises
    ------
    CodeSyntaxError
        The key has no URN form.
    CodeLengthError
        A company prefix of fewer than 6 or more than 12 digits.
    CompanyPrefixUnknown
        No length was given and GS1's table has none.
    """
    if not identifier.ai:
        return identifier.key
    kind, name = _urn_kind(identifier)
    scheme = _SCHEMES[name]
    if not scheme.digits:
        return _free_urn(identifier, kind, name=name, prefix_length=prefix_length)
    start = len(scheme.filler) + scheme.indicator
    digits = identifier.key[start:]
    length = _length(digits, prefix_length)
    prefix, rest = digits[:length], digits[length : scheme.digits - scheme.indicator]
    reference = identifier.key[: scheme.indicator] + rest
    last = _last_components(identifier, scheme)
    return f"urn:epc:{kind}:{name}:" + ".".join((prefix, reference, *last))


def _urn_kind(identifier: Identifier) -> tuple[str, str]:
    """Return URN kind and scheme name."""
    scheme = identifier.scheme
    if scheme == "lgtin":
        return "class", "lgtin"
    if scheme == "gtin":
        return "idpat", "sgtin"
    if scheme == "gln":
        return "id", "sgln"
    name = "sgcn" if scheme == "gcn" else scheme
    fixed = ELEMENTS[identifier.ai].digits
    serial = identifier.serial if _SCHEMES[name].qualifier else identifier.key[fixed:]
    return ("idpat" if name in _CLASSES and not serial else "id"), name


def _last_components(identifier: Identifier, scheme: _Scheme) -> tuple[str, ...]:
    """Return the components after the reference: piece and total, then serial, 0 or *."""
    if scheme.components == 2:  # noqa: PLR2004 # parts of a URN
        return ()
    pieces: tuple[str, ...] = ()
    if scheme.ai == "8006":
        pieces = (identifier.key[14:16], identifier.key[16:18])
    if scheme.qualifier == "254":
        return (_escape(identifier.serial or _NO_EXTENSION),)
    serial = dict(identifier.qualifiers).get(scheme.qualifier)
    if not scheme.qualifier:
        serial = identifier.key[ELEMENTS[scheme.ai].digits :]
    return (*pieces, _escape(serial) if serial else "*")


def _free_urn(identifier: Identifier, kind: str, *, name: str, prefix_length: int | None) -> str:
    """Return the URN of a key whose reference is free text."""
    length = _length(identifier.key, prefix_length)
    components = [identifier.key[:length], _escape(identifier.key[length:])]
    if not components[1]:
        raise CodeLengthError(
            f"{name} has no reference after a company prefix of {length} digits",
            expected="a reference",
        )
    if _SCHEMES[name].qualifier:
        components.append(identifier.serial or "*")
    return f"urn:epc:{kind}:{name}:" + ".".join(components)


def _length(digits: str, given: int | None) -> int:
    """Return the company prefix's length: as given, or from GS1's table."""
    length = company_prefix_length(digits) if given is None else given
    if length not in _PREFIX_LENGTHS or not digits[:length].isdigit():
        raise CodeLengthError(
            f"company prefix has no place in an EPC URN: expected 6 to 12 digits, got {length}",
            expected="6 to 12 digits",
            got=str(length),
        )
    return length


def _escape(data: str) -> str:
    """Return data with the characters that a URN may not hold escaped."""
    return data if data.isalnum() else data.translate(_ESCAPES)
