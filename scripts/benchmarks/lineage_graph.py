"""A made-up supply chain of realistic shape: copper rod, wire, cable, and items on pallets.

A family has one rod lot that everything in it comes from. Of its wire lots every second one takes
a little of another rod; a cable lot takes three wire lots and a lot of compound; the items of a
lot, minted beforehand, are made from one cable lot, a pallet at a time. They are packed in cases,
these on a pallet, which is shipped and received; every second one is unpacked, and of some of its
cases the items are sold. Families differ in size, so that a recall of a million items and one of
ten thousand are asked for in the same graph.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from traceability.codes.keys import check_digit

SEED = 20260501
START = 1_767_225_600_000  # 2026-01-01 in milliseconds; each event is a second later
STEP = 1_000
BASE = "https://id.gs1.org"
PLANT, SHOP = f"{BASE}/414/9521234567899", f"{BASE}/414/9521234567882"
ROD, WIRE, COMPOUND, CABLE, ITEM = range(1, 6)
PRODUCTS = 20  # kinds of items
_CROCKFORD = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

# Role, code, quantity, unit.
Object = tuple[str, int, str | None, str | None]
# Returns so many serials of a lot (GTIN, lot), ascending.
Draw = Callable[[str, str, int], Sequence[str]]


class Happening(NamedTuple):
    """One event; its objects are numbers of codes."""

    type: str
    action: str | None
    time: int
    biz_step: str
    place: str
    objects: list[Object]


class MintedLot(NamedTuple):
    """Items of one lot, their serials ascending."""

    gtin: str
    lot: str
    serials: Sequence[str]


@dataclass
class Block:
    """A part of the graph: `codes` are numbered from `first_code`."""

    first_code: int
    codes: list[str] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    minted: list[MintedLot] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many objects its events name."""
        return sum(len(one.objects) for one in self.happenings)


@dataclass(frozen=True)
class Shape:
    """How many items are in a lot, on a pallet and in a case; and in the families, one by one."""

    lot: int = 5_000
    pallet: int = 500
    case: int = 20
    large: Sequence[int] = (1_000_000, 100_000)
    family: int = 10_000

    def families(self, items: int) -> Iterator[int]:
        """Yield the families' sizes: each large one where it is half of what is left, at most."""
        left = items
        for size in self.large:
            if 2 * size <= left:
                yield size
                left -= size
        while left > 0:
            yield self.family
            left -= self.family


# Of each item a row as output and one as child; cases, pallets and sales are the rest.
ROWS_PER_ITEM = 2.2


def drawn(chosen: Random) -> Draw:
    """Return a source of made-up serials."""

    def draw(_gtin: str, _lot: str, count: int) -> Sequence[str]:
        drawn = base64.b32encode(chosen.randbytes(10 * count)).translate(_CROCKFORD).decode()
        return sorted(drawn[at : at + 16] for at in range(0, 16 * count, 16))

    return draw


def gtin(kind: int, product: int = 0) -> str:
    """Return the GTIN of wire, cable, a product and so on."""
    body = f"0952123{kind:02d}{product:04d}"
    return body + check_digit(body)


def rod_lot(family: int) -> str:
    """Return the code of the rod that everything in a family comes from."""
    return f"{BASE}/01/{gtin(ROD)}/10/ROD{family:05d}"


class SupplyGraph:
    """Makes the blocks of a graph, one for each lot of items."""

    def __init__(self, shape: Shape, draw: Draw | None = None) -> None:
        self._shape = shape
        self._draw = draw or drawn(Random(SEED))  # noqa: S311 # bytes that nobody has to guess
        self._time = START
        self._code = 1
        self._units = 0
        self._cables = 0
        self._block = Block(1)

    def blocks(self, items: int) -> Iterator[Block]:
        """Yield the blocks of a graph of about so many items, family by family."""
        for family, size in enumerate(self._shape.families(items)):
            yield from self._family(family, size)

    def _family(self, family: int, size: int) -> Iterator[Block]:
        rods = [self._made(rod_lot(family)), self._made(f"{rod_lot(family)}B")]
        for first in range(0, size, self._shape.lot):
            self._cables += 1
            cable = self._cable(rods)
            self._items(cable, product=family % PRODUCTS, count=min(self._shape.lot, size - first))
            yield self._block
            self._block = Block(self._code)

    def _new(self, code: str) -> int:
        self._block.codes.append(code)
        self._code += 1
        return self._code - 1

    def _happen(
        self,
        type: str,
        action: str | None,
        biz_step: str,
        objects: list[Object],
        place: str = PLANT,
    ) -> None:
        self._time += STEP
        happened = Happening(type, action, self._time, biz_step, place, objects)
        self._block.happenings.append(happened)

    def _made(self, lot_code: str) -> int:
        """Commission a raw lot."""
        number = self._new(lot_code)
        self._happen("ObjectEvent", "ADD", "commissioning", [("epc", number, "5000", "KGM")])
        return number

    def _cable(self, rods: Sequence[int]) -> int:
        name = f"{self._cables:06d}"
        wires: list[int] = []
        for at in range(3):
            wires.append(self._new(f"{BASE}/01/{gtin(WIRE)}/10/W{name}{at}"))
            taken = rods if at % 2 else rods[:1]
            inputs: list[Object] = [("input", rod, "400", "KGM") for rod in taken]
            made: Object = ("output", wires[-1], "390", "KGM")
            self._happen("TransformationEvent", None, "creating_class_instance", [*inputs, made])
        compound = self._made(f"{BASE}/01/{gtin(COMPOUND)}/10/C{name}")
        cable = self._new(f"{BASE}/01/{gtin(CABLE)}/10/K{name}")
        inputs = [("input", one, "130", "KGM") for one in (*wires, compound)]
        made = ("output", cable, "5000", "MTR")
        self._happen("TransformationEvent", None, "creating_class_instance", [*inputs, made])
        return cable

    def _items(self, cable: int, *, product: int, count: int) -> None:
        kind, lot = gtin(ITEM, product), f"L{self._cables:06d}"
        serials = self._draw(kind, lot, count)
        self._block.minted.append(MintedLot(kind, lot, serials))
        start = f"{BASE}/01/{kind}/21/"
        for first in range(0, count, self._shape.pallet):
            chosen = serials[first : first + self._shape.pallet]
            items = [self._new(start + serial) for serial in chosen]
            made: list[Object] = [("output", one, None, None) for one in items]
            used: Object = ("input", cable, "500", "MTR")
            self._happen("TransformationEvent", None, "creating_class_instance", [used, *made])
            self._travel(items)

    def _travel(self, items: list[int]) -> None:
        """Pack, ship and receive a pallet; unpack every second one."""
        width = self._shape.case
        packed = [items[at : at + width] for at in range(0, len(items), width)]
        cases = [self._pack(inside) for inside in packed]
        pallet = self._pack(cases)
        self._happen("ObjectEvent", "OBSERVE", "shipping", [("epc", pallet, None, None)])
        self._happen("ObjectEvent", "OBSERVE", "receiving", [("epc", pallet, None, None)], SHOP)
        if self._units // (len(cases) + 1) % 2:
            self._unpack(pallet)
            for case, inside in list(zip(cases, packed, strict=True))[:: max(1, len(cases) // 5)]:
                self._unpack(case)
                sold: list[Object] = [("epc", one, None, None) for one in inside]
                self._happen("ObjectEvent", "OBSERVE", "retail_selling", sold, SHOP)

    def _pack(self, inside: Sequence[int]) -> int:
        self._units += 1
        body = f"09521234{self._units:09d}"
        unit = self._new(f"{BASE}/00/{body}{check_digit(body)}")
        objects: list[Object] = [("parent", unit, None, None)]
        objects += [("child", one, None, None) for one in inside]
        self._happen("AggregationEvent", "ADD", "packing", objects)
        return unit

    def _unpack(self, unit: int) -> None:
        self._happen(
            "AggregationEvent", "DELETE", "unpacking", [("parent", unit, None, None)], SHOP
        )
