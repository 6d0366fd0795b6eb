"""The audit holds what is left of lots and cards that are erased whole."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from tests.support.ledger import GTIN, add_participant
from traceability.hashing.statement import ALL_RECORDS, Erasure, Ranges
from traceability.ledger.audit.audit import audit
from traceability.ledger.erasure_plan import declarations_of, plan_card
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.ledger.statuses import Declaration
from traceability.store.repositories.erased_codes import LOT_RECORD
from traceability.store.tables import cards, erased_codes, item_runs, records

WHY = Erasure(bytes(16), "consent_withdrawn")


def told(node: Node, *, with_secret: bool = True) -> list[str]:
    """Return the columns that an audit names, with the node's secret or without."""
    key = node.identity.duplicate_key if with_secret else None
    report = audit(node.store, second_place=node.second_place, duplicate_key=key)
    return sorted({f"{one.table}.{one.column}" for one in report.differences})


def run(node: Node, statement: Any) -> None:
    with node.store.engine.begin() as connection:
        connection.execute(statement)


def erase(node: Node, batch: CapturedBatch, which: Ranges | int) -> None:
    said = Declaration(batch.entry_hash, which, "erased", "personal_data", erasure=WHY)
    node.erasures.erase([said])
    node.sequencer.run(close=True)


@pytest.fixture
def lots(sqlite_node: Node) -> list[CapturedBatch]:
    """Return two lots, of which the first is erased whole, and of the second every item."""
    owner = add_participant(sqlite_node)
    found = [
        sqlite_node.mint(Lot(GTIN, number, 2, {"name": "cable"}), participant=owner)
        for number in ("L1", "L2")
    ]
    erase(sqlite_node, found[0], ALL_RECORDS)
    erase(sqlite_node, found[1], ((1, 2),))
    return found


class TestLots:
    @pytest.mark.parametrize("values", [{"gtin": "09521234567893"}, {"lot": "L3"}])
    @pytest.mark.parametrize("number", [0, 1])
    def test_gtin_and_lot_are_those_of_the_erased_items(
        self, sqlite_node: Node, lots: list[CapturedBatch], values: dict[str, str], number: int
    ) -> None:
        assert told(sqlite_node) == []
        is_it = item_runs.c.batch == lots[number].batch
        run(sqlite_node, update(item_runs).where(is_it).values(values))
        assert told(sqlite_node) == ["item_runs.gtin, lot"]
        assert told(sqlite_node, with_secret=False) == []

    def test_the_hash_of_another_lot_is_no_hash_of_this_one(
        self, sqlite_node: Node, lots: list[CapturedBatch]
    ) -> None:
        is_lot = erased_codes.c.record_index == LOT_RECORD
        is_first = erased_codes.c.batch == lots[0].batch
        run(sqlite_node, delete(erased_codes).where(is_lot, is_first))
        run(
            sqlite_node,
            update(erased_codes).where(is_lot).values(batch=lots[0].batch),
        )
        first = item_runs.c.batch == lots[0].batch
        run(sqlite_node, update(item_runs).where(first).values(lot="L2"))
        assert told(sqlite_node) == ["item_runs.gtin, lot"]

    def test_while_one_item_is_left_it_says_which_lot_it_is(self, sqlite_node: Node) -> None:
        owner = add_participant(sqlite_node)
        lot = sqlite_node.mint(Lot(GTIN, "L1", 2, {}), participant=owner)
        erase(sqlite_node, lot, ((1, 1),))
        run(sqlite_node, delete(erased_codes))
        assert told(sqlite_node) == []
        run(sqlite_node, update(item_runs).values(lot="L2"))
        assert "items.serial, salt, or the gtin and lot of item_runs" in told(sqlite_node)

    def test_a_changed_hash_beside_items_is_named_as_either(
        self, sqlite_node: Node, lots: list[CapturedBatch]
    ) -> None:
        is_it = records.c.batch == lots[0].batch
        run(sqlite_node, update(records).where(is_it).values(field_root=bytes(32)))
        assert "records.kind, field_count, field_root" in told(sqlite_node)

    def test_a_code_of_a_record_that_is_not_erased_is_named(
        self, sqlite_node: Node, lots: list[CapturedBatch]
    ) -> None:
        row = {"code_hash": bytes(32), "batch": lots[1].batch, "record_index": 0}
        run(sqlite_node, insert(erased_codes).values(row))
        assert told(sqlite_node) == ["erased_codes."]


class TestCards:
    @pytest.fixture(autouse=True)
    def leaver(self, sqlite_node: Node) -> None:
        leaver = add_participant(sqlite_node, gln="9521234500001")
        with sqlite_node.store.reading() as repositories:
            plan = plan_card(repositories, leaver)
        said = declarations_of(plan, requester=WHY.requester, basis=WHY.basis, reason="other")
        sqlite_node.erasures.erase(said)
        sqlite_node.sequencer.run(close=True)
        assert told(sqlite_node) == []

    def test_an_erased_card_is_its_firms(self, sqlite_node: Node) -> None:
        run(sqlite_node, update(cards).values(participant=bytes(16)))
        assert told(sqlite_node) == ["cards.participant"]

    def test_an_erased_card_has_a_row(self, sqlite_node: Node) -> None:
        run(sqlite_node, delete(cards))
        assert told(sqlite_node) == ["cards.card"]
