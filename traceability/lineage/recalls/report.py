"""What the report of a recall says, frozen, and its JSON form; `docs/recall.md` explains it.

Everything that a PDF, a spreadsheet or a notice shows is taken from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

from traceability.hashing.encoding import format_time
from traceability.lineage.recalls.states import SHIPPED, UNACCOUNTED
from traceability.lineage.results import Finding
from traceability.store.times import from_milliseconds

MOCK, REAL = "mock-recall", "recall"
# Why a recall fails its target.
TOO_SLOW: Final = "TOO_SLOW"
TOO_FEW_FOUND: Final = "TOO_FEW_FOUND"
MATERIAL_MISSING: Final = "MATERIAL_MISSING"
MORE_THAN_MADE: Final = "MORE_THAN_MADE"
CUT_SHORT: Final = "CUT_SHORT"
REASONS: Final = (TOO_SLOW, TOO_FEW_FOUND, MATERIAL_MISSING, MORE_THAN_MADE, CUT_SHORT)
# What `percent` counts in where things go by the piece.
PIECES: Final = "pieces"
HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Target:
    """What a recall must reach: so many minutes at most, so many percent accounted for."""

    minutes: Decimal
    percent: Decimal

    def to_json(self) -> dict[str, Any]:
        """Return the target as outsiders see it."""
        return {"minutes": _number(self.minutes), "percent": _number(self.percent)}


class Figures(NamedTuple):
    """How much of something was found, and what became of it; in pieces or in one unit.

    `found` is the sum of the others, but that `shipped` holds `delivered`, `in_transit` and
    `sold`.
    """

    unit: str
    found: Decimal
    in_stock: Decimal
    delivered: Decimal
    in_transit: Decimal
    sold: Decimal
    used: Decimal
    removed: Decimal
    unaccounted: Decimal

    @property
    def shipped(self) -> Decimal:
        """What left whoever made it."""
        return self.delivered + self.in_transit + self.sold

    @property
    def percent(self) -> Decimal:
        """How much of it is accounted for, cut after two decimals: 99.999 % is not all."""
        if not self.found:
            return HUNDRED
        share = (self.found - self.unaccounted) * 100 / self.found
        return Decimal(int(share * 100)) / 100

    def to_json(self) -> dict[str, Any]:
        """Return the figures as outsiders see them."""
        amounts = {name: _number(getattr(self, name)) for name in self._fields[1:]}
        shipped = {"shipped": _number(self.shipped), "percent": _number(self.percent)}
        return {"unit": self.unit, **amounts, **shipped}


class Party(NamedTuple):
    """Who holds something: a participant of the ledger, or whom an event names as receiver."""

    name: str
    gln: str | None
    participant: str | None
    uri: str | None


class Holder(NamedTuple):
    """A party, where it has things, and how many lines of the report are at it by state."""

    party: Party
    places: tuple[str, ...]
    pieces: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return the holder as outsiders see it."""
        return {**self.party._asdict(), "places": list(self.places), "pieces": self.pieces}


class Line(NamedTuple):
    """One recalled thing, or one amount of a lot: where it is, and the record that says so.

    `holder` counts in the report's holders, −1 where nobody is known to hold it.
    """

    code: str
    kind: str
    lot: str | None
    state: str
    holder: int
    place: str | None
    container: str | None
    quantity: Decimal | None
    unit: str | None
    since: int | None
    biz_step: str | None
    event_id: str | None
    record: str
    proof_url: str

    @property
    def is_open(self) -> bool:
        """Tell whether somebody still has it, so that somebody must act."""
        return self.holder >= 0


class Step(NamedTuple):
    """One step of the way, forward or backward: what went into what, by which event.

    The pieces of one lot that come of one event are one step; `pieces` tells how many they are.
    """

    source: str
    target: str
    pieces: int
    relation: str
    event_id: str
    proof_url: str


@dataclass(frozen=True, slots=True)
class LotPart:
    """The lines of one lot, or of one product without lot, that are in one state at one holder."""

    lot: str
    state: str
    holder: int
    count: int
    first: str
    last: str
    quantity: Decimal | None
    unit: str | None


class Held(NamedTuple):
    """What one holder has: its lines, and these by lot and state."""

    holder: int
    lines: list[Line]
    parts: list[LotPart]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Material that is missing, or came out of nowhere: of a transformation, or of one code.

    `outputs` has the scrap too. Of a code the `message` has the amount.
    """

    code: str
    subject: str
    message: str
    unit: str | None = None
    inputs: Decimal | None = None
    outputs: Decimal | None = None
    missing: Decimal | None = None
    proof_url: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """Whether what went in came out again; `unchecked` are those that could not be compared."""

    checked: int
    unchecked: int
    tolerance: str
    shortfalls: tuple[Shortfall, ...]


class LogHead(NamedTuple):
    """A log and its head, in hex."""

    origin: str
    log_id: str
    tree_size: int
    root_hash: str


@dataclass(frozen=True, slots=True)
class Said:
    """A status entry that recalls records, or that it did before."""

    entry_hash: str
    records: int
    repeated: bool


@dataclass(frozen=True, slots=True)
class Report:
    """A recall, real or mock, as of one state of the ledger.

    Parameters
    ----------
    asked
        When the question came; the time taken runs from there to `finished`.
    log
        The log that the proofs lead to, as it was when the report was made.
    ledger_seconds
        How long the ledger took to answer, whatever people did before.
    said, unsaid
        Of a real recall: the entries that say so, and records that this author may not recall.
    """

    kind: str
    code: str
    log: LogHead
    asked: datetime
    finished: datetime
    ledger_seconds: float
    target: Target
    figures: tuple[Figures, ...]
    holders: tuple[Holder, ...]
    parts: tuple[LotPart, ...]
    lines: Sequence[Line]
    forward: tuple[Step, ...]
    backward: tuple[Step, ...]
    balance: Balance | None
    findings: tuple[Finding, ...]
    truncated: bool
    said: tuple[Said, ...] = ()
    unsaid: tuple[str, ...] = ()

    @property
    def taken(self) -> timedelta:
        """How long it took from the question to the report."""
        return self.finished - self.asked

    @property
    def percent(self) -> Decimal:
        """The least of what is accounted for in any unit; none of it where nobody told amounts."""
        if self.lines and not self.figures:
            return Decimal(0)
        return min((one.percent for one in self.figures), default=HUNDRED)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the target was missed; empty where it was reached."""
        late = self.taken > timedelta(minutes=float(self.target.minutes))
        found = {
            TOO_SLOW: late,
            TOO_FEW_FOUND: self.percent < self.target.percent,
            MATERIAL_MISSING: self.balance is not None and bool(self.balance.shortfalls),
            MORE_THAN_MADE: any(one.code == MORE_THAN_MADE for one in self.findings),
            CUT_SHORT: self.truncated,
        }
        return tuple(name for name in REASONS if found[name])

    @property
    def passed(self) -> bool:
        """Tell whether the target was reached."""
        return not self.reasons

    @property
    def pieces(self) -> Figures:
        """The figures of what goes by the piece; all zero where nothing does."""
        zero = Decimal(0)
        nothing = Figures(PIECES, zero, zero, zero, zero, zero, zero, zero, zero)
        return next((one for one in self.figures if one.unit == PIECES), nothing)

    def held(self) -> list[Held]:
        """Return what each holder has and must act on, in the order of the holders."""
        found = [Held(number, [], []) for number in range(len(self.holders))]
        for line in self.lines:
            if line.holder >= 0:
                found[line.holder].lines.append(line)
        for part in self.parts:
            if part.holder >= 0:
                found[part.holder].parts.append(part)
        return found

    def summary_json(self) -> dict[str, Any]:
        """Return everything but the lines and the steps."""
        return {
            "type": self.kind,
            "code": self.code,
            "log": self.log._asdict(),
            "asked": format_time(self.asked),
            "finished": format_time(self.finished),
            "seconds": round(self.taken.total_seconds(), 3),
            "ledger_seconds": round(self.ledger_seconds, 3),
            "target": self.target.to_json(),
            "passed": self.passed,
            "reasons": list(self.reasons),
            "percent": _number(self.percent),
            "figures": [one.to_json() for one in self.figures],
            "holders": [one.to_json() for one in self.holders],
            "lots": [_plain(asdict(one)) for one in self.parts],
            "balance": None if self.balance is None else _plain(asdict(self.balance)),
            "findings": [one.to_json() for one in self.findings],
            "truncated": self.truncated,
            "said": [asdict(one) for one in self.said],
            "unsaid": list(self.unsaid),
        }

    def to_json(self) -> dict[str, Any]:
        """Return the whole report."""
        return {
            **self.summary_json(),
            "backward": [one._asdict() for one in self.backward],
            "forward": [one._asdict() for one in self.forward],
            "lines": [line_json(one) for one in self.lines],
        }


def line_json(line: Line) -> dict[str, Any]:
    """Return a line as outsiders see it; `since` is its event's time."""
    found = line._asdict()
    found["since"] = None if line.since is None else _time(line.since)
    found["quantity"] = None if line.quantity is None else _number(line.quantity)
    return found


@lru_cache(10_000)  # the pieces of one event have its time
def _time(milliseconds: int) -> str:
    return format_time(from_milliseconds(milliseconds))


def _number(value: Decimal) -> int | str:
    """Return a count as a number, and what has decimals as text: floats would round it."""
    return int(value) if value == value.to_integral_value() else format(value.normalize(), "f")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def is_shipped(state: str) -> bool:
    """Tell whether a state is one of what left whoever made it."""
    return state in SHIPPED


def is_missing(state: str) -> bool:
    """Tell whether nobody knows where a thing in this state is."""
    return state == UNACCOUNTED
