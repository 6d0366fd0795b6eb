"""What is kept of requests ends: with an erasure that reaches it, or by age."""

from __future__ import annotations

import json
import zlib
from datetime import timedelta
from typing import Any

import pytest

from ledger_api.epcis import retention
from ledger_api.epcis.jobs import CaptureJobs
from ledger_api.epcis.outcomes import Page, report_json
from ledger_api.epcis.retention import OldRequests
from tests.support.ledger import add_participant, document, event
from traceability.events.jsonld import parse_document
from traceability.hashing.event_hash import event_hash
from traceability.hashing.statement import ALL_RECORDS, Erasure
from traceability.ledger.node import Node
from traceability.ledger.statuses import Declaration
from traceability.store.repositories.capture_jobs import CaptureJobRow
from traceability.store.repositories.idempotency import IdempotencyRow
from traceability.strict_json import MAX_BYTES

FAULTY = {"bizStep": "PIISECRET"}


@pytest.fixture
def participant(node: Node) -> bytes:
    return add_participant(node)


def capture(node: Node, participant: bytes, value: Any, name: str) -> CaptureJobRow:
    with node.store.unit_of_work() as work:
        job = work.repositories.capture_jobs.add(
            name,
            participant=participant,
            form="json",
            proceed=False,
            body=json.dumps(value).encode(),
            created=1,
        )
        work.commit()
    CaptureJobs(node, on_captured=lambda: None, limit=MAX_BYTES).do(job)
    row = found(node, name)
    assert row is not None
    assert row.outcome is not None
    return row


def found(node: Node, name: str) -> CaptureJobRow | None:
    with node.store.reading() as repositories:
        return repositories.capture_jobs.get(name)


def hashed_event(number: int) -> dict[str, Any]:
    plain = document(event(number))
    uri = event_hash(parse_document(plain).require_faultless()[0].payload).uri
    return event(number, eventID=uri)


def test_an_outcome_holds_no_hash_and_tells_it_all_the_same(node: Node, participant: bytes) -> None:
    value = hashed_event(1)
    for name in ("first", "again"):
        row = capture(node, participant, document(value), name)
        assert b"ni:" not in zlib.decompress(row.outcome or b"")
        with node.store.reading() as repositories:
            told = report_json(repositories, row, "en", page=Page(0, 10))
        assert told["events"][0]["eventID"] == value["eventID"]
    row = capture(node, participant, document(event(2, eventID="urn:example:2")), "plain")
    assert b"urn:example:2" in zlib.decompress(row.outcome or b"")


def test_an_erasure_reaches_the_jobs_that_found_its_events_known(
    node: Node, participant: bytes
) -> None:
    first = capture(node, participant, document(event(1)), "first")
    second = capture(node, participant, document(event(1)), "again")
    other = capture(node, participant, document(event(2)), "other")
    assert (second.batch, first.batch is None, other.batch is None) == (None, False, False)
    with node.store.reading() as repositories:
        batch = repositories.batches.get(first.batch or 0)
        assert batch is not None
        entry = repositories.entries.by_arrival(batch.arrival)
    assert entry is not None
    why = Erasure(bytes(16), "other")
    node.erasures.erase([Declaration(entry.leaf_hash, ALL_RECORDS, "erased", "other", erasure=why)])
    assert (found(node, "first"), found(node, "again")) == (None, None)
    assert found(node, "other") is not None


def test_a_finished_job_is_forgotten_after_its_days(
    node: Node, participant: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = capture(node, participant, document(event(1, **FAULTY)), "rejected")
    assert b"PIISECRET" in zlib.decompress(row.outcome or b"")
    with node.store.unit_of_work() as work:
        work.repositories.idempotency.add("k", "n", row=IdempotencyRow(bytes(32), b"x"), created=1)
        work.repositories.capture_jobs.add(
            "waits", participant=participant, form="json", proceed=False, body=b"{}", created=1
        )
        work.commit()
    start = node.clock()
    at = start + timedelta(days=29)
    monkeypatch.setattr(node, "clock", lambda: at)
    old = OldRequests(node, days=30)
    assert old.forget_if_due() == 0
    assert found(node, "rejected") is not None
    with node.store.reading() as repositories:
        assert repositories.idempotency.get("k", "n") is None
    monkeypatch.setattr(node, "clock", lambda: start + timedelta(days=30, seconds=1))
    assert old.forget_if_due() == 1
    assert found(node, "rejected") is None
    assert found(node, "waits") is not None


def test_many_are_forgotten_bit_by_bit(
    node: Node, participant: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        capture(node, participant, document(event(number)), f"job{number}")
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    later = node.clock() + timedelta(days=31)
    monkeypatch.setattr(node, "clock", lambda: later)
    old = OldRequests(node)
    assert [old.forget_if_due() for _ in range(3)] == [2, 1, 0]
