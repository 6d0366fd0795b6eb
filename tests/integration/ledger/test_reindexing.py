"""What is indexed of events: written with them, gone with them, and brought back to the rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select

from tests.support.ledger import add_participant, document, event
from traceability.hashing.statement import Erasure
from traceability.ledger.audit.audit import audit
from traceability.ledger.erasure_plan import plan_fields
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.node import Node
from traceability.ledger.reindexing import REVISION_NAME, keep_attributes_current
from traceability.ledger.status_targets import Target
from traceability.ledger.statuses import Declaration
from traceability.store.tables import event_attributes

MACHINE = "urn:itemproof:vocab:1:machine"
OPERATOR = "urn:itemproof:vocab:1:operator"
MACHINES = [("machine", "M1"), ("machine", "M2")]
WHY = Erasure(bytes(range(16)), "consent_withdrawn")


def made(number: int) -> dict[str, Any]:
    return event(number, **{MACHINE: f"M{number}", OPERATOR: "Li"})


def rows(node: Node) -> list[tuple[str, str]]:
    asked = select(event_attributes.c.name, event_attributes.c.value)
    with node.store.reading() as repositories:
        return sorted((name, value) for name, value in repositories.connection.execute(asked))


def differences(node: Node) -> set[str]:
    found = audit(node.store, second_place=node.second_place).differences
    return {f"{one.table}.{one.column}" for one in found}


def filled(node: Node) -> CapturedBatch:
    participant = add_participant(node)
    taken = node.submission.submit(document(made(1), made(2)), participant=participant)
    assert taken.status == "ACCEPTED", taken
    node.sequencer.run(close=True)
    assert taken.batch is not None
    return taken.batch


def erase(node: Node, batch: CapturedBatch, index: int, *fields: str) -> None:
    """Erase a record, or some of its fields by name."""
    target = Target(batch.entry_hash, ((index, index),))
    with node.store.reading() as repositories:
        planned = plan_fields(repositories, target, fields) if fields else ()
    for one in planned:
        erasure = replace(WHY, fields=one.fields)
        said = Declaration(one.entry, one.records, "erased", "personal_data", erasure=erasure)
        node.statuses.declare([said])
    if not fields:
        said = Declaration(
            batch.entry_hash, ((index, index),), "erased", "personal_data", erasure=WHY
        )
        node.statuses.declare([said])
    node.sequencer.run(close=True)


def test_they_are_written_with_their_events(node: Node) -> None:
    filled(node)
    assert rows(node) == [*MACHINES, *[("operator", "Li")] * 2]
    assert differences(node) == set()


def test_present_revision_is_left_alone(node: Node) -> None:
    keep_attributes_current(node.store)
    filled(node)
    assert keep_attributes_current(node.store) == 0


def test_a_ledger_of_an_older_program_is_indexed_at_the_next_start(node: Node) -> None:
    filled(node)
    before = rows(node)
    with node.store.unit_of_work() as work:
        work.connection.execute(delete(event_attributes))
        work.repositories.meta.put(REVISION_NAME, b"0")
        work.commit()
    assert differences(node) == {"event_attributes.value"}
    assert keep_attributes_current(node.store) == 2
    assert rows(node) == before
    assert differences(node) == set()


def test_a_lost_commit_leaves_the_old_rows_and_the_next_start_begins_again(node: Node) -> None:
    filled(node)
    with node.store.unit_of_work() as work:
        work.repositories.meta.put(REVISION_NAME, b"0")
        work.commit()
    with node.store.unit_of_work() as work:
        work.connection.execute(delete(event_attributes))  # Not committed.
    assert keep_attributes_current(node.store) == 2
    assert len(rows(node)) == 4


def test_what_an_erased_event_said_is_gone(node: Node) -> None:
    erase(node, filled(node), 0)
    assert rows(node) == [("machine", "M2"), ("operator", "Li")]
    assert differences(node) == set()


def test_what_an_erased_field_said_is_gone_and_the_rest_stays(node: Node) -> None:
    erase(node, filled(node), 1, OPERATOR)
    assert rows(node) == [*MACHINES, ("operator", "Li")]
    assert differences(node) == set()


def test_what_is_left_of_an_event_is_indexed_again_without_its_erased_fields(node: Node) -> None:
    erase(node, filled(node), 1, OPERATOR)
    with node.store.unit_of_work() as work:
        work.connection.execute(delete(event_attributes))
        work.repositories.meta.put(REVISION_NAME, b"0")
        work.commit()
    assert keep_attributes_current(node.store) == 2
    assert rows(node) == [*MACHINES, ("operator", "Li")]
    assert differences(node) == set()
