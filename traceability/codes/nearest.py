"""Other readings of a code: what may have been meant by whoever typed or read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from traceability.codes.identifier import Identifier, Pairs, identify

# What people and scanners of text take for one another; serials have digits there.
_AS_DIGITS = str.maketrans("OIL", "011")
_AS_LETTERS = str.maketrans("01", "OI")
_READINGS: tuple[Callable[[str], str], ...] = (
    str.upper,
    lambda data: data.upper().translate(_AS_DIGITS),
    lambda data: data.upper().translate(_AS_LETTERS),
)


def other_readings(identifier: Identifier) -> Iterator[Identifier]:
    """Yield what a code could be instead, the nearest first.

    First with letters in capitals, with digits for letters that look like them, and the other
    way round; then with less of what qualifies the key, down to the key alone.
    """
    if not identifier.ai:
        return
    seen = {identifier.qualifiers}
    for pairs in _qualifiers(identifier.qualifiers):
        if pairs not in seen:
            seen.add(pairs)
            yield identify(identifier.ai, identifier.key, qualifiers=pairs)


def _qualifiers(given: Pairs) -> Iterator[Pairs]:
    for read in _READINGS:
        if given:
            yield (*given[:-1], (given[-1][0], read(given[-1][1])))
        yield tuple((ai, read(data)) for ai, data in given)
    yield given[-1:]
    for length in range(len(given) - 1, -1, -1):
        yield given[:length]
