"""What a balance means, as pure functions: of one transformation, of one lot, and of a chain.

docs/lineage.md explains; `collecting.py` brings the store's events here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from traceability.lineage.balance.measuring import (
    Measured,
    Stated,
    Trouble,
    product_of,
    total,
)
from traceability.lineage.balance.tolerance import Tolerance
from traceability.lineage.balance.units import AREA, COUNT, LENGTH, MASS, VOLUME

CLOSED, BREACHED, NOT_ESTABLISHED = "closed", "breached", "not_established"
DIMENSIONS_MIXED = "DIMENSIONS_MIXED"
INPUT_MISSING, OUTPUT_MISSING = "INPUT_MISSING", "OUTPUT_MISSING"

# What an object event says of an amount of a lot.
COMMISSIONED, DESTROYED, SHIPPED = "commissioned", "destroyed", "shipped"
RECEIVED, COUNTED = "received", "counted"

Measure = Callable[[Stated], Measured]
_NOTHING = Fraction(0)


@dataclass(frozen=True, slots=True)
class Making:
    """One transformation: the numbers of its events, and what went in, came out and was scrap."""

    events: tuple[int, ...]
    time: int
    inputs: tuple[Stated, ...]
    outputs: tuple[Stated, ...]
    scrap: tuple[Stated, ...] = ()


class Handling(NamedTuple):
    """What an object event says of an amount: `what` is one of the words above."""

    time: int
    event: int
    what: str
    stated: Stated
    place: str = ""


@dataclass(frozen=True, slots=True)
class Closing:
    """The balance of one transformation, in base units of `dimension`.

    The figures are none where the balance is not established; `troubles` says why.
    """

    making: Making
    state: str
    dimension: str | None = None
    input: Fraction | None = None
    output: Fraction | None = None
    scrap: Fraction | None = None
    troubles: tuple[Trouble, ...] = ()

    @property
    def unaccounted(self) -> Fraction | None:
        """What went in and did not come out; below nothing where more came out."""
        if self.input is None or self.output is None or self.scrap is None:
            return None
        return self.input - self.output - self.scrap


@dataclass(frozen=True, slots=True)
class Account:
    """What became of one code: what there was of it, and where that went.

    `entered` is what was made, else commissioned, else received first; none if nobody says. Of
    what the chain made, `from_elsewhere` is what transformations beyond it made too.
    `left` is what should be there; `counted` what a stock-taking last found, `expected` what
    should have been there then. `lost` is what was shipped and not received.
    """

    code: str
    dimension: str | None = None
    entered: Fraction | None = None
    used: Fraction = Fraction(0)
    used_elsewhere: Fraction = Fraction(0)
    destroyed: Fraction = Fraction(0)
    from_elsewhere: Fraction = Fraction(0)
    shipped: Fraction | None = None
    received: Fraction | None = None
    counted: Fraction | None = None
    expected: Fraction | None = None
    is_input: bool = False
    is_output: bool = False
    troubles: tuple[Trouble, ...] = ()

    @property
    def left(self) -> Fraction | None:
        """What should be left of it; below nothing where more was used than there was."""
        if self.entered is None:
            return None
        return self.entered - self.used - self.used_elsewhere - self.destroyed

    @property
    def lost(self) -> Fraction:
        """What was shipped and not received; below nothing where more was received."""
        if self.shipped is None or self.received is None:
            return _NOTHING
        return self.shipped - self.received

    @property
    def short(self) -> Fraction:
        """What a stock-taking found missing; below nothing where it found too much."""
        if self.counted is None or self.expected is None:
            return _NOTHING
        return self.expected - self.counted

    @property
    def missing(self) -> Fraction:
        """What is missing of the code itself; below nothing where more was used than there was.

        A stock-taking sees what was lost on the way, too: then it counts alone. What is missing
        and was used all the same is not missing.
        """
        left = self.left
        if left is None:
            return _NOTHING
        return min(left, self.short if self.counted is not None else self.lost)

    @property
    def stock(self) -> Fraction:
        """What is left of it, without what is missing."""
        left = self.left
        return Fraction(0) if left is None else left - self.missing


@dataclass(frozen=True, slots=True)
class Totals:
    """The balance of a chain: input = product + stock + scrap + used elsewhere + unaccounted."""

    state: str
    dimension: str | None = None
    input: Fraction | None = None
    product: Fraction | None = None
    stock: Fraction | None = None
    scrap: Fraction | None = None
    used_elsewhere: Fraction | None = None
    unaccounted: Fraction | None = None


def close(making: Making, *, measure: Measure, tolerance: Tolerance) -> Closing:
    """Return the balance of a transformation.

    In mass where all of it is known in mass; else, where all is of one product, in pieces,
    length, volume or area: these do not survive being made into something else.
    """
    sides = [[measure(one) for one in side] for side in (making.inputs, making.outputs)]
    scrap = [measure(one) for one in making.scrap]
    everything = [*sides[0], *sides[1], *scrap]
    empty = [
        Trouble(reason, "")
        for reason, side in zip((INPUT_MISSING, OUTPUT_MISSING), sides, strict=True)
        if not side
    ]
    dimension = None if empty else _common(making, everything)
    if dimension is None:
        troubles = dict.fromkeys([*empty, *(one for each in everything for one in each.troubles)])
        mixed = () if troubles else (Trouble(DIMENSIONS_MIXED, ""),)
        return Closing(making, NOT_ESTABLISHED, troubles=(*troubles, *mixed))
    went_in, came_out, was_scrap = (total(one, dimension) or _NOTHING for one in (*sides, scrap))
    difference = went_in - came_out - was_scrap
    is_small = tolerance.allows(difference, of=went_in, dimension=dimension)
    state = CLOSED if is_small else BREACHED
    return Closing(making, state, dimension, went_in, came_out, was_scrap)


def _common(making: Making, measured: Sequence[Measured]) -> str | None:
    """Return the dimension in which a transformation can be balanced."""
    if all(MASS in one.amounts for one in measured):
        return MASS
    products = {product_of(one.code) for one in (*making.inputs, *making.outputs, *making.scrap)}
    for dimension in (COUNT, LENGTH, VOLUME, AREA):
        if len(products) == 1 and all(dimension in one.amounts for one in measured):
            return dimension
    return None


Timed = tuple[int, Stated]


@dataclass(frozen=True, slots=True)
class Uses:
    """Where events name one code, each with its time: in the chain, beyond it, in object events."""

    made: tuple[Timed, ...] = ()
    made_elsewhere: tuple[Timed, ...] = ()
    used: tuple[Timed, ...] = ()
    used_elsewhere: tuple[Timed, ...] = ()
    handlings: tuple[Handling, ...] = ()


def account(code: str, uses: Uses, *, measure: Measure, dimension: str) -> Account:
    """Return what became of a code, in one dimension; with troubles where that cannot be said."""
    ledger = _Ledger(measure, dimension)
    by_kind: dict[str, list[Handling]] = {}
    for handling in sorted(uses.handlings):
        by_kind.setdefault(handling.what, []).append(handling)
    received = by_kind.get(RECEIVED, [])
    entering = (
        [*uses.made, *uses.made_elsewhere]
        or _timed(by_kind.get(COMMISSIONED, []))
        or _timed(one for one in received if one.place == received[0].place)
    )
    destroyed = _timed(by_kind.get(DESTROYED, []))
    leaving = [*uses.used, *uses.used_elsewhere, *destroyed]
    counted, expected = ledger.stock_taking(
        by_kind.get(COUNTED, []), entering=entering, leaving=leaving
    )
    shipped, arrived = ledger.transport(by_kind.get(SHIPPED, []), received)
    return Account(
        code=code,
        dimension=dimension,
        entered=ledger.sum(entering) if entering else None,
        used=ledger.sum(uses.used),
        used_elsewhere=ledger.sum(uses.used_elsewhere),
        destroyed=ledger.sum(destroyed),
        from_elsewhere=ledger.sum(uses.made_elsewhere),
        shipped=shipped,
        received=arrived,
        counted=counted,
        expected=expected,
        is_input=bool(uses.used),
        is_output=bool(uses.made),
        troubles=tuple(dict.fromkeys(ledger.troubles)),
    )


def _timed(handlings: Iterable[Handling]) -> list[Timed]:
    return [(one.time, one.stated) for one in handlings]


class _Ledger:
    """Adds up in one dimension, and notes what cannot be added."""

    def __init__(self, measure: Measure, dimension: str) -> None:
        self._measure = measure
        self._dimension = dimension
        self.troubles: list[Trouble] = []

    def sum(self, stated: Iterable[Timed]) -> Fraction:
        """Return the sum of amounts."""
        return sum((self._one(one) for _, one in stated), _NOTHING)

    def _one(self, stated: Stated) -> Fraction:
        measured = self._measure(stated)
        found = measured.amounts.get(self._dimension)
        if found is None:
            self.troubles += measured.troubles or (Trouble(DIMENSIONS_MIXED, stated.code),)
        return found or _NOTHING

    def stock_taking(
        self, counts: Sequence[Handling], *, entering: Sequence[Timed], leaving: Sequence[Timed]
    ) -> tuple[Fraction | None, Fraction | None]:
        """Return what the last stock-taking found, and what should have been there."""
        if not counts:
            return None, None
        last = counts[-1].time
        found = self.sum(_timed(one for one in counts if one.time == last))
        before = self.sum(one for one in entering if one[0] <= last)
        return found, before - self.sum(one for one in leaving if one[0] <= last)

    def transport(
        self, sent: Sequence[Handling], arrived: Sequence[Handling]
    ) -> tuple[Fraction | None, Fraction | None]:
        """Return what was shipped and received; none where they cannot be set side by side.

        Something may be on its way, or somebody on the way may have told of only one of them.
        """
        if not sent or len(sent) != len(arrived) or arrived[-1].time < sent[-1].time:
            return None, None
        return self.sum(_timed(sent)), self.sum(_timed(arrived))


def chain(
    closings: Sequence[Closing], accounts: Collection[Account], *, tolerance: Tolerance
) -> Totals:
    """Return the balance of several transformations together.

    What goes in is what no transformation of the chain made. What was made in it is its product,
    or stock where some of it was used further.
    """
    dimensions = {one.dimension for one in closings}
    dimension = next(iter(dimensions), None)
    if len(dimensions) != 1 or dimension is None or any(one.troubles for one in accounts):
        return Totals(NOT_ESTABLISHED)
    products = [one for one in accounts if one.is_output and not one.is_input]
    others = [one for one in accounts if one.is_input or not one.is_output]
    came_in = _sum(_came_in(one) for one in accounts)
    missing = _sum(one.unaccounted or _NOTHING for one in closings)
    missing += _sum(one.missing for one in accounts)
    scrap = _sum(one.scrap or _NOTHING for one in closings)
    is_closed = tolerance.allows(missing, of=came_in, dimension=dimension)
    is_closed &= all(one.state == CLOSED for one in closings)
    return Totals(
        state=CLOSED if is_closed else BREACHED,
        dimension=dimension,
        input=came_in,
        product=_sum(one.stock for one in products),
        stock=_sum(one.stock for one in others),
        scrap=scrap + _sum(one.destroyed for one in accounts),
        used_elsewhere=_sum(one.used_elsewhere for one in accounts if one.is_output),
        unaccounted=missing,
    )


def _sum(amounts: Iterable[Fraction]) -> Fraction:
    return sum(amounts, _NOTHING)


def _came_in(account: Account) -> Fraction:
    """Return what of a code came into the chain from outside.

    Where nobody says how much there was of it, as much as was seen of it.
    """
    if account.is_output:
        return account.from_elsewhere
    if account.entered is None:
        return account.used + account.destroyed
    return account.entered - account.used_elsewhere
