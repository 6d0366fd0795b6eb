"""What lineage keeps of an event of which the context was erased: nothing of what is gone."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from tests.integration.ledger.test_erasure import PLACE, count, erase_fields, is_sound
from tests.support.ledger import GTIN, add_participant, document, event
from traceability.ledger import erasure
from traceability.ledger.audit.audit import audit
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.node import Node
from traceability.store.tables import events, records

ITEM = f"https://id.gs1.org/01/{GTIN}/21/"


@pytest.fixture
def batch(node: Node) -> CapturedBatch:
    """Record an event that abbreviates its step, as no URI could begin, and one that does not."""
    short = event(
        1,
        **{"@context": [{"my_steps": "https://example.org/steps/"}]},
        bizStep="my_steps:polishing",
        eventID="urn:example:secret",
        epcList=[f"{ITEM}A", f"{ITEM}B"],
        readPoint=PLACE,
    )
    owner = add_participant(node)
    found = node.submission.submit(document(short, event(2)), participant=owner)
    assert found.batch is not None, found.records
    node.sequencer.run(close=True)
    return found.batch


def row(node: Node) -> Any:
    with node.store.engine.connect() as connection:
        return connection.execute(select(events).where(events.c.record_index == 0)).first()


def codes(node: Node) -> set[str]:
    with node.store.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT uri FROM epcs").scalars()
        return {uri.rpartition("/")[2] for uri in found}


def test_before_the_event_is_known_with_all_it_names(node: Node, batch: CapturedBatch) -> None:
    assert batch.batch == 1
    assert row(node).biz_step == "https://example.org/steps/polishing"
    assert codes(node) == {"A", "B", "S2"}


def test_with_its_context_go_all_that_only_it_explained(node: Node, batch: CapturedBatch) -> None:
    erase_fields(node, batch, 0, "@context")
    left = row(node)
    assert (left.biz_step, left.event_id) == (None, "urn:example:secret")
    assert left.read_point == PLACE["id"]
    assert codes(node) == {"A", "B", "S2"}
    assert is_sound(node)


def test_what_is_erased_with_it_is_gone_too(node: Node, batch: CapturedBatch) -> None:
    mac = row(node).content_mac
    erase_fields(node, batch, 0, "@context", "epcList", "eventID")
    left = row(node)
    assert (left.event_id, left.read_point) == (None, PLACE["id"])
    assert left.content_mac != mac
    assert codes(node) == {"S2"}
    assert count(node, "event_epcs") == 1
    assert is_sound(node)


def test_the_audit_names_what_came_back(node: Node, batch: CapturedBatch) -> None:
    erase_fields(node, batch, 0, "@context")
    with node.store.engine.begin() as connection:
        changed = update(events).where(events.c.record_index == 0)
        connection.execute(changed.values(biz_step="https://example.org/steps/polishing"))
    report = audit(node.store, second_place=node.second_place)
    assert [(one.table, one.column) for one in report.differences] == [("events", "biz_step")]


def test_an_event_that_cannot_be_read_any_more_is_forgotten(
    node: Node, batch: CapturedBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "remains_of", lambda _: None)
    erase_fields(node, batch, 0, "readPoint")
    assert row(node) is None
    assert codes(node) == {"S2"}
    with node.store.engine.connect() as connection:
        kept = connection.execute(select(records.c.payload).order_by(records.c.record_index))
        assert [payload is None for (payload,) in kept] == [True, False]
    # The audit reads what is left, and misses the event that lineage could know.
    report = audit(node.store, second_place=node.second_place)
    assert [one.table for one in report.differences] == ["events"]
