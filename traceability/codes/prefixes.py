"""How many digits of a GS1 key are its company prefix, and which company a GTIN belongs to.

Source: GS1 Company Prefix length table (GS1 AISBL, EPC/barcode interoperability); GS1 General
Specifications, section 1.4 (company prefixes).
"""

from __future__ import annotations

from collections.abc import Iterable

from traceability.errors import InvalidInput


class CompanyPrefixUnknown(InvalidInput):
    """The length of a company prefix is not known and may not be guessed."""

    code = "CODE_PREFIX_UNKNOWN"


def company_prefix_length(digits: str) -> int:
    """Return the length of the company prefix that `digits` begin with."""
    raise CompanyPrefixUnknown(
        f"company prefix has no known length: expected it to be given, got {digits[:12]!r}"
    )


def gtin_in_prefixes(gtin14: str, prefixes: Iterable[str]) -> bool:
    """Tell whether a GTIN-14 belongs to one of some company prefixes.

    The first digit of a GTIN-14 is an indicator or a filler; the prefix follows it.
    """
    return gtin14.startswith(tuple(prefixes), 1)
