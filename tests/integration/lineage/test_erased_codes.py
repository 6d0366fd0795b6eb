"""What lineage says of codes whose records were erased, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from ledger_api.standings import with_standings
from tests.support.ledger import GTIN, add_participant, document, event
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.statement import Erasure
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.ledger.statuses import Declaration, Declared
from traceability.lineage.journeys import journey
from traceability.lineage.tracing import CodeNotTraced, recall, trace
from traceability.store.repositories import erased_codes

ITEM = f"https://id.gs1.org/01/{GTIN}/21/"
ASKING = (trace, recall, journey)


@pytest.fixture
def owner(node: Node) -> bytes:
    return add_participant(node)


@pytest.fixture
def minted(node: Node, owner: bytes) -> CapturedBatch:
    found = node.mint(Lot(GTIN, "L1", 3, {}), participant=owner)
    node.sequencer.run(close=True)
    return found


@pytest.fixture
def serials(node: Node, minted: CapturedBatch) -> list[str]:
    """Return the codes of three items."""
    with node.store.reading() as repositories:
        rows = repositories.items.between(minted.batch, 1, 4)
    return [ITEM + row.serial for row in rows]


def submit(node: Node, owner: bytes, *events: dict[str, Any]) -> CapturedBatch:
    found = node.submission.submit(document(*events), participant=owner)
    assert found.batch is not None, found.records
    node.sequencer.run(close=True)
    return found.batch


def erase(node: Node, batch: CapturedBatch, index: int) -> Declared:
    why = Erasure(bytes(16), "consent_withdrawn")
    ranges = ((index, index),)
    said = Declaration(batch.entry_hash, ranges, "erased", "personal_data", erasure=why)
    (declared,) = node.erasures.erase([said])
    node.sequencer.run(close=True)
    return declared


def asked(node: Node, question: Any, code: str) -> dict[str, Any]:
    with node.store.reading() as repositories:
        return with_standings(repositories, node.identity, question(repositories, code))


@pytest.mark.parametrize("question", ASKING)
def test_the_code_of_an_erased_item_is_erased_in_every_answer(
    node: Node, owner: bytes, minted: CapturedBatch, serials: list[str], question: Any
) -> None:
    submit(node, owner, event(0, epcList=serials[:2]))
    entry = erase(node, minted, 1)
    found = asked(node, question, serials[0])
    assert found["status"] == "erased"
    (said,) = found["statuses"]
    assert (said["kind"], said["basis"]) == ("erased", "consent_withdrawn")
    assert said["entry_hash"] == b64u_encode(entry.entry_hash)
    assert said["codes"] == [serials[0]]
    other = asked(node, question, serials[1])
    assert (other["status"], other["statuses"]) == ("current", [])


@pytest.mark.parametrize("question", ASKING)
def test_where_no_event_named_it_it_is_known_all_the_same(
    node: Node, minted: CapturedBatch, serials: list[str], question: Any
) -> None:
    erase(node, minted, 1)
    found = asked(node, question, serials[0].replace("/21/", "/10/L1/21/"))
    assert (found["items"], found["edges"], found["status"]) == ([serials[0]], [], "erased")
    with pytest.raises(CodeNotTraced):
        asked(node, question, serials[0].replace("/21/", "/10/L2/21/"))
    with pytest.raises(CodeNotTraced):
        asked(node, question, f"{ITEM}NEVERMINTED")


def test_an_erased_event_that_named_a_code_counts_beside_the_first(
    node: Node, owner: bytes
) -> None:
    first = submit(node, owner, event(1, epcList=[f"{ITEM}A", f"{ITEM}B"]))
    second = submit(node, owner, event(2, epcList=[f"{ITEM}A"]), event(3, epcList=[f"{ITEM}B"]))
    assert first.batch != second.batch
    entry = erase(node, second, 0)
    found = asked(node, journey, f"{ITEM}A")
    assert (found["status"], len(found["steps"])) == ("erased", 1)
    assert found["statuses"][0]["entry_hash"] == b64u_encode(entry.entry_hash)
    assert found["steps"][0]["status"] == "current"
    assert asked(node, journey, f"{ITEM}B")["status"] == "current"


def test_a_recall_of_an_erased_item_is_still_told(
    node: Node, owner: bytes, minted: CapturedBatch, serials: list[str]
) -> None:
    submit(node, owner, event(0, epcList=[serials[0]]))
    recalled = Declaration(minted.entry_hash, ((1, 1),), "recalled", "quality")
    node.statuses.declare([recalled], participant=owner)
    erase(node, minted, 1)
    assert asked(node, journey, serials[0])["status"] == "recalled"


@pytest.mark.parametrize("at_once", [1, 500])
def test_many_codes_are_asked_for_at_once(
    node: Node,
    minted: CapturedBatch,
    serials: list[str],
    monkeypatch: pytest.MonkeyPatch,
    at_once: int,
) -> None:
    monkeypatch.setattr(erased_codes, "_AT_ONCE", at_once)
    for index in (1, 3):
        erase(node, minted, index)
    gone = {serials[0]: [(minted.batch, 1)], serials[2]: [(minted.batch, 3)]}
    others = [f"{ITEM}{number}" for number in range(5)]
    with node.store.reading() as repositories:
        ask = repositories.erased_codes.places_of
        assert ask([serials[1]]) == {}
        assert ask(serials[:1]) == {serials[0]: gone[serials[0]]}
        assert ask([*serials, *others]) == gone
