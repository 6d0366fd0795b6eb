"""Units of measure and exact conversion: fractions of whole numbers, never floats.

Source: UN/ECE Recommendation 20, revision 17 (codes); NIST Handbook 44, appendix C, and the
International Yard and Pound Agreement of 1959 (factors); JJG and GB 3100 (斤, 两).
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from traceability.errors import InvalidInput

MASS, LENGTH, VOLUME, AREA, COUNT = "mass", "length", "volume", "area", "count"
# The unit in which the totals of each dimension are told.
BASE_UNITS = {MASS: "KGM", LENGTH: "MTR", VOLUME: "LTR", AREA: "MTK", COUNT: "H87"}

_POUND, _INCH = Fraction("0.45359237"), Fraction("0.0254")
_FOOT, _GALLON = 12 * _INCH, Fraction("3.785411784")
_IMPERIAL_GALLON = Fraction("4.54609")

# Code: dimension, and how many base units one of it is.
_UNITS: dict[str, tuple[str, Fraction]] = {
    "KGM": (MASS, Fraction(1)),
    "GRM": (MASS, Fraction(1, 1000)),
    "MGM": (MASS, Fraction(1, 10**6)),
    "MC": (MASS, Fraction(1, 10**9)),
    "DG": (MASS, Fraction(1, 10**4)),
    "CGM": (MASS, Fraction(1, 10**5)),
    "HGM": (MASS, Fraction(1, 10)),
    "DTN": (MASS, Fraction(100)),
    "TNE": (MASS, Fraction(1000)),
    "KTN": (MASS, Fraction(10**6)),
    "LBR": (MASS, _POUND),
    "ONZ": (MASS, _POUND / 16),
    "APZ": (MASS, Fraction("0.0311034768")),
    "STI": (MASS, 14 * _POUND),
    "CWA": (MASS, 100 * _POUND),
    "CWI": (MASS, 112 * _POUND),
    "STN": (MASS, 2000 * _POUND),
    "LTN": (MASS, 2240 * _POUND),
    "GRN": (MASS, _POUND / 7000),
    "CTM": (MASS, Fraction(2, 10**4)),
    "MTR": (LENGTH, Fraction(1)),
    "DMT": (LENGTH, Fraction(1, 10)),
    "CMT": (LENGTH, Fraction(1, 100)),
    "MMT": (LENGTH, Fraction(1, 1000)),
    "4H": (LENGTH, Fraction(1, 10**6)),
    "KMT": (LENGTH, Fraction(1000)),
    "INH": (LENGTH, _INCH),
    "FOT": (LENGTH, _FOOT),
    "YRD": (LENGTH, 3 * _FOOT),
    "SMI": (LENGTH, 5280 * _FOOT),
    "NMI": (LENGTH, Fraction(1852)),
    "LTR": (VOLUME, Fraction(1)),
    "MLT": (VOLUME, Fraction(1, 1000)),
    "CLT": (VOLUME, Fraction(1, 100)),
    "DLT": (VOLUME, Fraction(1, 10)),
    "HLT": (VOLUME, Fraction(100)),
    "MTQ": (VOLUME, Fraction(1000)),
    "DMQ": (VOLUME, Fraction(1)),
    "CMQ": (VOLUME, Fraction(1, 1000)),
    "MMQ": (VOLUME, Fraction(1, 10**6)),
    "FTQ": (VOLUME, _FOOT**3 * 1000),
    "INQ": (VOLUME, _INCH**3 * 1000),
    "GLL": (VOLUME, _GALLON),
    "QTL": (VOLUME, _GALLON / 4),
    "PTL": (VOLUME, _GALLON / 8),
    "OZA": (VOLUME, _GALLON / 128),
    "BLL": (VOLUME, 42 * _GALLON),
    "GLI": (VOLUME, _IMPERIAL_GALLON),
    "PTI": (VOLUME, _IMPERIAL_GALLON / 8),
    "OZI": (VOLUME, _IMPERIAL_GALLON / 160),
    "MTK": (AREA, Fraction(1)),
    "DMK": (AREA, Fraction(1, 100)),
    "CMK": (AREA, Fraction(1, 10**4)),
    "MMK": (AREA, Fraction(1, 10**6)),
    "FTK": (AREA, _FOOT**2),
    "INK": (AREA, _INCH**2),
    "YDK": (AREA, 9 * _FOOT**2),
    "H87": (COUNT, Fraction(1)),
    "C62": (COUNT, Fraction(1)),
    "EA": (COUNT, Fraction(1)),
    "NAR": (COUNT, Fraction(1)),
    "NIU": (COUNT, Fraction(1)),
    "PR": (COUNT, Fraction(2)),
    "DZN": (COUNT, Fraction(12)),
    "GRO": (COUNT, Fraction(144)),
    "CEN": (COUNT, Fraction(100)),
    "MIL": (COUNT, Fraction(1000)),
}
# What people write. Compared without case; none of them is a code of another unit.
_ALIASES = {
    "公斤": "KGM", "千克": "KGM", "kg": "KGM", "克": "GRM", "g": "GRM", "毫克": "MGM", "mg": "MGM",
    "吨": "TNE", "公吨": "TNE", "噸": "TNE", "t": "TNE", "磅": "LBR", "lb": "LBR", "盎司": "ONZ",
    "oz": "ONZ", "公担": "DTN",
    "米": "MTR", "公尺": "MTR", "m": "MTR", "厘米": "CMT", "公分": "CMT", "cm": "CMT",
    "毫米": "MMT", "mm": "MMT", "千米": "KMT", "公里": "KMT", "km": "KMT", "英寸": "INH",
    "英尺": "FOT", "码": "YRD",
    "升": "LTR", "公升": "LTR", "l": "LTR", "毫升": "MLT", "ml": "MLT", "立方米": "MTQ",
    "m3": "MTQ", "m³": "MTQ", "立方厘米": "CMQ", "加仑": "GLL",
    "平方米": "MTK", "m2": "MTK", "m²": "MTK",
    "个": "H87", "件": "H87", "只": "H87", "支": "H87", "条": "H87", "盘": "H87", "pcs": "H87",
    "双": "PR", "对": "PR", "打": "DZN",
}  # fmt: skip
# Units of the market in China: half a kilogram, and its tenth.
_OF_THE_MARKET = {"斤": Fraction(1, 2), "市斤": Fraction(1, 2), "两": Fraction(1, 20)}

# Beyond these an amount is a mistake, and a number such as 1e999999999 would fill the memory.
MOST = Fraction(10**15)
LEAST = Fraction(1, 10**15)
_MOST_CHARACTERS = 64
_MOST_EXPONENT = 30
_AMOUNT = re.compile(r"\s*([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*(\S.{0,15}?)?\s*")


class UnitUnknown(InvalidInput):
    """A unit is none that is known: no code of UN/ECE Recommendation 20 here, and no alias."""

    code = "UNIT_UNKNOWN"


class AmountInvalid(InvalidInput):
    """An amount is not a number above nothing and below all reason."""

    code = "AMOUNT_INVALID"


class Unit(NamedTuple):
    """A unit: its dimension, and how many of the dimension's base unit it is."""

    code: str
    dimension: str
    factor: Fraction


def find_unit(written: str | None) -> Unit:
    """Return a unit by its code or an alias; none stands for pieces.

    Raises
    ------
    UnitUnknown
    """
    if written is None:
        return Unit(BASE_UNITS[COUNT], COUNT, Fraction(1))
    name = written.strip()
    if name in _OF_THE_MARKET:
        return Unit(name, MASS, _OF_THE_MARKET[name])
    # Codes first: they are in capitals, and an alias such as `m` is not.
    code = name if name in _UNITS else _ALIASES.get(name) or _ALIASES.get(name.lower())
    if code is None:
        raise UnitUnknown(
            f"unit is unknown: expected a code of UN/ECE Recommendation 20 such as "
            f"KGM, GRM, TNE or LBR, or 公斤, got {written[:20]!r}",
            expected="KGM, GRM, TNE, LBR, 公斤, …",
            got=written[:20],
        )
    return Unit(code, *_UNITS[code])


def units_of(dimension: str) -> list[str]:
    """Return the codes of the units of a dimension."""
    return [code for code, (of, _) in _UNITS.items() if of == dimension]


def read_number(written: str) -> Fraction:
    """Return a decimal number exactly.

    Raises
    ------
    AmountInvalid
        It is no number, or one with more digits than any scale has.
    """
    try:
        number = Decimal(written) if len(written) <= _MOST_CHARACTERS else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > _MOST_EXPONENT:
        raise AmountInvalid(
            f"amount is no usable number: expected digits, got {written[:40]!r}",
            expected="a decimal number",
            got=written[:40],
        )
    return Fraction(number)


@lru_cache(1_024)  # most things are one piece
def read_amount(quantity: str, uom: str | None) -> tuple[Fraction, str]:
    """Return an amount in the base unit of its dimension, and the dimension.

    Raises
    ------
    AmountInvalid
        It is not above nothing, or beyond all reason.
    UnitUnknown
    """
    unit = find_unit(uom)
    amount = read_number(quantity) * unit.factor
    if not LEAST <= amount <= MOST:
        raise AmountInvalid(
            f"amount is out of range: expected more than 0 and at most 10^15 "
            f"{BASE_UNITS[unit.dimension]}, got {quantity[:40]} {unit.code}",
            expected="more than 0, at most 10^15",
            got=quantity[:40],
        )
    return amount, unit.dimension


def split_amount(written: str) -> tuple[str, str | None]:
    """Return number and unit of a text such as `3.5 公斤`.

    Raises
    ------
    AmountInvalid
    """
    found = _AMOUNT.fullmatch(written) if len(written) <= _MOST_CHARACTERS else None
    if found is None:
        raise AmountInvalid(
            f"amount is malformed: expected a number and a unit, got {written[:40]!r}",
            expected="a number and a unit, such as 3.5 KGM",
            got=written[:40],
        )
    return found[1], found[2]


def as_text(amount: Fraction) -> str:
    """Return an amount as an exact decimal number; what has no end is cut after 18 digits."""
    scaled = amount * 10**18
    whole = scaled.numerator // scaled.denominator if scaled >= 0 else -(-scaled // 1)
    sign, digits = "-" if whole < 0 else "", f"{abs(int(whole)):019d}"
    rest = digits[-18:].rstrip("0")
    return f"{sign}{digits[:-18]}{'.' if rest else ''}{rest}"
