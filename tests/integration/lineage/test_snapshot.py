"""Recalls from memory: the store's own rows, what came since, and nothing that was erased."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from starlette.testclient import TestClient

from ledger_api.app import create_app
from ledger_api.auth import create_api_key
from ledger_api.settings import Settings
from tests.support.ledger import add_participant, document, event
from traceability.codes.keys import check_digit
from traceability.hashing.statement import Erasure
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.node import Node
from traceability.ledger.statuses import Declaration
from traceability.lineage.choice import Choice
from traceability.lineage.results import Item, Limits
from traceability.lineage.snapshot.changes import Changes, TooMuchChanged
from traceability.lineage.snapshot.keeping import Memory, Stopped
from traceability.lineage.snapshot.reading import Horizon, SnapshotReader
from traceability.lineage.streaming import Row, stream_recall
from traceability.lineage.tracing import CodeNotTraced


def lot(number: int) -> str:
    body = f"9521234567{number:03d}".rjust(13, "0")
    return f"https://id.gs1.org/01/{body}{check_digit(body)}/10/L"


ROD, WIRE, CABLE, DRUM, LATE = map(lot, range(5))


def made(number: int, source: str, target: str, **changes: Any) -> dict[str, Any]:
    members = {
        "type": "TransformationEvent",
        "action": None,
        "epcList": None,
        "bizStep": "commissioning",
        "inputQuantityList": [{"epcClass": source, "quantity": 5, "uom": "KGM"}],
        "outputQuantityList": [{"epcClass": target, "quantity": 4, "uom": "KGM"}],
    }
    return event(number, **(members | changes))


@pytest.fixture
def owner(node: Node) -> bytes:
    return add_participant(node)


def submit(node: Node, owner: bytes, *events: dict[str, Any]) -> CapturedBatch:
    found = node.submission.submit(document(*events), participant=owner)
    assert found.batch is not None, found.records
    node.sequencer.run(close=True)
    return found.batch


@pytest.fixture
def batch(node: Node, owner: bytes) -> CapturedBatch:
    return submit(node, owner, made(0, ROD, WIRE), made(1, WIRE, CABLE))


@pytest.fixture
def memory(node: Node, batch: CapturedBatch) -> Memory:
    memory = Memory(node.store)
    memory.refresh()
    return memory


def told(node: Node, memory: Memory, code: str = ROD) -> tuple[list[Row], set[str] | None]:
    """Return the rows, demanding that they are the store's, and the codes from memory."""
    with node.store.reading() as repositories:
        rows = list(memory.stream_recall(repositories, code, limits=Limits()))
        found = memory.recall(repositories, code, limits=Limits())
        assert sorted(rows, key=repr) == sorted(stream_recall(repositories, code), key=repr)
    return rows, None if found is None else set(found.codes())


def test_all_items_are_told_first_and_the_rows_are_the_stores(node: Node, memory: Memory) -> None:
    rows, found = told(node, memory)
    assert [row.code for row in rows[:3] if isinstance(row, Item)] == [ROD, WIRE, CABLE]
    assert found == {ROD, WIRE, CABLE}


def test_what_came_since_is_told_and_what_was_declared_erroneous_since_is_not(
    node: Node, owner: bytes, memory: Memory
) -> None:
    wrong = made(2, CABLE, DRUM, eventID="urn:uuid:0b5e5d4c-3c1c-4a9d-9d5c-000000000001")
    # What happened before everything else arrives last.
    late = made(3, WIRE, LATE, eventTime="2020-01-01T00:00:00.000Z")
    submit(node, owner, wrong, late)
    assert told(node, memory)[1] == {ROD, WIRE, CABLE, DRUM, LATE}
    declared = {"declarationTime": "2026-01-03T00:00:00.000Z", "reason": "incorrect_data"}
    submit(node, owner, wrong | {"errorDeclaration": declared})
    assert told(node, memory)[1] == {ROD, WIRE, CABLE, LATE}


def test_what_was_erased_is_not_told_from_memory(
    node: Node, memory: Memory, batch: CapturedBatch
) -> None:
    why = Erasure(bytes(16), "consent_withdrawn")
    said = Declaration(batch.entry_hash, ((1, 1),), "erased", "personal_data", erasure=why)
    node.erasures.erase([said])
    rows, found = told(node, memory)
    assert found is None
    assert {row.code for row in rows if isinstance(row, Item)} == {ROD, WIRE}
    memory.refresh()
    assert told(node, memory)[1] == {ROD, WIRE}


def test_it_leaves_limited_questions_to_the_store(node: Node, memory: Memory) -> None:
    limits = (Limits(max_depth=1), Limits(max_items=2), Limits(choice=Choice(before=1)))
    with node.store.reading() as repositories:
        assert memory.recall(repositories, WIRE, limits=Limits(max_items=2)) is not None
        for one in limits:
            assert memory.recall(repositories, ROD, limits=one) is None
        with pytest.raises(CodeNotTraced, match="code is unknown"):
            memory.stream_recall(repositories, lot(9), limits=Limits())


def test_too_much_that_came_since_is_refused(
    node: Node, batch: CapturedBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with node.store.reading() as repositories:
        reader = SnapshotReader(repositories.connection)
        Changes(Horizon(0, 0), size=10).take_in(reader)
        monkeypatch.setattr("traceability.lineage.snapshot.changes.MOST_EVENTS", 1)
        with pytest.raises(TooMuchChanged):
            Changes(Horizon(0, 0), size=10).take_in(reader)


def test_it_is_built_beside_the_answers_and_stops_at_once(node: Node, memory: Memory) -> None:
    memory.start()
    memory.stop()
    assert told(node, memory)[1] is None
    with pytest.raises(Stopped):
        memory.refresh()


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_serving_node_keeps_one_if_it_is_told_to(
    node: Node, batch: CapturedBatch, is_kept: bool
) -> None:
    _, token = create_api_key(node.store, "auditor", participant=None, now=0)
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/x-ndjson"}
    app = create_app(node, Settings(lineage_snapshot=is_kept))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        assert (node.memory is not None) == is_kept
        if node.memory is not None:
            assert wait_until(partial(answers, node, node.memory))
        told = client.get("/api/recall", params={"code": ROD}, headers=headers).text
    kinds = [next(iter(json.loads(line))) for line in told.splitlines()]
    assert sorted(kinds) == ["edge", "edge", "end", "item", "item", "item"]
    assert (kinds[:3] == ["item"] * 3) == is_kept
    assert node.memory is None


def answers(node: Node, memory: Memory) -> bool:
    with node.store.reading() as repositories:
        return memory.recall(repositories, ROD, limits=Limits()) is not None


def wait_until(is_so: Callable[[], bool], *, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
