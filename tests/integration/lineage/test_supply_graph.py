"""The made-up graph of the benchmarks is what submitting its events would have made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from scripts.benchmarks.lineage_graph import (
    ROWS_PER_ITEM,
    Block,
    Happening,
    Shape,
    SupplyGraph,
    gtin,
    rod_lot,
)
from scripts.benchmarks.lineage_store import fill, to_epcis
from tests.support.ledger import add_participant
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.lineage.journeys import journey
from traceability.lineage.results import Trace
from traceability.lineage.tracing import recall, trace
from traceability.store.repositories import Repositories
from traceability.store.store import Store

SMALL = Shape(lot=40, pallet=20, case=5, large=(80,), family=40)
ROWS = round(200 * ROWS_PER_ITEM)
_EVENTS = (
    "select e.event_time, e.type, e.action, e.biz_step, e.read_point, e.biz_location, "
    "e.declares_error, e.transformation_id, e.event_id, x.role, c.uri, x.ordinal, x.quantity, "
    "x.uom from events e join event_epcs x on x.event = e.event join epcs c on c.epc = x.epc"
)
_ITEMS = (
    "select r.gtin, r.lot, r.first_index, r.quantity, b.record_count, i.record_index, i.serial "
    "from item_runs r join items i on i.batch = r.batch join batches b on b.batch = r.batch"
)


def rows(repositories: Repositories, statement: str) -> Counter[tuple[Any, ...]]:
    return Counter(map(tuple, repositories.connection.exec_driver_sql(statement)))


def mint_and_submit(node: Node) -> None:
    """Make the same graph by the front door; the ledger draws the serials."""
    participant = add_participant(node)

    def draw(kind: str, lot: str, count: int) -> Sequence[str]:
        batch = node.mint(Lot(kind, lot, count, {}), participant=participant).batch
        with node.store.reading() as repositories:
            (run,) = [one for one in repositories.items.runs_of(kind, lot) if one.batch == batch]
            last = run.first_index + count
            found = repositories.items.serials_between(batch, run.first_index, last)
            return [serial for serial, _ in found]

    codes: list[str] = []
    happenings: list[Happening] = []
    for block in SupplyGraph(SMALL, draw).blocks(200):
        codes += block.codes
        happenings += block.happenings
    taken = node.submission.submit(to_epcis(happenings, codes), participant=participant)
    assert taken.status == "ACCEPTED"


def drawing_from(store: Store) -> Callable[[str, str, int], Sequence[str]]:
    """Return a source of the serials that a store has."""

    def draw(kind: str, lot: str, _count: int) -> Sequence[str]:
        with store.reading() as repositories:
            (run,) = repositories.items.runs_of(kind, lot)
            last = run.first_index + run.quantity
            found = repositories.items.serials_between(run.batch, run.first_index, last)
            return [serial for serial, _ in found]

    return draw


def told(found: Trace) -> tuple[Any, ...]:
    edges = Counter((one.source, one.target, one.relation) for one in found.edges)
    return found.codes, edges, found.findings, found.holders


def test_filling_the_tables_is_submitting_the_events(node: Node, tmp_path: Path) -> None:
    mint_and_submit(node)
    url = f"sqlite:///{tmp_path / 'filled.sqlite'}"
    fill(url, ROWS, SMALL, draw=drawing_from(node.store))
    with (
        Store.open(url, tmp_path / "other") as store,
        node.store.reading() as submitted,
        store.reading() as filled,
    ):
        assert rows(submitted, _EVENTS) == rows(filled, _EVENTS)
        assert rows(submitted, _ITEMS) == rows(filled, _ITEMS)
        rod = rod_lot(0)
        assert told(recall(submitted, rod)) == told(recall(filled, rod))
        item = sorted(recall(submitted, rod).serials)[0]
        assert told(trace(submitted, item)) == told(trace(filled, item))
        assert len(journey(submitted, item).steps) == len(journey(filled, item).steps) > 3


def test_a_graph_in_other_proportions_is_another(node: Node, tmp_path: Path) -> None:
    mint_and_submit(node)
    url = f"sqlite:///{tmp_path / 'filled.sqlite'}"
    fill(url, ROWS, Shape(lot=40, pallet=20, case=4, large=(80,), family=40))
    with (
        Store.open(url, tmp_path / "other") as store,
        node.store.reading() as submitted,
        store.reading() as filled,
    ):
        assert rows(submitted, _EVENTS) != rows(filled, _EVENTS)


@pytest.mark.parametrize("rows_wanted", [300_000, 1_000_000])
def test_a_graph_has_about_as_many_rows_as_were_asked_for(rows_wanted: int) -> None:
    blocks = list(SupplyGraph(Shape()).blocks(round(rows_wanted / ROWS_PER_ITEM)))
    assert sum(block.rows for block in blocks) == pytest.approx(rows_wanted, rel=0.1)
    numbers = [code for block in blocks for code in numbers_of(block)]
    assert numbers == list(range(1, len(numbers) + 1))


def numbers_of(block: Block) -> range:
    return range(block.first_code, block.first_code + len(block.codes))


def test_a_recall_of_a_rod_takes_in_its_whole_family_and_no_other(
    database_url: str, tmp_path: Path
) -> None:
    fill(database_url, ROWS, SMALL)
    with Store.open(database_url, tmp_path / "data") as store, store.reading() as repositories:
        large, small = (recall(repositories, rod_lot(family)) for family in (0, 1))
    assert (len(large.serials), len(small.serials)) == (80, 40)
    assert not large.serials & small.serials
    assert gtin(5, 0) in sorted(large.serials)[0]
