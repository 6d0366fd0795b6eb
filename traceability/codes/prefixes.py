"""How many digits of a GS1 key are its company prefix, and which company a GTIN belongs to.

Source: GS1 Company Prefix length table (GS1 AISBL, for EPC and barcode interoperability), as
bundled with biip 5.2.0 (Apache-2.0): 170,843 entries, packed into `company_prefixes.xz`.
"""

from __future__ import annotations

import lzma
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from traceability.errors import InvalidInput

_TABLE_FILE = "company_prefixes.xz"
_DIGITS = 12  # The longest company prefix.
_LEADING_DIGITS = re.compile(r"[0-9]*", re.ASCII)


class CompanyPrefixUnknown(InvalidInput):
    """The length of a company prefix is not known and may not be guessed."""

    code = "CODE_PREFIX_UNKNOWN"


def company_prefix_length(digits: str) -> int:
    """Return the length of the company prefix that a key begins with.

    Parameters
    ----------
    digits
        The key from its company prefix on: without the indicator of a GTIN-14, the extension
        digit of an SSCC or the filler of a GRAI.

    Raises
    ------
    CompanyPrefixUnknown
        GS1 lists no length, or there are too few digits to tell.
    """
    known = _LEADING_DIGITS.match(digits[:_DIGITS])
    prefix = known[0] if known else ""
    # Where the digits end early, every continuation must have one answer.
    lengths = {_lookup(prefix.ljust(_DIGITS, filler)) for filler in "09"}
    length = lengths.pop()
    if lengths or not 0 < length <= len(prefix):
        raise CompanyPrefixUnknown(
            f"company prefix has no known length: expected the length to be given for {prefix!r}",
            expected="a company prefix length",
            got=prefix,
        )
    return length


def gtin_in_prefixes(gtin14: str, prefixes: Iterable[str]) -> bool:
    """Tell whether a GTIN-14 belongs to one of some company prefixes.

    The first digit of a GTIN-14 is an indicator or a filler; the prefix follows it.
    """
    return gtin14.startswith(tuple(prefixes), 1)


def pack_table(lengths: Mapping[str, int]) -> bytes:
    """Return the file form of a table from leading digits to company prefix length.

    The table is a function of 12-digit numbers that changes at few places. Uncompressed, the
    file has one byte per change, `16 * zeros + length` (length 0: not known), then 0xff, then
    one variable-length number per change (7 bits a byte, low bits first, top bit: more): the
    distance from the change before, its `zeros` trailing decimal zeros removed.
    """
    kinds, distances, previous = bytearray(), bytearray(), 0
    for start, length in _changes(lengths):
        distance, zeros = start - previous, 0
        while distance and distance % 10 == 0:
            distance, zeros = distance // 10, zeros + 1
        kinds.append(zeros << 4 | length)
        while distance > 0x7F:  # noqa: PLR2004  (seven bits)
            distances.append(distance & 0x7F | 0x80)
            distance >>= 7
        distances.append(distance)
        previous = start
    return lzma.compress(bytes(kinds) + b"\xff" + bytes(distances), preset=9)


def unpack_table(packed: bytes) -> tuple[array[int], bytes]:
    """Return the starts of all runs and the length in each."""
    kinds, _, distances = lzma.decompress(packed).partition(b"\xff")
    starts, value, shift, at = array("Q"), 0, 0, 0
    for byte in distances:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004  (top bit clear: the number's last byte)
            at += value * 10 ** (kinds[len(starts)] >> 4)
            starts.append(at)
            value = shift = 0
    return starts, bytes(kind & 15 for kind in kinds)


def _changes(lengths: Mapping[str, int]) -> list[tuple[int, int]]:
    """Return where the length changes, ascending, and to what."""
    found, end = [(0, 0)], 0
    for prefix in sorted(lengths):
        start = int(prefix.ljust(_DIGITS, "0"))
        if start != end:
            found.append((end, 0))
        found.append((start, lengths[prefix]))
        end = start + 10 ** (_DIGITS - len(prefix))
    found.append((end, 0))
    last_at_start = dict(found)
    runs = sorted(last_at_start.items())
    return [run for at, run in enumerate(runs) if at == 0 or runs[at - 1][1] != run[1]]


@cache
def _table() -> tuple[array[int], bytes]:
    """Return the bundled table, unpacked once."""
    return unpack_table(resources.files(__package__).joinpath(_TABLE_FILE).read_bytes())


def _lookup(digits: str) -> int:
    """Return the length for twelve digits; 0 if not known."""
    starts, lengths = _table()
    return lengths[bisect_right(starts, int(digits)) - 1]
