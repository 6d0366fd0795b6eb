"""Yearly accounts of the demonstration: output, and every kind of quality loss, zeros included.

Source: none; the shares are chosen so that each supplier's loss rates are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ledger_api.demo.cast import PLANT, POLYMERS, ROD_A, ROD_B, ROD_C, Party
from ledger_api.demo.plan import Plan
from traceability.ledger.documents import Document
from traceability.quality.records import LOSS_MEDIA_TYPE, OUTPUT_MEDIA_TYPE
from traceability.strict_json import JSONValue

CURRENCY = "CNY"
# What the losses of a side are made of, in percent.
PARTS = {
    "internal": {"scrap": 60, "rework": 25, "downgrade": 15, "stoppage": 0, "incident": 0},
    "external": {"claim": 50, "return": 30, "discount": 20, "warranty": 0},
}


@dataclass(frozen=True, slots=True)
class Account:
    """A supplier's yearly output in million yuan, and its losses as shares of it."""

    output_millions: int
    internal: Fraction
    external: Fraction


ACCOUNTS: dict[Party, Account] = {
    ROD_A: Account(860, Fraction("0.005"), Fraction("0.002")),
    ROD_B: Account(540, Fraction("0.012"), Fraction("0.008")),
    ROD_C: Account(310, Fraction("0.025"), Fraction("0.019")),
    POLYMERS: Account(120, Fraction("0.006"), Fraction("0.030")),
    PLANT: Account(1500, Fraction("0.020"), Fraction("0.004")),
}


def accounts(plan: Plan, party: Party) -> list[Document]:
    """Return what a supplier declares for the two years before the story."""
    year = plan.base.year - 1
    return [*_of_year(party, year - 1, Fraction("1.2")), *_of_year(party, year, Fraction(1))]


def _of_year(party: Party, year: int, factor: Fraction) -> Iterator[Document]:
    account = ACCOUNTS[party]
    output = account.output_millions * 10**8
    common: dict[str, JSONValue] = {"supplier": party.gln, "year": year}
    yield Document(OUTPUT_MEDIA_TYPE, {**common, "amount_cents": output})
    for side, share in (("internal", account.internal), ("external", account.external)):
        for kind, percent in PARTS[side].items():
            amount = int(output * share * factor * percent / 100)
            yield Document(
                LOSS_MEDIA_TYPE,
                {
                    **common,
                    "side": side,
                    "loss_kind": kind,
                    "amount_cents": amount,
                    "currency": CURRENCY,
                },
            )
