"""What a canonical code names, told from how it begins."""

from __future__ import annotations

import re
from functools import lru_cache

# What stands before the last part of a canonical code.
_KINDS = {
    "lot": re.compile(r"https://id\.gs1\.org/(?:01|8006)/[0-9]+/10"),
    "class": re.compile(r"https://id\.gs1\.org/(?:01|8006)"),
    "item": re.compile(r"https://id\.gs1\.org/(?:01/[0-9]+/(?:21|235)|(?:8006|8010)/[^/]+/[0-9]+)"),
    "container": re.compile(r"https://id\.gs1\.org/00"),
    "asset": re.compile(r"https://id\.gs1\.org/(?:8003|8004)"),
}


def kind_of(code: str) -> str:
    """Tell what a code names: lot, class (without a lot), item, container, asset or other.

    An item or a container is surely one thing; the others may stand for an amount.
    """
    return kind_before(code.rpartition("/")[0])


@lru_cache(maxsize=10_000)
def kind_before(start: str) -> str:
    """Tell the kind of codes that begin so: most codes differ in their last part only."""
    for kind, pattern in _KINDS.items():
        if pattern.fullmatch(start):
            return kind
    return "other"


def is_reused(code: str) -> bool:
    """Tell whether a code is filled again and again: an SSCC names one loading of one pallet."""
    return kind_of(code) == "asset"
