"""What is asked for: keys, a time window, ranges of parameters; each read strictly from its text.

Source: none; the notation is ItemProof's own. Temperatures: SI Brochure, section 2.3 (°C), and
NIST SP 811, appendix B.8 (°F).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from traceability.errors import InvalidInput
from traceability.events.attributes import CAUSE_KEYS, MAX_NAME, MOST, PARAMETER, SCALE
from traceability.lineage.balance.units import (
    AmountInvalid,
    UnitUnknown,
    find_unit,
    read_number,
    units_of,
)

# Beside what events say under a name of its own: where it was made, and of what in the end.
PLACE, RAW_LOT = "place", "raw_lot"
KEYS = (*CAUSE_KEYS, PLACE, RAW_LOT)
_EXPECTED_KEYS = ", ".join(KEYS)
_EXPECTED_RANGE = "NAME:LOW..HIGH, or NAME[UNIT]:LOW..HIGH"
_EXPECTED_WINDOW = "FROM..TO with time zones, or a length such as 30m, 4h or 2d"

_RANGE = re.compile(r"([^\[\]:\0]{1,64})(?:\[([^\[\]]{1,16})\])?:([^.\s][^\s]*?|\.\d+)\.\.([^\s]+)")
_LENGTH = re.compile(r"([0-9]{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

# Of each temperature scale: what 1 kelvin is in it, and its number at 0 K.
_SCALES = {
    "KEL": (Fraction(1), Fraction(0)),
    "CEL": (Fraction(1), Fraction("-273.15")),
    "FAH": (Fraction(9, 5), Fraction("-459.67")),
}
_SCALE_NAMES = {"K": "KEL", "°C": "CEL", "℃": "CEL", "摄氏度": "CEL", "°F": "FAH", "℉": "FAH"}


class CauseKeyUnknown(InvalidInput):
    """A cause key is one of a list."""

    code = "CAUSE_KEY_UNKNOWN"


class CauseRangeInvalid(InvalidInput):
    """A parameter range is a name and two numbers, the lower first."""

    code = "CAUSE_RANGE_INVALID"


class CauseWindowInvalid(InvalidInput):
    """A time window is two times, the earlier first, or a length."""

    code = "CAUSE_WINDOW_INVALID"


class CauseMissing(InvalidInput):
    """Something that can be shared must be asked for."""

    code = "CAUSE_MISSING"


class Window(NamedTuple):
    """A time: from `first` to `last`, or `around` the fault's own events, in milliseconds."""

    first: int | None = None
    last: int | None = None
    around: int | None = None

    def about(self, time: int) -> tuple[int, int]:
        """Return first and last moment that count for a cause of some time."""
        if self.around is not None:
            return time - self.around, time + self.around
        return (
            -(2**62) if self.first is None else self.first,
            2**62 if self.last is None else self.last,
        )


EVER = Window()


class Range(NamedTuple):
    """A parameter and its bounds, both included, in `uom`; without it in whatever unit is said."""

    name: str
    low: Fraction
    high: Fraction
    uom: str | None = None

    @property
    def attribute(self) -> str:
        """The name under which events say it."""
        return PARAMETER + self.name

    def bounds_in(self, uom: str | None) -> tuple[Fraction, Fraction] | None:
        """Return the bounds in the unit of a report; none if the two cannot be compared."""
        if self.uom is None:
            return self.low, self.high
        convert = _conversion(self.uom, uom)
        return None if convert is None else (convert(self.low), convert(self.high))

    def has(self, value: str, uom: str | None) -> bool:
        """Tell whether a report's number, or part of its span, lies within."""
        bounds = self.bounds_in(uom)
        if bounds is None:
            return False
        texts = value.split("..")
        low, high = (Fraction(Decimal(text)) for text in (texts[0], texts[-1]))
        return low <= bounds[1] and high >= bounds[0]

    def indexed(self) -> Iterator[tuple[int, int]]:
        """Yield the bounds, as the index has numbers, in every unit that can be compared."""
        units = [None] if self.uom is None else comparable(self.uom)
        found = {self.bounds_in(unit) for unit in units}
        for bounds in sorted(one for one in found if one is not None):
            yield _scaled(bounds[0]), _scaled(bounds[1], up=True)


class Asked(NamedTuple):
    """What is to be shared: any of these."""

    keys: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()
    window: Window = EVER


def read_asked(
    keys: tuple[str, ...] = (), ranges: tuple[str, ...] = (), window: str | None = None
) -> Asked:
    """Return what is asked for; a window alone means the place, in that time.

    Raises
    ------
    CauseMissing
        Nothing is asked for.
    CauseKeyUnknown, CauseRangeInvalid, CauseWindowInvalid, UnitUnknown
    """
    for key in keys:
        if key not in KEYS:
            raise CauseKeyUnknown(
                f"cause key is unknown: expected one of {_EXPECTED_KEYS}, got {key[:40]!r}",
                expected=_EXPECTED_KEYS,
                got=key[:40],
            )
    found = tuple(map(read_range, ranges))
    during = EVER if window is None else read_window(window)
    if not (keys or found or window):
        raise CauseMissing(
            f"nothing was asked that could be shared: expected a key ({_EXPECTED_KEYS}), "
            "a window or a range, got none"
        )
    alone = (PLACE,) if not keys and not found else ()
    return Asked(tuple(dict.fromkeys(keys)) or alone, found, during)


def read_range(written: str) -> Range:
    """Return a range from its text, such as `Temperature[CEL]:1180..1210`.

    Raises
    ------
    CauseRangeInvalid
    UnitUnknown
    """
    found = _RANGE.fullmatch(written.strip())
    if found is None or len(PARAMETER + found[1]) > MAX_NAME:
        raise _range_invalid(written)
    try:
        low, high = read_number(found[3]), read_number(found[4])
    except AmountInvalid as error:
        raise _range_invalid(written) from error
    if low > high:
        raise _range_invalid(written)
    uom = found[2]
    if uom is not None:
        uom = _SCALE_NAMES.get(uom, uom)
        uom = uom if uom in _SCALES else find_unit(uom).code
    return Range(found[1].strip(), low, high, uom)


def read_window(written: str) -> Window:
    """Return a window from its text: `FROM..TO`, or a length around the fault's own events.

    Raises
    ------
    CauseWindowInvalid
    """
    length = _LENGTH.fullmatch(written.strip())
    if length is not None:
        return Window(around=int(length[1]) * _SECONDS[length[2]] * 1000)
    ends = [part.strip() for part in written.split("..")]
    try:
        first, last = map(_milliseconds, ends)
    except (ValueError, OverflowError) as error:
        raise _window_invalid(written) from error
    if first is not None and last is not None and first > last:
        raise _window_invalid(written)
    return Window(first, last)


def _milliseconds(text: str) -> int | None:
    if not text:
        return None
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time without its zone")
    return (time - datetime.fromisoformat("1970-01-01T00:00:00+00:00")) // timedelta(milliseconds=1)


def _range_invalid(written: str) -> CauseRangeInvalid:
    return CauseRangeInvalid(
        f"parameter range is malformed: expected {_EXPECTED_RANGE}, got {written[:60]!r}",
        expected=_EXPECTED_RANGE,
        got=written[:60],
    )


def _window_invalid(written: str) -> CauseWindowInvalid:
    return CauseWindowInvalid(
        f"time window is malformed: expected {_EXPECTED_WINDOW}, got {written[:60]!r}",
        expected=_EXPECTED_WINDOW,
        got=written[:60],
    )


def comparable(uom: str) -> list[str]:
    """Return the units that a unit can be converted into, itself among them."""
    if uom in _SCALES:
        return list(_SCALES)
    return units_of(find_unit(uom).dimension)


def _conversion(uom: str, other: str | None) -> Callable[[Fraction], Fraction] | None:
    if uom == other:
        return lambda number: number
    if uom in _SCALES and other in _SCALES:
        step, zero = _SCALES[uom]
        other_step, other_zero = _SCALES[other]
        return lambda number: (number - zero) / step * other_step + other_zero
    if uom in _SCALES or other is None:
        return None
    try:
        one, two = find_unit(uom), find_unit(other)
    except UnitUnknown:
        return None
    if one.dimension != two.dimension:
        return None
    return lambda number: number * one.factor / two.factor


def _scaled(number: Fraction, *, up: bool = False) -> int:
    """Return a bound as the index has it, rounded outwards."""
    whole = number * SCALE
    found = -(-whole.numerator // whole.denominator) if up else whole.numerator // whole.denominator
    return max(-MOST, min(MOST, found))
