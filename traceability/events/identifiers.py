"""The canonical form of identifiers in events, where thousands differ in their serials only.

Source: CBV 2.0, section 8 (identifiers); `traceability.codes.uris` does the reading.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from traceability.codes.uris import canonical_uri
from traceability.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from traceability.events.context import Context

# No context may define these as prefixes, so such an identifier is no abbreviation.
_URIS = ("urn:", "http:", "https:")
_MAX_SERIAL = 20
_MAX_HEAD = 100  # Longer ones are rare; the cache of heads stays small.


def canonical_id(text: str, context: Context) -> str:
    """Return the canonical URI of an identifier, a prefixed one expanded first.

    Raises
    ------
    InvalidInput
        One of the errors of `traceability.codes`.
    """
    return canonical_uri(text if text.startswith(_URIS) else context.expand(text))


def canonical_thing(text: str, context: Context) -> str:
    """Return the same, sooner if the identifier is that of a single item."""
    uri = plain_item_uri(text) if text.startswith(_URIS) else None
    return canonical_id(text, context) if uri is None else uri


def plain_item_uri(text: str) -> str | None:
    """Return the canonical URI of a GTIN with a plain serial; none if it must be read in full."""
    head, separator, serial = text.rpartition("/" if text.startswith("http") else ".")
    if (
        serial.isalnum()
        and serial.isascii()
        and len(serial) <= _MAX_SERIAL
        and len(head) < _MAX_HEAD
    ):
        start = _canonical_head(head + separator)
        return None if start is None else start + serial
    return None


def plain_items(texts: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return what the canonical URIs of items of one product begin with, and their serials.

    Nothing is returned if any of the texts is something else, or a serial is no plain one.

    Raises
    ------
    AttributeError, TypeError
        An element is no text.
    """
    first = texts[0] if texts else ""
    end = first.rfind("/" if first.startswith("http") else ".") + 1
    head = first[:end]
    start = _canonical_head(head) if 0 < end <= _MAX_HEAD else None
    if start is None:
        return None
    serials = [text[end:] for text in texts if text.startswith(head)]
    together = "".join(serials)
    lengths = set(map(len, serials))
    if (
        len(serials) < len(texts)
        or not (together.isalnum() and together.isascii())
        or min(lengths) == 0
        or max(lengths) > _MAX_SERIAL
    ):
        return None
    return start, serials


@lru_cache(maxsize=4_096)
def _canonical_head(head: str) -> str | None:
    """Return what stands before any plain serial of one product, if that is what `head` is."""
    if not (head.startswith("urn:epc:id:sgtin:") or head.endswith("/21/")):
        return None
    try:
        first, second = canonical_uri(f"{head}1"), canonical_uri(f"{head}Z9")
    except InvalidInput:
        return None
    is_product = first.startswith("https://id.gs1.org/01/") and first.endswith("/21/1")
    return first[:-1] if is_product and second == f"{first[:-1]}Z9" else None
