"""The answer of a balance, frozen, and its JSON form; amounts are exact decimal texts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from traceability.hashing.encoding import format_time
from traceability.lineage.balance.accounts import Account, Closing, Totals
from traceability.lineage.balance.measuring import Stated
from traceability.lineage.balance.units import BASE_UNITS, as_text
from traceability.lineage.results import Finding


@dataclass(frozen=True, slots=True)
class Made:
    """The balance of one transformation, with the events that say so and their proofs."""

    closing: Closing
    event_ids: tuple[str, ...]
    proof_urls: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the transformation as outsiders see it."""
        one = self.closing
        making = one.making
        figures = ("input", "output", "scrap", "unaccounted")
        return {
            "event_id": self.event_ids[0],
            "proof_url": self.proof_urls[0],
            "events": [
                {"event_id": event_id, "proof_url": url}
                for event_id, url in zip(self.event_ids, self.proof_urls, strict=True)
            ],
            "event_time": format_time(datetime.fromtimestamp(making.time / 1000, UTC)),
            "state": one.state,
            "unit": _unit(one.dimension),
            **{name: _text(getattr(one, name)) for name in figures},
            "inputs": [_stated(stated) for stated in making.inputs],
            "outputs": [_stated(stated) for stated in making.outputs],
            "scraps": [_stated(stated) for stated in making.scrap],
            "reasons": [{"code": why.reason, "subject": why.subject} for why in one.troubles],
        }


@dataclass(frozen=True, slots=True)
class Balance:
    """The balance of everything that was made into a code, and of it.

    Parameters
    ----------
    totals
        Of the whole chain: `state`, `dimension`, and exact amounts in base units, or none.
    made
        Of each transformation, in the order of time.
    accounts
        Of each lot, product and thing that went in or came out, single outputs left out.
    tolerance
        As it was asked for.
    """

    code: str
    direction: str
    tolerance: str
    totals: Totals
    made: tuple[Made, ...]
    accounts: tuple[Account, ...]
    findings: tuple[Finding, ...]
    truncated: bool = False

    @property
    def state(self) -> str:
        """Return closed, breached or not_established: that of the chain."""
        return self.totals.state

    @property
    def unit(self) -> str | None:
        """The unit of the chain's figures, such as KGM; none where it is not established."""
        return _unit(self.totals.dimension)

    def to_json(self) -> dict[str, Any]:
        """Return the balance as outsiders see it."""
        figures = ("input", "product", "stock", "scrap", "used_elsewhere", "unaccounted")
        return {
            "code": self.code,
            "items": [one.code for one in self.accounts],
            "direction": self.direction,
            "tolerance": self.tolerance,
            "state": self.state,
            "unit": self.unit,
            **{name: _text(getattr(self.totals, name)) for name in figures},
            "transformations": [one.to_json() for one in self.made],
            "accounts": [_account(one) for one in self.accounts],
            "findings": [one.to_json() for one in self.findings],
            "truncated": self.truncated,
        }


def _account(one: Account) -> dict[str, Any]:
    figures = ("entered", "used", "used_elsewhere", "destroyed", "stock", "shipped", "received")
    return {
        "code": one.code,
        "unit": _unit(one.dimension),
        **{name: _text(getattr(one, name)) for name in figures},
        "counted": _text(one.counted),
        "unaccounted": _text(one.missing),
        "reasons": [{"code": why.reason, "subject": why.subject} for why in one.troubles],
    }


def _stated(one: Stated) -> dict[str, Any]:
    return {"code": one.code or None, "quantity": one.quantity, "uom": one.uom}


def _unit(dimension: str | None) -> str | None:
    return None if dimension is None else BASE_UNITS[dimension]


def _text(amount: Fraction | None) -> str | None:
    return None if amount is None else as_text(amount)
