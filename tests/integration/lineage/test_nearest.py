"""An unknown code is answered with the nearest one that is known, on both databases."""

from __future__ import annotations

import pytest

from tests.support.ledger import GTIN, add_participant, document, event
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.lineage.tracing import CodeNotTraced, trace

KEY = f"https://id.gs1.org/01/{GTIN}"
ITEM, LOT = f"{KEY}/21/AB0", f"{KEY}/10/L1"


@pytest.fixture
def known(node: Node) -> str:
    """Return the serial of an item of lot L1; an event names serial AB0 of the same product."""
    owner = add_participant(node)
    minted = node.mint(Lot(GTIN, "L1", 1, {}), participant=owner)
    taken = node.submission.submit(document(event(1, epcList=[ITEM])), participant=owner)
    assert taken.status == "ACCEPTED"
    node.sequencer.run(close=True)
    with node.store.reading() as repositories:
        return repositories.items.between(minted.batch, 1, 2)[0].serial


def nearest(node: Node, code: str) -> str | None:
    with node.store.reading() as repositories, pytest.raises(CodeNotTraced) as found:
        trace(repositories, code)
    near = found.value.expected
    assert (near or "nearest") in str(found.value) or near is None
    return near


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("(21)ab0", ITEM),
        ("(21)ABO", ITEM),
        ("(10)l1", LOT),
        ("(10)L1(21)NONE", LOT),
        ("(10)L2", None),
    ],
)
def test_it_is_named(node: Node, known: str, typed: str, expected: str | None) -> None:
    assert known
    assert nearest(node, f"(01){GTIN}{typed}") == expected


def test_an_item_under_another_lot_is_named(node: Node, known: str) -> None:
    assert nearest(node, f"(01){GTIN}(10)L2(21){known}") == f"{KEY}/21/{known}"


def test_another_product_is_no_neighbour(node: Node, known: str) -> None:
    assert known
    assert nearest(node, "(01)09521234567882(21)AB0") is None
