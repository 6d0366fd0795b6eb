"""A parsed GS1 key with its qualifiers, and the Digital Link URIs that name it.

Source: GS1 Digital Link Standard, URI Syntax 1.6, sections 4 to 6; CBV 2.0, section 8.2
(the finest key alone identifies).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

from traceability.codes.keys import KEY_KINDS, CodeSyntaxError, check_element, shown

CANONICAL_BASE = "https://id.gs1.org"
_PLAIN = re.compile(r"[0-9A-Za-z._-]+", re.ASCII).fullmatch
Pairs = tuple[tuple[str, str], ...]

# The finest qualifier wins: a serial over a lot. A variant or relation does not identify.
_FINEST = {
    "01": ("21", "235", "10"),
    "8006": ("21", "10"),
    "414": ("254",),
    "8010": ("8011",),
}
_NO_EXTENSION = ("254", "0")  # An EPC says so of a plain GLN (Tag Data Standard, SGLN).
_SERIALS = ("21", "235", "254", "8011")
_FINER_SCHEMES = {("01", "21"): "sgtin", ("01", "235"): "upui", ("01", "10"): "lgtin"} | {
    ("414", "254"): "sgln"
}


@dataclass(frozen=True, slots=True)
class Identifier:
    """One thing, class or place, as its code names it.

    Parameters
    ----------
    scheme
        sgtin, lgtin, gtin, upui, sscc, gln, sgln, pgln, grai, giai, gdti, gsrn, gsrnp, gcn,
        cpi, itip, ginc, gsin; or other, an EPC without a Digital Link form.
    ai
        Application identifier of the primary key; empty if `scheme` is other.
    key
        Data of the primary key (a GTIN has 14 digits); the whole URN if `scheme` is other.
    qualifiers
        Application identifiers and data, decoded, in the standard's order.
    attributes
        The same for attributes (dates, weights), which say nothing about identity and are
        checked for characters only.
    """

    scheme: str
    ai: str
    key: str
    qualifiers: Pairs = ()
    attributes: Pairs = field(default=(), compare=False)

    @property
    def canonical(self) -> str:
        """The URI that identifies: GS1's own domain, the finest key only."""
        if not self.ai:
            return self.key
        uri = CANONICAL_BASE + _path(self.ai, self.key)
        for wanted in _FINEST.get(self.ai, ()):
            for ai, data in self.qualifiers:
                if ai == wanted and (ai, data) != _NO_EXTENSION:
                    return uri + _path(ai, data)
        return uri

    @property
    def gtin(self) -> str | None:
        """The GTIN-14 of an item, lot or product; none for other keys."""
        return self.key[:14] if self.ai in ("01", "8006") else None

    @property
    def lot(self) -> str | None:
        """Batch or lot number, if the code carries one."""
        return self._qualifier("10")

    @property
    def serial(self) -> str | None:
        """Serial number, third-party serial or GLN extension, if the code carries one."""
        return next((data for ai, data in self.qualifiers if ai in _SERIALS), None)

    def digital_link(self, base: str = CANONICAL_BASE) -> str:
        """Return the URI with every qualifier, under any base; attributes are left out.

        Raises
        ------
        CodeSyntaxError
            An EPC that has no Digital Link form.
        """
        if not self.ai:
            raise CodeSyntaxError(
                f"EPC has no Digital Link form: expected a GS1 key, got {shown(self.key)}"
            )
        pairs = ((self.ai, self.key), *self.qualifiers)
        return base.rstrip("/") + "".join(_path(ai, data) for ai, data in pairs)

    def epc_urn(self, company_prefix_length: int | None = None) -> str:
        """Return the EPC URN, which must be told or look up the company prefix's length.

        Raises
        ------
        CodeSyntaxError
            The key has no URN form.
        CompanyPrefixUnknown
            No length was given and GS1's table has none.
        """
        from traceability.codes.urns import to_urn  # noqa: PLC0415  (urns builds identifiers)

        return to_urn(self, company_prefix_length)

    def _qualifier(self, wanted: str) -> str | None:
        return next((data for ai, data in self.qualifiers if ai == wanted), None)


def identify(ai: str, key: str, *, qualifiers: Pairs = (), attributes: Pairs = ()) -> Identifier:
    """Return the identifier of checked data.

    Raises
    ------
    CodeSyntaxError
        Qualifiers that the key does not take, or in another order.
    CodeLengthError, CodeCharacterError, CodeCheckDigitError
        Data that its application identifier does not allow.
    """
    kind = KEY_KINDS[ai]
    check_element(ai, key)
    if qualifiers:
        check_order(ai, tuple([name for name, _ in qualifiers]))
        for name, data in qualifiers:
            check_element(name, data)
    scheme = kind.scheme
    for name, _ in qualifiers:
        scheme = _FINER_SCHEMES.get((ai, name), scheme)
    return Identifier(scheme, ai, key, qualifiers, attributes)


@lru_cache(maxsize=1_024)
def check_order(ai: str, given: tuple[str, ...]) -> None:
    """Refuse qualifiers that are not an ordered part of one of the key's sequences."""
    orders = KEY_KINDS[ai].qualifier_orders
    if any(given == tuple(name for name in order if name in given) for order in orders):
        return
    wanted = " or ".join("/".join(order) for order in orders) or "none"
    raise CodeSyntaxError(
        f"qualifiers of ({ai}) are wrong: expected {wanted} in this order, got {'/'.join(given)}",
        expected=wanted,
        got="/".join(given),
    )


def _path(ai: str, data: str) -> str:
    """Return one path pair, reserved characters percent-encoded."""
    return f"/{ai}/{data if _PLAIN(data) else quote(data, safe='')}"
