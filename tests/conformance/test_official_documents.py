"""Every official JSON-LD document, from file to proof: submitted, logged, anchored, verified.

Each goes into a fresh ledger of its own on a real chain. One is refused, for exactly its reason.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger_api.defaults import default_participant
from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from tests.support.anvil import Anvil
from traceability.chain.accounts import create_account
from traceability.ledger.audit.audit import audit
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.node import Node
from traceability.ledger.trust import trust_of
from traceability.strict_json import JSONDuplicateKeyError, parse_json
from traceability.verify.verifier import verify_bundle

pytestmark = pytest.mark.conformance_data
REFUSED = "AssociationEvent-h.jsonld"
OFFICIAL = Path(os.environ.get("ITEMPROOF_CONFORMANCE_DATA", "/nowhere")) / "epcis/gs1/JSON"
DOCUMENTS = sorted(OFFICIAL.rglob("*.jsonld"))
ACCEPTED = [path for path in DOCUMENTS if path.name != REFUSED]


@pytest.fixture
def fresh(anvil: Anvil, tmp_path: Path) -> Iterator[Node]:
    """Return a new ledger on the test process's chain, with a funded publisher of its own."""
    key_file = tmp_path / "publisher.key"
    account = create_account(key_file)
    with anvil.client() as client:
        client.fund(str(account.address), 10**21)
        client.mine(1)
    settings = Settings(rpc_urls=(anvil.url,), publisher_key_file=key_file, finality="depth:1")
    with open_node(settings, tmp_path / "data") as node:
        yield node


def test_there_are_47() -> None:
    assert len(DOCUMENTS) == 47
    assert len(ACCEPTED) == 46


def anchor(node: Node) -> None:
    """Anchor everything and follow it to finality; each step of the chain is a block."""
    assert node.chain is not None
    for _ in range(8):
        node.anchor_step()
        node.chain.mine(1)
    standing = node.standing()
    assert standing.anchor is not None
    assert standing.anchor.state == "final"


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.name)
def test_is_accepted_anchored_and_provable(fresh: Node, path: Path) -> None:
    participant = default_participant(fresh)
    result = fresh.submission.submit(parse_json(path.read_bytes()), participant=participant)
    assert result.status == "ACCEPTED"
    assert result.batch is not None
    anchor(fresh)
    trust = trust_of(fresh.store, fresh.identity)
    with fresh.store.reading() as repositories:
        records = repositories.batches.records_between(result.batch.batch, 0, 1000)
    assert len(records) == result.count("accepted") > 0
    for record in records:
        address = RecordAddress(result.batch.batch, record.record_index)
        report = verify_bundle(fresh.prove_record(address).to_bytes(), trust)
        assert report.verified, report.to_json()
    assert audit(fresh.store, second_place=fresh.second_place).ok


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.name)
def test_extensions_are_kept_and_returned(fresh: Node, path: Path) -> None:
    value = json.loads(path.read_text())
    body = value.get("epcisBody", value)
    if "queryResults" in body:
        body = body["queryResults"]["resultsBody"]
    events = body.get("eventList") or [body.get("event")]
    result = fresh.submission.submit(
        parse_json(path.read_bytes()), participant=default_participant(fresh)
    )
    assert result.batch is not None
    with fresh.store.reading() as repositories:
        rows = repositories.batches.records_between(result.batch.batch, 0, 1000)
    for submitted, row in zip(events, rows, strict=True):
        kept = json.loads(row.payload or b"")
        kept.pop("@context")
        submitted.pop("@context", None)
        assert kept == submitted


def test_the_document_with_a_member_twice_is_refused_for_exactly_that() -> None:
    (path,) = OFFICIAL.rglob(REFUSED)
    with pytest.raises(JSONDuplicateKeyError, match="'eventID' twice") as caught:
        parse_json(path.read_bytes())
    assert caught.value.pointer == "/epcisBody/eventList/0/eventID"


def test_one_changed_byte_in_the_database_is_named(fresh: Node) -> None:
    path = ACCEPTED[0]
    fresh.submission.submit(parse_json(path.read_bytes()), participant=default_participant(fresh))
    fresh.sequencer.run(close=True)
    with fresh.store.unit_of_work() as work:
        payload = work.connection.execute(text("select payload from records")).scalar_one()
        changed = payload.replace(b"O", b"0", 1)
        work.connection.execute(text("update records set payload = :p"), {"p": changed})
        work.commit()
    report = audit(fresh.store, second_place=fresh.second_place)
    assert ("records", "1, 0") in {(found.table, found.key) for found in report.differences}
